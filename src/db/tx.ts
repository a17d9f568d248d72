// The only way to write: one connection, one transaction at a time, BEGIN IMMEDIATE … COMMIT by hand.
// Inside a transaction only the database is awaited; rendering, sending and fetching happen outside.
import { AsyncLocalStorage } from 'node:async_hooks';
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

const insideWrite = new AsyncLocalStorage<true>();
/** Transactions begun and not over, of all writers. */
let underWay = 0;
const lockAttempts = 5;

/** A function that runs transactions one after another on `connection`, telling `committed` after each. */
export function createWriter(
  connection: Connection,
  orm: BetterSQLite3Database,
  committed: () => void,
): Write {
  let last: Promise<unknown> = Promise.resolve();
  return async (work) => {
    if (insideWrite.getStore()) throw new Error('A transaction cannot start inside another one.');
    const turn = last.then(() => marked(() => runTransaction(connection, orm, work)));
    last = turn.catch(() => {});
    const result = await turn;
    committed();
    return result;
  };
}

/**
 * Runs `work` so that a write started within is noticed. Between transactions the mark is switched off:
 * on Node 20 and 22 it is carried along every socket and request, a sixth of what answering one costs.
 */
async function marked<T>(work: () => Promise<T>): Promise<T> {
  underWay += 1;
  try {
    return await insideWrite.run(true, work);
  } finally {
    underWay -= 1;
    if (underWay === 0) insideWrite.disable();
  }
}

async function runTransaction<T>(
  connection: Connection,
  orm: BetterSQLite3Database,
  work: (tx: Tx) => Promise<T>,
): Promise<T> {
  await begin(connection);
  try {
    const result = await work(orm);
    connection.exec('COMMIT');
    return result;
  } catch (error) {
    if (connection.inTransaction) connection.exec('ROLLBACK');
    throw error;
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
