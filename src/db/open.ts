// Opens the database file: pragmas asserted, migrations applied, one writer, one read-only reader.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Connection, Driver } from './driver.ts';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import { migrateFile } from './migrate.ts';
import { keepStatements } from './statements.ts';
import { createWriter, type Reader, type Write } from './tx.ts';

export interface Database {
  write: Write;
  read: Reader;
  /** Changes whenever another connection has committed. */
  dataVersion(): number;
  /** Calls back after each commit of this process; answers how to stop that. */
  onCommit(listener: () => void): () => void;
  /** Moves the write-ahead log into the file and closes. */
  close(): void;
}

const minimumSqlite = [3, 51, 3] as const;

export const databaseFile = (dataDir: string) => join(dataDir, 'forthright.db');

/** Opens (and on first use makes) the database in `dataDir`, migrated to this version's schema. */
export function openDatabase(dataDir: string, options: { busyTimeout?: number } = {}): Database {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const file = databaseFile(dataDir);
  const busyTimeout = options.busyTimeout ?? 250;
  migrateFile(file, join(dataDir, 'backups'));

  const writer = new Driver(file);
  applyPragmas(writer, busyTimeout);
  assertDurable(writer);
  const reader = new Driver(file, { readonly: true });
  applyPragmas(reader, busyTimeout);
  keepStatements(writer);
  keepStatements(reader);
  const listeners = new Set<() => void>();
  const committed = () => {
    for (const listener of listeners) listener();
  };
  return {
    write: createWriter(writer, drizzle(writer), committed),
    read: drizzle(reader),
    dataVersion: () => reader.pragma('data_version', { simple: true }) as number,
    onCommit(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      reader.close();
      writer.pragma('wal_checkpoint(TRUNCATE)');
      writer.close();
    },
  };
}

/** Connection settings shared by every opener of the live file. */
function applyPragmas(connection: Connection, busyTimeout: number): void {
  connection.pragma(`busy_timeout = ${busyTimeout}`);
  if (!connection.readonly) {
    connection.pragma('journal_mode = WAL');
    connection.pragma('synchronous = FULL');
    connection.pragma('journal_size_limit = 67108864');
    // What is erased is overwritten, not only forgotten (S-69).
    connection.pragma('secure_delete = ON');
  }
  connection.pragma('foreign_keys = ON');
  connection.pragma('trusted_schema = OFF');
  connection.pragma('cell_size_check = ON');
  connection.pragma('mmap_size = 0');
}

/** Refuses to run on a build or a setting that can lose what was committed (SECURITY T3, T14). */
function assertDurable(connection: Connection): void {
  const version = connection.prepare('select sqlite_version()').pluck().get() as string;
  const numbers = version.split('.').map(Number);
  const difference = minimumSqlite.map((part, i) => (numbers[i] ?? 0) - part).find((d) => d !== 0);
  if ((difference ?? 0) < 0) {
    throw new Error(`SQLite ${minimumSqlite.join('.')} or newer is needed, this is ${version}.`);
  }
  connection.prepare('select count(*) from sqlite_schema').get();
  const expected: [string, unknown][] = [
    ['journal_mode', 'wal'],
    ['synchronous', 2],
    ['foreign_keys', 1],
  ];
  for (const [pragma, wanted] of expected) {
    const actual = connection.pragma(pragma, { simple: true });
    if (actual !== wanted)
      throw new Error(`SQLite ${pragma} is ${String(actual)}, not ${String(wanted)}.`);
  }
}

export const databaseExists = (dataDir: string) => existsSync(databaseFile(dataDir));
