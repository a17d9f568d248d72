// Brings a database file to this version's schema: backed up first, row counts compared, all or nothing (SECURITY T1).
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Connection, Driver } from './driver.ts';
import { packagePath } from '../shared/paths.ts';

interface JournalEntry {
  idx: number;
  tag: string;
}

/** Triggers that every schema version must end up with: a table rebuild drops them silently. */
const wantedTriggers = ['events_no_delete', 'events_no_update'];

/**
 * Applies the migrations of `folder` that `file` lacks. A file made by a newer version is refused.
 * On any doubt it throws, and the file is as it was.
 */
export function migrateFile(
  file: string,
  backupDir: string,
  folder = packagePath('drizzle', 'sqlite'),
): void {
  const wanted = readJournal(folder);
  const connection = new Driver(file);
  try {
    connection.pragma('busy_timeout = 5000');
    connection.pragma('journal_mode = WAL');
    connection.pragma('synchronous = FULL');
    if (pendingOf(connection, wanted).length === 0) return;
    applyAll(connection, file, backupDir, folder, wanted);
  } finally {
    connection.close();
  }
}

function applyAll(
  connection: Connection,
  file: string,
  backupDir: string,
  folder: string,
  wanted: JournalEntry[],
): void {
  // Void inside a transaction: with it on, a table rebuild deletes the child rows.
  connection.pragma('foreign_keys = OFF');
  const applied = appliedTags(connection);
  if (applied.length > 0) backUpBefore(connection, backupDir, applied.at(-1) ?? '');
  connection.exec('BEGIN IMMEDIATE');
  try {
    const before = countRows(connection);
    // Asked again under the lock: another process may have migrated meanwhile.
    for (const entry of pendingOf(connection, wanted)) applyOne(connection, folder, entry);
    compareCounts(before, countRows(connection));
    assertSound(connection, file);
    connection.exec('COMMIT');
  } catch (error) {
    if (connection.inTransaction) connection.exec('ROLLBACK');
    throw error;
  }
}

function readJournal(folder: string): JournalEntry[] {
  const journal = JSON.parse(readFileSync(join(folder, 'meta', '_journal.json'), 'utf8')) as {
    entries: JournalEntry[];
  };
  return journal.entries.toSorted((a, b) => a.idx - b.idx);
}

function appliedTags(connection: Connection): string[] {
  const exists = connection
    .prepare("select 1 from sqlite_schema where type = 'table' and name = 'migrations'")
    .get();
  if (!exists) return [];
  return connection.prepare('select tag from migrations order by id').pluck().all() as string[];
}

function pendingOf(connection: Connection, wanted: JournalEntry[]): JournalEntry[] {
  const applied = appliedTags(connection);
  const known = wanted.slice(0, applied.length).map((entry) => entry.tag);
  if (applied.some((tag, i) => tag !== known[i])) {
    throw new Error(
      'This database was made by a newer version of Forthright. Nothing was changed.',
    );
  }
  return wanted.slice(applied.length);
}

function applyOne(connection: Connection, folder: string, entry: JournalEntry): void {
  connection.exec(
    'create table if not exists migrations (id integer primary key, tag text not null unique)',
  );
  const statements = readFileSync(join(folder, `${entry.tag}.sql`), 'utf8');
  for (const statement of statements.split('--> statement-breakpoint')) connection.exec(statement);
  connection.prepare('insert into migrations (tag) values (?)').run(entry.tag);
}

/** A checked copy beside the others, named by the last migration it holds. */
function backUpBefore(connection: Connection, backupDir: string, lastTag: string): void {
  mkdirSync(backupDir, { recursive: true, mode: 0o700 });
  const target = join(backupDir, `before-upgrade-from-${lastTag}.db`);
  const partial = `${target}.partial`;
  rmSync(partial, { force: true });
  connection.prepare('vacuum into ?').run(partial);
  const copy = new Driver(partial, { readonly: true });
  try {
    const verdict = copy.pragma('quick_check', { simple: true });
    if (verdict !== 'ok')
      throw new Error(`The backup before the upgrade is damaged: ${String(verdict)}`);
    compareCounts(countRows(connection), countRows(copy));
  } finally {
    copy.close();
  }
  if (existsSync(target)) rmSync(target);
  renameSync(partial, target);
}

function countRows(connection: Connection): Map<string, number> {
  const tables = connection
    .prepare(
      "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' and name <> 'migrations'",
    )
    .pluck()
    .all() as string[];
  return new Map(
    tables.map((name) => [
      name,
      connection.prepare(`select count(*) from "${name}"`).pluck().get() as number,
    ]),
  );
}

function compareCounts(before: Map<string, number>, after: Map<string, number>): void {
  for (const [name, count] of before) {
    const now = after.get(name);
    if (now !== undefined && now !== count) {
      throw new Error(`The upgrade would change table ${name} from ${count} to ${now} rows.`);
    }
  }
}

function assertSound(connection: Connection, file: string): void {
  const orphans = connection.pragma('foreign_key_check') as unknown[];
  if (orphans.length > 0) throw new Error(`The upgrade would leave orphans in ${file}.`);
  const triggers = connection
    .prepare("select name from sqlite_schema where type = 'trigger' order by name")
    .pluck()
    .all() as string[];
  const missing = wantedTriggers.filter((name) => !triggers.includes(name));
  if (missing.length > 0)
    throw new Error(`The upgrade would lose triggers: ${missing.join(', ')}.`);
}
