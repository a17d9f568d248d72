// A real SMTP server that keeps what it is given, and can refuse, drop the line, or be away.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Socket } from 'node:net';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';
import { readRelay, type Relay } from '../../src/config/relays.ts';
import { onEnd } from './kernel.ts';

export interface ReceivedMail {
  from: string;
  to: string[];
  raw: string;
  parsed: ParsedMail;
}

/** `drop` takes the whole message, then cuts the line without an answer. */
type Refusal = { code: number; reply: string } | 'drop';

export interface SmtpReceiver {
  url: string;
  /** The same as configuration. */
  relay: Relay;
  /** What was accepted, dropped messages among them (`SMTP` has no way to take those back). */
  mails: ReceivedMail[];
  /** Connections opened so far. */
  connections(): number;
  /** Answers this at RCPT for an address; undefined stops it. */
  refuseRecipient(address: string, refusal: { code: number; reply: string } | undefined): void;
  /** Answers this after the message; undefined stops it. */
  refuseContent(refusal: Refusal | undefined): void;
  /** Runs before a message is answered. */
  beforeAnswer(hook: (mail: ReceivedMail) => Promise<void> | void): void;
  to(address: string): ReceivedMail[];
  /** Nobody listens, and open lines are cut. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
}

export async function smtpReceiver(): Promise<SmtpReceiver> {
  const mails: ReceivedMail[] = [];
  const refusals = new Map<string, { code: number; reply: string }>();
  const sockets = new Set<Socket>();
  let contentRefusal: Refusal | undefined;
  let hook: ((mail: ReceivedMail) => Promise<void> | void) | undefined;
  let opened = 0;
  let port = 0;
  let server: SMTPServer;

  async function take(raw: Buffer, session: SMTPServerSession): Promise<void> {
    const { mailFrom, rcptTo } = session.envelope;
    const mail = {
      from: mailFrom ? mailFrom.address : '',
      to: rcptTo.map((recipient) => recipient.address),
      raw: raw.toString('latin1'),
      parsed: await simpleParser(raw),
    };
    await hook?.(mail);
    if (contentRefusal && contentRefusal !== 'drop') throw reply(contentRefusal);
    mails.push(mail);
    if (contentRefusal === 'drop') {
      for (const socket of sockets) socket.destroy();
      throw new Error('dropped');
    }
  }

  const open = () =>
    new SMTPServer({
      authOptional: true,
      disabledCommands: ['AUTH', 'STARTTLS'],
      disableReverseLookup: true,
      onConnect(_session, done) {
        opened += 1;
        done();
      },
      onRcptTo(address, _session, done) {
        const refusal = refusals.get(address.address);
        done(refusal && reply(refusal));
      },
      onData(stream, session, done) {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          take(Buffer.concat(chunks), session).then(() => done(), done);
        });
      },
    });

  async function listen(): Promise<void> {
    server = open();
    // A client that cuts the line is no fault of the test.
    server.on('error', () => {});
    server.server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    });
    server.listen(port, '127.0.0.1');
    await once(server.server, 'listening');
    port = (server.server.address() as AddressInfo).port;
  }

  async function shut(): Promise<void> {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
  }

  await listen();
  onEnd(() => void shut());
  return {
    url: `smtp://127.0.0.1:${port}`,
    relay: relayAt(`smtp://127.0.0.1:${port}`),
    mails,
    connections: () => opened,
    refuseRecipient: (address, refusal) =>
      void (refusal ? refusals.set(address, refusal) : refusals.delete(address)),
    refuseContent: (refusal) => void (contentRefusal = refusal),
    beforeAnswer: (next) => void (hook = next),
    to: (address) => mails.filter((mail) => mail.to.includes(address)),
    goAway: shut,
    comeBack: listen,
  };
}

/** The relay that a piece of SMTP_URL names. */
export function relayAt(url: string): Relay {
  const faults: string[] = [];
  const relay = readRelay(url, (text) => void faults.push(text));
  if (!relay || faults.length > 0) throw new Error(faults.join('\n'));
  return relay;
}

/** `reply` goes out as written, with its enhanced code. */
const reply = ({ code, reply: text }: { code: number; reply: string }) =>
  Object.assign(new Error(text), { responseCode: code });
