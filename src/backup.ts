// Copies of the database that can be trusted: made through SQLite, opened, checked and counted.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Driver } from './db/driver.ts';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import type { Kernel } from './db/kernel.ts';
import { databaseExists, databaseFile, openDatabase } from './db/open.ts';
import { holdLock, holdServeLock, LockedError } from './db/serve-lock.ts';
import { sessions } from './db/schema.ts';
import { append, verifyChain } from './events/service.ts';
import type { ChainHead } from './events/rules.ts';
import { systemActor } from './events/types.ts';
import { holdAll } from './notifications/service.ts';

export interface BackupManifest {
  file: string;
  /** The newest event it holds: `audit verify --head SEQ:HASH` checks a later database against it. */
  head: ChainHead;
}

/** Copies the live database into `target`, beside a running server. Throws unless the copy is sound. */
export async function backUp(dataDir: string, target: string): Promise<BackupManifest> {
  if (!databaseExists(dataDir)) throw new Error(`There is no database in ${dataDir}.`);
  const live = databaseFile(dataDir);
  const file = resolve(target);
  if (existsSync(file) && realpathSync(file) === realpathSync(live)) {
    throw new Error(`${file} is the database itself. Name another file.`);
  }
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const partial = `${file}.partial`;
  rmSync(partial, { force: true });
  // SQLite fills an empty file as it is: nobody else may read what will be in it.
  writeFileSync(partial, '', { flag: 'wx', mode: 0o600 });
  copyThroughSqlite(live, partial);
  const head = await checkCopy(partial);
  renameSync(partial, file);
  return { file, head };
}

/**
 * Replaces the database in `dataDir` by the copy in `source`; the present one is kept aside.
 * Nothing is sent from it: unfinished notifications are paused until an admin resumes them.
 */
export async function restore(
  kernel: Omit<Kernel, 'db'>,
  dataDir: string,
  source: string,
): Promise<{ head: ChainHead; held: number; aside: string | undefined }> {
  if (!existsSync(source)) throw new Error(`There is no file ${source}.`);
  const unlock = await holdBoth(dataDir);
  const workshop = mkdtempSync(join(dataDir, 'restore-'));
  try {
    copyThroughSqlite(resolve(source), databaseFile(workshop));
    await checkCopy(databaseFile(workshop));
    const prepared = await prepare(kernel, workshop);
    return { ...prepared, aside: swapIn(kernel, dataDir, workshop) };
  } finally {
    rmSync(workshop, { recursive: true, force: true });
    unlock();
  }
}

/** A sender whose server was killed notes what it has sent, and ends within seconds. */
const patience = 100;

/** Neither a server nor a sender may have the file open. */
async function holdBoth(dataDir: string): Promise<() => void> {
  const unlockServe = holdServeLock(dataDir);
  for (let tries = 0; ; tries += 1) {
    try {
      const unlockSender = holdLock(dataDir, 'sender');
      return () => {
        unlockSender();
        unlockServe();
      };
    } catch (error) {
      if (error instanceof LockedError && tries < patience) {
        await new Promise((done) => setTimeout(done, 100));
        continue;
      }
      unlockServe();
      throw error;
    }
  }
}

function copyThroughSqlite(from: string, to: string): void {
  const connection = new Driver(from, { readonly: true, fileMustExist: true });
  try {
    connection.pragma('busy_timeout = 5000');
    connection.prepare('vacuum into ?').run(to);
  } finally {
    connection.close();
  }
}

/** Opens a copy, has SQLite check it, walks its event chain; answers its head. */
async function checkCopy(file: string): Promise<ChainHead> {
  const connection = new Driver(file, { readonly: true });
  try {
    const verdict = connection.pragma('integrity_check', { simple: true });
    if (verdict !== 'ok') throw new Error(`${file} is damaged: ${String(verdict)}`);
    const { fault, head } = await verifyChain(drizzle(connection));
    if (fault) throw new Error(`The record in ${file} is not whole: ${fault}.`);
    return head;
  } finally {
    connection.close();
  }
}

/** Migrates the copy, holds its mail, ends its sessions. */
async function prepare(kernel: Omit<Kernel, 'db'>, workshop: string) {
  const db = openDatabase(workshop);
  try {
    return await db.write(async (tx) => {
      const held = await holdAll(tx);
      await tx.delete(sessions);
      const seq = await append(tx, kernel.clock, systemActor, {
        kind: 'database.restored',
        subject: 'database',
        isPublic: true,
        data: { heldNotifications: held },
      });
      const { head } = await verifyChain(tx);
      if (head.seq !== seq) throw new Error('The restored record could not be continued.');
      return { head, held };
    });
  } finally {
    db.close();
  }
}

/** Puts the prepared file in place; answers where the former one was put. */
function swapIn(kernel: Omit<Kernel, 'db'>, dataDir: string, workshop: string): string | undefined {
  const live = databaseFile(dataDir);
  let aside: string | undefined;
  if (existsSync(live)) {
    // Moves the write-ahead log into the file, so that what is kept aside is complete.
    openDatabase(dataDir).close();
    const stamp = kernel.clock.now().toISOString().replaceAll(/[:.]/g, '-');
    aside = join(dataDir, 'backups', `before-restore-${stamp}.db`);
    mkdirSync(dirname(aside), { recursive: true, mode: 0o700 });
    renameSync(live, aside);
  }
  for (const leftover of [`${live}-wal`, `${live}-shm`]) rmSync(leftover, { force: true });
  renameSync(databaseFile(workshop), live);
  return aside;
}
