// Server-sent events for the desk: `changed` when a commit of any process moved what its pages show.
import { sessionEnded } from '../accounts/rules.ts';
import { sessionWithAccount } from '../accounts/store.ts';
import { seconds } from '../shared/clock.ts';
import { AppError } from '../shared/errors.ts';
import { sha256 } from '../shared/ids.ts';
import { isFromUs } from '../web/client.ts';
import type { Context, Site } from '../web/types.ts';
import { type MailTrouble, mailTrouble } from './mail-health.ts';
import { type DeskMark, deskMark } from './store.ts';

interface Client {
  ip: string;
  sessionId: string;
  /** False when the client cannot keep up or is gone. */
  send(text: string): boolean;
  close(): void;
}

export interface DeskStream {
  handle(c: Context): Response;
  /** Ends every stream; browsers come back by themselves. */
  stop(): void;
}

const perNetworkAtMost = 20;
/** Bytes that may wait for a client before it is dropped (S-72). */
const usualQueue = 64 * 1024;
/** Live pages hear of a commit within this time. */
const lookEvery = seconds(1);
/** Without a commit they hear within this time that the sender has gone silent (F-08: 15 s in all). */
const lookAnywayEvery = seconds(10);
/** A session that has ended keeps its streams no longer than this (S-08: 5 s in all). */
const checkSessionsEvery = seconds(4);
const pingEvery = seconds(15);

export function createDeskStream(site: Site, queuedAtMost = usualQueue): DeskStream {
  const { kernel } = site;
  const clients = new Set<Client>();
  let timers: NodeJS.Timeout[] = [];
  let seen = nothingSeen;

  const drop = (client: Client) => {
    clients.delete(client);
    client.close();
    if (clients.size === 0) stopTimers();
  };
  const sendAll = (text: string) => {
    for (const client of clients) if (!client.send(text)) drop(client);
  };
  const look = async () => {
    const version = kernel.db.dataVersion();
    const at = kernel.clock.monotonic();
    if (version === seen.version && at < seen.at + lookAnywayEvery) return;
    const before = seen;
    const trouble = await mailTrouble(site);
    seen = { version, at, mark: markText(await deskMark(kernel.db.read), version, trouble) };
    if (before.version !== -1 && seen.mark !== before.mark) sendAll('event: changed\ndata: \n\n');
  };
  const checkSessions = async () => {
    for (const client of clients) {
      if (!(await isSignedIn(site, client.sessionId))) drop(client);
    }
  };
  const startTimers = () => {
    const every = (milliseconds: number, work: () => unknown) =>
      setInterval(() => void guarded(site, work), milliseconds).unref();
    timers = [
      every(lookEvery, look),
      every(checkSessionsEvery, checkSessions),
      every(pingEvery, () => sendAll(': ping\n\n')),
    ];
    void guarded(site, look);
  };
  const stopTimers = () => {
    for (const timer of timers) clearInterval(timer);
    timers = [];
    seen = nothingSeen;
  };

  return {
    handle(c) {
      const ip = c.get('ip');
      const sessionId = c.get('sessionId') ?? '';
      if (!isFromUs(c, kernel.publicUrl)) {
        throw new AppError('forbidden', 'This can only be read from the desk itself.');
      }
      if ([...clients].filter((client) => client.ip === ip).length >= perNetworkAtMost) {
        throw new AppError('too_many', 'Too many open pages from your network.', {
          retryAfter: 30,
        });
      }
      let client: Client | undefined;
      const body = new ReadableStream<Uint8Array>(
        {
          start(controller) {
            client = clientOf(controller, ip, sessionId);
            client.send('retry: 2000\nevent: ready\ndata: \n\n');
            clients.add(client);
            if (clients.size === 1) startTimers();
          },
          cancel() {
            if (client) drop(client);
          },
        },
        new ByteLengthQueuingStrategy({ highWaterMark: queuedAtMost }),
      );
      return c.body(body, 200, {
        'Content-Type': 'text/event-stream; charset=utf-8',
        'X-Accel-Buffering': 'no',
      });
    },
    stop() {
      for (const client of clients) drop(client);
    },
  };
}

/** Looks without counting as use: an open page alone must not keep its session for days (S-11). */
async function isSignedIn({ kernel }: Site, sessionId: string): Promise<boolean> {
  const found = await sessionWithAccount(kernel.db.read, sha256(sessionId));
  if (!found || found.account.disabledAt !== null) return false;
  return !sessionEnded(found.session, kernel.clock.now());
}

/** While mail is going out every commit counts; else those that left an event, or moved what is told of relays. */
const markText = (mark: DeskMark, version: number, trouble: MailTrouble | undefined) =>
  [mark.seq, mark.sending ? version : '', trouble ? JSON.stringify(trouble) : ''].join(' ');

const nothingSeen = { version: -1, at: 0, mark: '' };

const encoder = new TextEncoder();

function clientOf(
  controller: ReadableStreamDefaultController<Uint8Array>,
  ip: string,
  sessionId: string,
): Client {
  let open = true;
  return {
    ip,
    sessionId,
    send(text) {
      const bytes = encoder.encode(text);
      if (!open || (controller.desiredSize ?? 0) < bytes.length) return false;
      controller.enqueue(bytes);
      return true;
    },
    close() {
      if (!open) return;
      open = false;
      try {
        controller.close();
      } catch {
        // Cancelled by the client: already closed.
      }
    },
  };
}

async function guarded(site: Site, work: () => unknown): Promise<void> {
  try {
    await work();
  } catch (error) {
    site.kernel.log.error({ err: error }, 'The desk’s live updates failed.');
  }
}
