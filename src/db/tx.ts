// The only way to write: one connection, one transaction at a time, BEGIN IMMEDIATE … COMMIT by hand.
// Inside a transaction only the database is awaited; rendering, sending and fetching happen outside, and
// one that does otherwise is rolled back.
import type { Connection } from './driver.ts';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { AppError } from '../shared/errors.ts';

/** Can read and write, inside the transaction it belongs to. */
export type Tx = Omit<BetterSQLite3Database, 'transaction'>;
/** Can only select. A `Tx` serves as one. */
export type Reader = Pick<
  BetterSQLite3Database,
  'select' | 'selectDistinct' | 'with' | 'all' | 'get'
>;

export type Write = <T>(work: (tx: Tx) => Promise<T>) => Promise<T>;

const lockAttempts = 5;

/** A function that runs transactions one after another on `connection`, telling `committed` after each. */
export function createWriter(
  connection: Connection,
  orm: BetterSQLite3Database,
  committed: () => void,
): Write {
  let last: Promise<unknown> = Promise.resolve();
  /** Goes up when a transaction is found waiting: whoever stands behind it may be what it waits for. */
  let jams = 0;
  const jam = () => (jams += 1);
  /** Once one was given up, what is left of it may go on at any time: from then on it finds nothing to write to. */
  const guard = (isOpen: boolean) => {
    if (jams > 0) connection.pragma(`query_only = ${isOpen ? 'OFF' : 'ON'}`);
  };
  return async (work) => {
    const jamsBefore = jams;
    const turn = last.then(async () => {
      if (jams !== jamsBefore) throw new Error(jammed);
      guard(true);
      try {
        return await runTransaction(connection, orm, work, jam);
      } finally {
        guard(false);
      }
    });
    last = turn.catch(() => {});
    const result = await turn;
    committed();
    return result;
  };
}

const jammed =
  'A transaction waited for something other than the database, such as a transaction inside itself.';

async function runTransaction<T>(
  connection: Connection,
  orm: BetterSQLite3Database,
  work: (tx: Tx) => Promise<T>,
  jam: () => void,
): Promise<T> {
  await begin(connection);
  try {
    const result = await beforeTheLoopTurns(work(orm), jam);
    connection.exec('COMMIT');
    return result;
  } catch (error) {
    if (connection.inTransaction) connection.exec('ROLLBACK');
    throw error;
  }
}

/**
 * SQLite answers at once, so work that awaits nothing else has ended before the event loop turns. Keeping
 * track of who calls from within instead would make Node carry it along every socket and request: a fifth
 * of what answering one costs.
 */
async function beforeTheLoopTurns<T>(work: Promise<T>, jam: () => void): Promise<T> {
  let turning: NodeJS.Immediate | undefined;
  const turned = new Promise<never>((_, reject) => {
    turning = setImmediate(() => {
      jam();
      reject(new Error(jammed));
    });
  });
  try {
    return await Promise.race([work, turned]);
  } finally {
    clearImmediate(turning);
  }
}

/** Waits out another process's write lock without blocking the event loop longer than `busy_timeout`. */
async function begin(connection: Connection): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      connection.exec('BEGIN IMMEDIATE');
      return;
    } catch (error) {
      if (!isBusy(error)) throw error;
      if (attempt === lockAttempts) {
        throw new AppError('unavailable', 'The database is busy. Please try again.', {
          cause: error,
          retryAfter: 1,
        });
      }
      await new Promise((resolve) => setTimeout(resolve, 50 * attempt));
    }
  }
}

const isBusy = (error: unknown) =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY');
