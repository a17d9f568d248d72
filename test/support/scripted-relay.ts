// A relay that plays a part to the letter, on bare sockets so that it can misbehave as no SMTP server would let it:
// wrong or late answers at any step, cuts before, within and after a message, encryption that breaks.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { Relay } from '../../src/config/relays.ts';
import { onEnd } from './kernel.ts';
import { relayAt } from './smtp.ts';

/** `within`: once the first bytes of a message are in. `dot`: after its end. */
export type Step =
  | 'connect'
  | 'EHLO'
  | 'STARTTLS'
  | 'AUTH'
  | 'MAIL'
  | 'RCPT'
  | 'DATA'
  | 'within'
  | 'dot'
  | 'RSET'
  | 'QUIT';

export interface Part {
  /** Sent as it stands, with a line end; nothing: silence. */
  say?: string;
  /** Milliseconds to wait first. */
  after?: number;
  /** At `dot`: the relay takes the message, whatever it says. By default where it says 2yz. */
  takes?: boolean;
  /** Cuts the line, after the words if there are any. */
  cut?: boolean;
}

export interface ScriptedRelay {
  relay: Relay;
  url: string;
  /** Answers `part` at `step`, for the next `times`; then as usual again. */
  play(step: Step, part: Part | string, times?: number): void;
  /** Lets the next connections offer these extensions. */
  offer(...extensions: string[]): void;
  /** Everything clients said, a line each; messages are left out. */
  said: string[];
  /** Messages taken, as they came, still stuffed. */
  taken: { to: string; raw: string }[];
  /** Connections opened so far, and how many are open now. */
  connections(): number;
  open(): number;
  /** Cuts every line, or ends it politely. */
  cutAll(): void;
  endAll(): void;
  /** Nobody listens. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
}

const usual: Record<Step, Part> = {
  connect: { say: '220 relay.test ESMTP' },
  EHLO: {},
  STARTTLS: { say: '220 go on' },
  AUTH: { say: '235 2.7.0 welcome' },
  MAIL: { say: '250 2.1.0 ok' },
  RCPT: { say: '250 2.1.5 ok' },
  DATA: { say: '354 go on' },
  within: {},
  dot: { say: '250 2.0.0 queued' },
  RSET: { say: '250 2.0.0 ok' },
  QUIT: { say: '221 2.0.0 bye', cut: true },
};

export async function scriptedRelay(query = ''): Promise<ScriptedRelay> {
  const parts = new Map<Step, { part: Part; times: number }>();
  const said: string[] = [];
  const taken: { to: string; raw: string }[] = [];
  const sockets = new Set<Socket>();
  let extensions = ['PIPELINING', 'SIZE 10000000', 'ENHANCEDSTATUSCODES'];
  let opened = 0;
  let port = 0;

  function partOf(step: Step): Part {
    const played = parts.get(step);
    if (!played || played.times < 1) return usual[step];
    played.times -= 1;
    return played.part;
  }

  /** One client. Lines are answered one after another, also those that came together. */
  function serve(socket: Socket): void {
    opened += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    const talk: Talk = {
      pending: '',
      inMessage: false,
      hasSender: false,
      recipients: 0,
      to: '',
      turn: Promise.resolve(),
    };
    const perform = (step: Step) => {
      talk.turn = talk.turn.then(() => act(socket, talk, step));
    };
    perform('connect');
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      talk.pending += chunk;
      talk.turn = talk.turn.then(() => read(socket, talk));
    });
  }

  async function read(socket: Socket, talk: Talk): Promise<void> {
    for (;;) {
      if (talk.inMessage) {
        if (talk.pending === '') return;
        if (parts.get('within')?.times) return act(socket, talk, 'within');
        const end = talk.pending.indexOf('\r\n.\r\n');
        if (end < 0) return;
        talk.inMessage = false;
        talk.raw = talk.pending.slice(0, end + 2);
        talk.pending = talk.pending.slice(end + 5);
        await act(socket, talk, 'dot');
        continue;
      }
      const end = talk.pending.indexOf('\r\n');
      if (end < 0) return;
      const line = talk.pending.slice(0, end);
      talk.pending = talk.pending.slice(end + 2);
      said.push(line);
      const step = stepOf(line);
      if (step === 'RCPT') talk.to = /<(.*)>/.exec(line)?.[1] ?? '';
      if (step) await act(socket, talk, step);
      else socket.write('500 5.5.1 what\r\n');
    }
  }

  async function act(socket: Socket, talk: Talk, step: Step): Promise<void> {
    const part = inOrder(talk, step) ? partOf(step) : { say: '503 5.5.1 not now' };
    if (part.after !== undefined) await new Promise((go) => setTimeout(go, part.after));
    const say = step === 'EHLO' && part === usual.EHLO ? greeting() : part.say;
    const isAgreed = say?.startsWith('2') === true;
    if (step === 'dot' && (part.takes ?? isAgreed))
      taken.push({ to: talk.to, raw: talk.raw ?? '' });
    if (step === 'DATA' && say?.startsWith('354')) talk.inMessage = true;
    if (step === 'MAIL' || step === 'RSET' || step === 'dot') talk.recipients = 0;
    if (step === 'MAIL') talk.hasSender = isAgreed;
    if (step === 'RSET' || step === 'dot') talk.hasSender = false;
    if (step === 'RCPT' && isAgreed) talk.recipients += 1;
    if (say !== undefined && !socket.destroyed) socket.write(`${say}\r\n`);
    if (step === 'QUIT' && part.cut) socket.end();
    else if (part.cut) socket.destroySoon();
  }

  const greeting = () =>
    ['relay.test', ...extensions]
      .map((word, i) => `250${i === extensions.length ? ' ' : '-'}${word}`)
      .join('\r\n');

  const server = createServer(serve);
  async function comeBack(): Promise<void> {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  }
  const cutAll = () => sockets.forEach((socket) => socket.destroy());
  const goAway = () => {
    cutAll();
    return new Promise<void>((resolve) => void server.close(() => resolve()));
  };

  await comeBack();
  onEnd(() => void goAway());
  const url = `smtp://127.0.0.1:${port}${query}`;
  return {
    url,
    relay: relayAt(url),
    said,
    taken,
    play: (step, part, times = Infinity) =>
      void parts.set(step, { part: typeof part === 'string' ? { say: part } : part, times }),
    offer: (...more) => void (extensions = more),
    connections: () => opened,
    open: () => sockets.size,
    cutAll,
    endAll: () => sockets.forEach((socket) => socket.end()),
    goAway,
    comeBack,
  };
}

/** What one client has said so far. */
interface Talk {
  pending: string;
  inMessage: boolean;
  hasSender: boolean;
  recipients: number;
  to: string;
  raw?: string;
  turn: Promise<void>;
}

/** RFC 5321: one sender at a time, recipients after it, a message only with recipients. */
function inOrder({ hasSender, recipients }: Talk, step: Step): boolean {
  if (step === 'MAIL') return !hasSender;
  if (step === 'RCPT') return hasSender;
  return step !== 'DATA' || recipients > 0;
}

const steps: Step[] = ['EHLO', 'STARTTLS', 'AUTH', 'MAIL', 'RCPT', 'DATA', 'RSET', 'QUIT'];
const stepOf = (line: string) => steps.find((step) => line.toUpperCase().startsWith(step));
