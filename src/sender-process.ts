// The process that sends mail, beside the one that serves the page: with a database connection of its own and the
// lower priority, so that a million messages take nothing from visitors. It ends when the serving process does.
import { setPriority } from 'node:os';
import { readConfig } from './config.ts';
import { holdLock, LockedError } from './db/serve-lock.ts';
import { openHouse } from './house.ts';
import { openMailRoom } from './mail-room.ts';
import { seconds } from './shared/clock.ts';
import { createLog } from './shared/log.ts';
import { closeCompiler } from './templates/compile.ts';

/** What the serving process asks. */
export type Order = { kind: 'wake' } | { kind: 'stop'; graceMs: number };

/** When nobody asks any more: time enough to note what is on its way. */
const orphanGrace = seconds(3);
const wordEvery = seconds(10);
/** How long an earlier sender may take to end. */
const patience = seconds(30);

const log = createLog(readConfig(process.env).logLevel);
process.on('uncaughtException', (error) => {
  log.fatal({ err: error }, 'Uncaught, in the sender');
  process.exit(1);
});
setPriority(10);
await run();

async function run(): Promise<void> {
  const config = readConfig(process.env);
  const unlock = await lock(config.dataDir);
  const kernel = await openHouse(config, { log });
  const room = await openMailRoom(config, kernel, { hearsCommits: false });
  let ending: Promise<void> | undefined;
  const end = (graceMs: number) => (ending ??= finish(graceMs));
  process.on('message', (order: Order) => {
    if (order.kind === 'wake') room.wake();
    else void end(order.graceMs);
  });
  process.once('disconnect', () => void end(orphanGrace));
  // Whoever signals the whole group has told the serving process too: that one gives the order.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => {});
  // Whoever does not hear from us for long takes us for stuck.
  setInterval(() => process.connected && process.send?.('working', () => {}), wordEvery).unref();
  room.start();
  // Told to nobody where nobody is left.
  process.send?.('working', () => {});
  if (!process.connected) await end(0);

  async function finish(graceMs: number): Promise<void> {
    // A mailbox whose server hangs is left alone: what was read is noted, the rest is read again.
    setTimeout(() => process.exit(0), graceMs + seconds(2)).unref();
    await room.stop(graceMs);
    await closeCompiler();
    kernel.db.close();
    unlock();
    process.exit(0);
  }
}

/** One sender at a time: an earlier one may still be noting what it has sent. */
async function lock(dataDir: string): Promise<() => void> {
  for (let waited = 0; ; waited += 100) {
    try {
      return holdLock(dataDir, 'sender');
    } catch (error) {
      if (!(error instanceof LockedError) || waited >= patience) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
