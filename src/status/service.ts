// Keeps the one snapshot that every visitor is served from, rebuilt when something public changed.
import type { Kernel } from '../db/kernel.ts';
import { publicKey } from '../events/store.ts';
import { minutes, seconds } from '../shared/clock.ts';
import { dayIn } from '../shared/time.ts';
import { buildSnapshot } from './snapshot.ts';
import type { PublicSnapshot } from './types.ts';

export {
  readPublicIncident,
  readPublicMaintenance,
  readPublicMonth,
  readPublicMonthMaintenances,
  readPublicMonths,
} from './history.ts';

export interface SnapshotSource {
  /** The newest snapshot there is. Never fails: the last good one stays when the database does not answer. */
  current(): PublicSnapshot;
  /** Resolves once everything committed before the call is in `current()`. */
  refresh(): Promise<void>;
  /** Calls back, at once, whenever `current()` has become another; answers how to stop that. */
  onChange(listener: () => void): () => void;
  stop(): void;
}

/** How often commits of other processes, and moments at which time alone changes the page, are looked for. */
const pollEvery = seconds(1);
/** Tries to read between two public commits before taking what was read and going round again. */
const readAttempts = 5;
/** Silence of the database before the page says of which time it is. */
const frozenAfter = seconds(5);

export async function createSnapshotSource(kernel: Kernel): Promise<SnapshotSource> {
  const { db, clock } = kernel;
  let { snapshot, key } = await readBetweenCommits(kernel);
  const listeners = new Set<() => void>();
  const silence = createSilence(kernel);
  let running: Promise<void> | undefined;
  let again = false;

  function swap(next: PublicSnapshot): void {
    snapshot = next;
    for (const listener of listeners) listener();
  }

  const isStale = async () =>
    (await publicKey(db.read)) !== key ||
    snapshot.frozenAt !== undefined ||
    clock.now() >= snapshot.staleAt ||
    // A clock that was set back.
    dayIn(snapshot.page.timeZone, clock.now()) !== snapshot.today;

  async function rebuild(): Promise<void> {
    do {
      again = false;
      try {
        if (await isStale()) {
          const read = await readBetweenCommits(kernel);
          key = read.key;
          swap(read.snapshot);
        }
        silence.end();
      } catch (error) {
        const since = silence.note(error);
        if (since && !snapshot.frozenAt) swap({ ...snapshot, frozenAt: since });
      }
      // Set by whoever called meanwhile.
    } while (again as boolean);
  }

  function refresh(): Promise<void> {
    if (running) again = true;
    running ??= rebuild().finally(() => (running = undefined));
    return running;
  }

  const timer = setInterval(() => void refresh(), pollEvery);
  timer.unref();
  // After the commit's own answer is on its way: whoever publishes waits for no reader.
  const stopListening = db.onCommit(() => setImmediate(() => void refresh()));
  return {
    current: () => snapshot,
    refresh,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop() {
      clearInterval(timer);
      stopListening();
    },
  };
}

/** Watches for how long the database has not answered. */
function createSilence({ clock, log }: Kernel) {
  let heardAt = clock.now();
  let began: number | undefined;
  let logged = Number.NEGATIVE_INFINITY;
  return {
    end(): void {
      if (began !== undefined) log.info({}, 'The database answers again; the page is up to date.');
      began = undefined;
      logged = Number.NEGATIVE_INFINITY;
      heardAt = clock.now();
    },
    /** Answers when it was last heard, once the silence is too long to pass over. */
    note(error: unknown): Date | undefined {
      const now = clock.monotonic();
      began ??= now;
      if (now - logged >= minutes(1)) {
        logged = now;
        log.error({ err: error }, 'The public snapshot could not be read; the last one is served.');
      }
      return now - began >= frozenAfter ? heardAt : undefined;
    },
  };
}

/** Several selects make a snapshot; one torn by a public commit between them is read again. */
async function readBetweenCommits(
  kernel: Kernel,
): Promise<{ snapshot: PublicSnapshot; key: number }> {
  for (let attempt = 1; ; attempt += 1) {
    const key = await publicKey(kernel.db.read);
    const snapshot = await buildSnapshot(kernel.db.read, {
      publicUrl: kernel.publicUrl,
      now: kernel.clock.now(),
    });
    if ((await publicKey(kernel.db.read)) === key) return { snapshot, key };
    // The old key makes the next look find it stale.
    if (attempt === readAttempts) return { snapshot, key };
  }
}
