// The SQLite driver that fits this Node. The 12 line aborts on Node 24 when its objects are collected as
// the process ends; the 13 line, over N-API, needs Node 22. Both speak the same language.
import { createRequire } from 'node:module';
import type BetterSqlite3 from 'better-sqlite3';

const [major = 0] = process.versions.node.split('.').map(Number);
const load = createRequire(import.meta.url);

export const Driver = load(
  major >= 22 ? 'better-sqlite3-napi' : 'better-sqlite3',
) as typeof BetterSqlite3;

export type Connection = BetterSqlite3.Database;
