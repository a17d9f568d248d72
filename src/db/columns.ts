// The column kit: tables are written with these few words, so that a second dialect can stand behind them.
import { type SQL, sql } from 'drizzle-orm';
import {
  check,
  customType,
  integer,
  sqliteTable,
  text as sqliteText,
} from 'drizzle-orm/sqlite-core';
import type { AnySQLiteColumn } from 'drizzle-orm/sqlite-core';

export const table = sqliteTable;
export const text = (name: string) => sqliteText(name);
export const int = (name: string) => integer(name);
export const bool = (name: string) => integer(name, { mode: 'boolean' });
/** An instant, UTC, millisecond precision. */
export const time = (name: string) => integer(name, { mode: 'timestamp_ms' });
export const json = <T>(name: string) => sqliteText(name, { mode: 'json' }).$type<T>();
/** A row number that is never given out twice, not even after the newest row is erased. */
export const serial = () => integer('id').primaryKey({ autoIncrement: true });

/** One word of a tuple, stored as text. Pair it with `oneOf` in the table's checks. */
export const word = <const T extends readonly [string, ...string[]]>(name: string, tuple: T) =>
  sqliteText(name, { enum: tuple });

/** One word of a tuple, stored as its position: narrow rows for the tables that grow by the million. */
export const position = <const T extends readonly [string, ...string[]]>(name: string, tuple: T) =>
  customType<{ data: T[number]; driverData: number }>({
    dataType: () => 'integer',
    toDriver: (value) => tuple.indexOf(value),
    fromDriver: (value) => tuple[value] ?? tuple[0],
  })(name);

/** CHECK that a column holds one of the given words or numbers. */
export const oneOf = (
  name: string,
  column: AnySQLiteColumn,
  values: readonly (string | number)[],
) => check(name, sql`${column} in ${sql.raw(`(${values.map(literal).join(', ')})`)}`);

export const holds = (name: string, condition: SQL) => check(name, condition);

const literal = (value: string | number) => (typeof value === 'number' ? value : `'${value}'`);

export { index, primaryKey, uniqueIndex } from 'drizzle-orm/sqlite-core';
