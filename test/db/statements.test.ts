import { sql } from 'drizzle-orm';
import { expect, it } from 'vitest';
import { databaseFile } from '../../src/db/open.ts';
import { Driver } from '../../src/db/driver.ts';
import { settings } from '../../src/db/schema.ts';
import { builtOnce, keepStatements } from '../../src/db/statements.ts';
import { onEnd, testKernel } from '../support/kernel.ts';

async function connection() {
  const { dataDir } = await testKernel();
  const opened = new Driver(databaseFile(dataDir));
  onEnd(() => opened.close());
  keepStatements(opened);
  return opened;
}

it('keeps a statement for its text, and forgets the one longest unused', async () => {
  const database = await connection();
  const first = database.prepare('select 0');
  const second = database.prepare('select 1');
  for (let n = 2; n < 400; n += 1) database.prepare(`select ${n}`);
  expect(database.prepare('select 0')).toBe(first);
  database.prepare('select 400');
  expect(database.prepare('select 0')).toBe(first);
  expect(database.prepare('select 1')).not.toBe(second);
});

it('hands it out as it was made: whoever had it before may have asked for bare rows', async () => {
  const database = await connection();
  expect(database.prepare('select 1 as n').raw().all()).toEqual([[1]]);
  expect(database.prepare('select 1 as n').all()).toEqual([{ n: 1 }]);
});

it('answers the same query with columns and without', async () => {
  const { db } = await testKernel();
  const columns = () => db.read.select({ name: settings.name }).from(settings);
  const bare = () => db.read.all(sql.raw(columns().toSQL().sql));
  expect(await columns()).toEqual([{ name: 'page' }]);
  expect(bare()).toEqual([{ name: 'page' }]);
  expect(await columns()).toEqual([{ name: 'page' }]);
});

it('builds a query once for each handle', () => {
  let built = 0;
  const query = builtOnce(() => (built += 1));
  const [one, other] = [{}, {}];
  expect([query(one), query(one), query(other), query(one)]).toEqual([1, 1, 2, 1]);
});
