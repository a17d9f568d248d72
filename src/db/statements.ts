// Statements kept for their text: making SQLite parse one anew costs more than running it.
import type { Statement } from 'better-sqlite3';
import type { Connection } from './driver.ts';
import type { Reader } from './tx.ts';

/** Lists of parameters come in every length: without an end each of them would be kept for good. */
const most = 400;

/** Lets `connection` answer `prepare` with the statement that it made for the same text before. */
export function keepStatements(connection: Connection): void {
  const kept = new Map<string, Statement>();
  const make = connection.prepare.bind(connection);
  const prepare = (text: string): Statement => {
    const known = kept.get(text);
    const statement = known ?? make(text);
    // As it was when it was made: whoever had it before may have asked for bare rows.
    if (known?.reader) known.raw(false);
    // The longest unused is the first of the map.
    kept.delete(text);
    kept.set(text, statement);
    const [first] = kept.keys();
    if (kept.size > most && first !== undefined) kept.delete(first);
    return statement;
  };
  connection.prepare = prepare as Connection['prepare'];
}

/**
 * A query that is built once for each database handle and run with values for its placeholders.
 * Drizzle takes ten times longer to build a query than SQLite to answer it by a key: worth it for those
 * that every change makes.
 */
export function builtOnce<Handle extends object, Query>(
  build: (handle: Handle) => Query,
): (handle: Handle) => Query {
  const built = new WeakMap<Handle, Query>();
  return (handle) => {
    const known = built.get(handle);
    if (known) return known;
    const query = build(handle);
    built.set(handle, query);
    return query;
  };
}

/**
 * The statement of a text, past Drizzle, for the few queries that run for each message sent: what Drizzle
 * adds to such a one costs ten times what SQLite takes for it. Values are bound as they are stored.
 */
export const statementOf = (handle: Reader, text: string): Statement =>
  (handle as unknown as { $client: Connection }).$client.prepare(text);
