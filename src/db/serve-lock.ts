// One serving process a database, and one sender. The lock is the operating system's, held through an exclusive
// SQLite transaction on a file of its own, so it ends with the process however that ends.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Connection, Driver } from './driver.ts';

/** Keeps locks from the garbage collector, which would open them. */
const held = new Set<Connection>();

/** Another process holds the database. */
export class LockedError extends Error {
  constructor(holder: string) {
    super(`The database is already in use by ${holder}. Stop that one first.`);
    this.name = 'LockedError';
  }
}

/** The lock of the serving process. */
export const holdServeLock = (dataDir: string) => holdLock(dataDir, 'serve');

/** Takes a lock of `dataDir` or throws `LockedError` naming the holder; answers how to give it back. */
export function holdLock(dataDir: string, name: 'serve' | 'sender'): () => void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const holderFile = join(dataDir, `${name}.pid`);
  const connection = new Driver(join(dataDir, `${name}.lock`));
  connection.pragma('busy_timeout = 0');
  try {
    connection.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    connection.close();
    if (!(error instanceof Driver.SqliteError) || !error.code.startsWith('SQLITE_BUSY'))
      throw error;
    throw new LockedError(describeHolder(holderFile));
  }
  writeFileSync(holderFile, String(process.pid), { mode: 0o600 });
  held.add(connection);
  return () => {
    held.delete(connection);
    connection.close();
  };
}

function describeHolder(holderFile: string): string {
  try {
    return `process ${readFileSync(holderFile, 'utf8').trim()}`;
  } catch {
    return 'another process';
  }
}
