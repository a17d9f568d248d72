// Reads the record of what visitors could notice and owes each event to the webhooks that want it. How far
// it has read moves in the same transaction that owes the messages: a crash loses none and doubles none.
import type { Kernel } from './db/kernel.ts';
import type { Tx } from './db/tx.ts';
import { currentHead, publicEventsAfter } from './events/service.ts';
import type { Event } from './events/types.ts';
import {
  firstConfirmed,
  moveCursor,
  readCursor,
  releaseToWebhooks,
} from './notifications/webhooks.ts';
import type { ReleaseToWebhooks } from './notifications/types.ts';
import { announcementOf, withoutRepeats } from './public/announcements.ts';
import { seconds } from './shared/clock.ts';
import type { SnapshotSource } from './status/service.ts';

export interface Announcer {
  start(): void;
  /** Lets the round under way finish; none follows. */
  stop(): Promise<void>;
  /** Tells everything committed before the call. */
  catchUp(): Promise<void>;
}

const cursor = 'webhooks';
const batch = 200;
/** Other processes' commits come with no signal. */
const tick = seconds(5);
/** While mail flows there are commits all the time. */
const moment = 25;

export function createAnnouncer(
  kernel: Kernel,
  snapshots: Pick<SnapshotSource, 'current' | 'refresh'>,
): Announcer {
  let running: Promise<void> | undefined;
  let again = false;
  const life = { stopped: false };
  let hinted: NodeJS.Timeout | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopListening: (() => void) | undefined;

  async function work(): Promise<void> {
    do {
      again = false;
      while (!life.stopped && (await tellNext(kernel, snapshots)));
      // Set by whoever called meanwhile.
    } while (!life.stopped && (again as boolean));
  }

  function catchUp(): Promise<void> {
    if (running) again = true;
    running ??= work()
      .catch((error: unknown) =>
        kernel.log.error({ err: error }, 'Webhooks could not be told; it is tried again.'),
      )
      .finally(() => (running = undefined));
    return running;
  }

  return {
    catchUp,
    start() {
      stopListening = kernel.db.onCommit(() => {
        hinted ??= setTimeout(() => {
          hinted = undefined;
          void catchUp();
        }, moment);
      });
      timer = setInterval(() => void catchUp(), tick);
      void catchUp();
    },
    async stop() {
      life.stopped = true;
      stopListening?.();
      clearTimeout(hinted);
      clearInterval(timer);
      await running;
    },
  };
}

/** Tells the next events; answers whether there may be more. */
async function tellNext(
  kernel: Kernel,
  snapshots: Pick<SnapshotSource, 'current' | 'refresh'>,
): Promise<boolean> {
  const { read } = kernel.db;
  const told = await readCursor(read, cursor);
  if (told === undefined) return begin(kernel);
  const first = await firstConfirmed(read);
  if (first === undefined) return false;
  const events = await publicEventsAfter(read, Math.max(told, first), batch);
  const last = events.at(-1);
  if (!last) return false;
  await snapshots.refresh();
  const releases: ReleaseToWebhooks[] = [];
  for (const event of withoutRepeats(events)) {
    const release = await announcementOf(read, snapshots.current(), event);
    if (release) releases.push(release);
  }
  await kernel.db.write((tx) => owe(tx, kernel, releases, { from: told, to: last }));
  return events.length === batch;
}

/** All or nothing, and only from where it was read. */
async function owe(
  tx: Tx,
  kernel: Kernel,
  releases: ReleaseToWebhooks[],
  { from, to }: { from: number; to: Event },
): Promise<void> {
  if ((await readCursor(tx, cursor)) !== from) return;
  for (const release of releases) await releaseToWebhooks(tx, kernel, release);
  await moveCursor(tx, cursor, to.seq);
}

/** The first start on a database: what happened before it is told to nobody. */
async function begin(kernel: Kernel): Promise<boolean> {
  await kernel.db.write(async (tx) => {
    if ((await readCursor(tx, cursor)) !== undefined) return;
    await moveCursor(tx, cursor, (await currentHead(tx)).seq);
  });
  return true;
}
