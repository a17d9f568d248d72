// Keeps the one snapshot that every visitor is served from, rebuilt when something public changed.
import type { Kernel } from '../db/kernel.ts';
import { publicKey } from '../events/store.ts';
import { seconds } from '../shared/clock.ts';
import { dayIn } from '../shared/time.ts';
import { buildSnapshot } from './snapshot.ts';
import type { PublicSnapshot } from './types.ts';

export { readPublicIncident, readPublicMonth, readPublicMonths } from './snapshot.ts';

export interface SnapshotSource {
  /** The newest snapshot there is. Never fails: the last good one stays when the database does not answer. */
  current(): PublicSnapshot;
  /** Resolves once everything committed before the call is in `current()`. */
  refresh(): Promise<void>;
  stop(): void;
}

/** How often commits of other processes and the turn of the day are looked for. */
const pollEvery = seconds(1);
/** Tries to read between two public commits before taking what was read and going round again. */
const readAttempts = 5;

export async function createSnapshotSource(kernel: Kernel): Promise<SnapshotSource> {
  const { db, clock, log } = kernel;
  let { snapshot, key } = await readBetweenCommits(kernel);
  let running: Promise<void> | undefined;
  let again = false;
  let seenVersion = db.dataVersion();

  const isStale = async () =>
    (await publicKey(db.read)) !== key ||
    dayIn(snapshot.page.timeZone, clock.now()) !== snapshot.today;

  async function rebuild(): Promise<void> {
    do {
      again = false;
      try {
        if (await isStale()) ({ snapshot, key } = await readBetweenCommits(kernel));
      } catch (error) {
        log.error(
          { err: error },
          'The public snapshot could not be rebuilt; the last one is served.',
        );
      }
      // Set by whoever called meanwhile.
    } while (again as boolean);
  }

  function refresh(): Promise<void> {
    if (running) again = true;
    running ??= rebuild().finally(() => (running = undefined));
    return running;
  }

  function poll(): void {
    try {
      const version = db.dataVersion();
      const isNewDay = dayIn(snapshot.page.timeZone, clock.now()) !== snapshot.today;
      if (version === seenVersion && !isNewDay) return;
      seenVersion = version;
      void refresh();
    } catch (error) {
      log.error({ err: error }, 'The database did not answer; the last snapshot is served.');
    }
  }

  const timer = setInterval(poll, pollEvery);
  timer.unref();
  const stopListening = db.onCommit(() => void refresh());
  return {
    current: () => snapshot,
    refresh,
    stop() {
      clearInterval(timer);
      stopListening();
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
