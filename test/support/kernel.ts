// A kernel on a real SQLite file in a folder of its own, with a clock the test moves and ids it can foretell.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import type { Kernel } from '../../src/db/kernel.ts';
import { openDatabase } from '../../src/db/open.ts';
import { ensureSettings } from '../../src/settings/service.ts';
import type { Clock } from '../../src/shared/clock.ts';
import { type Ids, randomIds } from '../../src/shared/ids.ts';
import { silentLog } from '../../src/shared/log.ts';

export interface TestClock extends Clock {
  set(iso: string): void;
  advance(milliseconds: number): void;
}

export function testClock(start = '2026-11-22T14:00:00.000Z'): TestClock {
  let now = new Date(start).getTime();
  return {
    now: () => new Date(now),
    monotonic: () => now,
    set: (iso) => void (now = new Date(iso).getTime()),
    advance: (milliseconds) => void (now += milliseconds),
  };
}

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

/** Runs `cleanup` after the current test. */
export const onEnd = (cleanup: () => unknown) => void cleanups.push(cleanup);

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'forthright-'));
  // A sender whose server was killed may be writing its last marks there.
  const patient = { maxRetries: 20, retryDelay: 100 };
  onEnd(() => rmSync(folder, { recursive: true, force: true, ...patient }));
  return folder;
}

export interface TestKernel extends Kernel {
  clock: TestClock;
  dataDir: string;
}

/** Opens (or reopens, given its `dataDir`) a database with default settings. */
export async function testKernel(
  options: { clock?: TestClock; ids?: Ids; dataDir?: string; publicUrl?: string } = {},
): Promise<TestKernel> {
  const dataDir = options.dataDir ?? temporaryFolder();
  const db = openDatabase(dataDir);
  onEnd(() => db.close());
  const kernel: TestKernel = {
    db,
    dataDir,
    clock: options.clock ?? testClock(),
    ids: options.ids ?? randomIds,
    log: silentLog,
    publicUrl: options.publicUrl ?? 'https://status.example.com',
    secretKey: 'a-secret-key-for-tests-only-0123456789',
  };
  await db.write((tx) => ensureSettings(tx, kernel));
  return kernel;
}
