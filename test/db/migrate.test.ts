import { mkdirSync, readdirSync, writeFileSync, copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { Driver } from '../../src/db/driver.ts';
import { describe, expect, it } from 'vitest';
import { migrateFile } from '../../src/db/migrate.ts';
import { databaseFile, openDatabase } from '../../src/db/open.ts';
import { packagePath } from '../../src/shared/paths.ts';
import { temporaryFolder, testKernel } from '../support/kernel.ts';

/** The shipped migrations and, after them, those given, in a folder of their own. */
function migrationsWith(extra: Record<string, string>, upTo = '9999'): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'meta'));
  const shipped = readdirSync(packagePath('drizzle', 'sqlite')).filter(
    (name) => name.endsWith('.sql') && name < upTo,
  );
  for (const name of shipped)
    copyFileSync(packagePath('drizzle', 'sqlite', name), join(folder, name));
  for (const [tag, text] of Object.entries(extra)) writeFileSync(join(folder, `${tag}.sql`), text);
  const tags = [
    ...shipped.map((name) => name.replace('.sql', '')).toSorted(),
    ...Object.keys(extra),
  ];
  const entries = tags.map((tag, idx) => ({ idx, tag }));
  writeFileSync(join(folder, 'meta', '_journal.json'), JSON.stringify({ entries }));
  return folder;
}

async function filledDatabase() {
  const kernel = await testKernel();
  const file = databaseFile(kernel.dataDir);
  const connection = new Driver(file);
  connection.exec(`
    insert into component_groups values (1, 'g', 'Group', '', 1, null, 0, 0, 1);
    insert into components values (1, 'c', 1, 'API', '', 1, 'operational', 'operational', 1, 0, null, null, 0, 0, 1);
  `);
  connection.close();
  return { file, backups: join(kernel.dataDir, 'backups') };
}

const countComponents = (file: string) => {
  const connection = new Driver(file, { readonly: true });
  const count = connection.prepare('select count(*) from components').pluck().get();
  connection.close();
  return count;
};

const rebuildGroups = (keepRows: boolean) => `
  create table __new_groups as select * from component_groups where ${keepRows ? '1' : '0'};
  --> statement-breakpoint
  drop table component_groups;
  --> statement-breakpoint
  create table component_groups (id integer primary key, public_id text, name text, description text, position int, archived_at int, created_at int, updated_at int, version int);
  --> statement-breakpoint
  insert into component_groups select * from __new_groups;
  --> statement-breakpoint
  drop table __new_groups;`;

describe('migrations (T1, F-17)', () => {
  it('keep child rows when a parent table is rebuilt, after a backup', async () => {
    const { file, backups } = await filledDatabase();
    migrateFile(file, backups, migrationsWith({ '0900_rebuild': rebuildGroups(true) }));
    expect(countComponents(file)).toBe(1);
    const [backup] = readdirSync(backups);
    expect(backup).toMatch(/^before-upgrade-from-.*\.db$/);
    expect(countComponents(join(backups, backup ?? ''))).toBe(1);
  });

  it.each([
    ['loses rows', rebuildGroups(false), /from 1 to 0 rows/],
    ['leaves orphans', 'update components set group_id = 99', /orphans/],
    ['loses a trigger', 'drop trigger events_no_delete', /triggers: events_no_delete/],
    ['is not SQL', 'this is not sql', /syntax error/],
  ])('refuse one that %s, and leave the file as it was', async (_, statements, message) => {
    const { file, backups } = await filledDatabase();
    const folder = migrationsWith({ '0900_bad': statements });
    expect(() => migrateFile(file, backups, folder)).toThrow(message);
    expect(countComponents(file)).toBe(1);
    migrateFile(file, backups);
  });

  it('0003 keeps every notification and delivery, and their tie', () => {
    const folder = temporaryFolder();
    const [file, backups] = [join(folder, 'old.db'), join(folder, 'backups')];
    migrateFile(file, backups, migrationsWith({}, '0003'));
    const old = new Driver(file);
    old.exec(`
      insert into mail_contents values ('hash', 'Subject', '<p>', 'plain');
      insert into subscribers (id, public_id, email, email_key, state, confirm_nonce, created_at, updated_at)
        values (1, 's', 'a@example.com', 'a@example.com', 'confirmed', 'n', 0, 0);
      insert into notifications values
        (7, 'incident', 'bulk', 'subscriber', 'sending', null, 'identified', 'hash', '[]', 3, 1, 1, 5, 5, 9, null),
        (8, 'test', 'direct', 'account', 'sent', null, null, 'hash', '[]', 4, 0, 0, 6, 6, 9, 8);
      insert into deliveries values (7, 1, 0, 0, 5, null, null), (8, 1, 2, 1, 5, null, 250);`);
    old.close();

    migrateFile(file, backups);
    const now = new Driver(file);
    const rows = now.prepare(
      'select id, kind, stage, maintenance_id m, expires_at e from notifications',
    );
    expect(rows.all()).toEqual([
      { id: 7, kind: 'incident', stage: 'identified', m: null, e: 9 },
      { id: 8, kind: 'test', stage: null, m: null, e: 9 },
    ]);
    expect(
      now.prepare('select wants_incidents i, wants_maintenance m from subscribers').all(),
    ).toEqual([{ i: 1, m: 1 }]);
    now.pragma('foreign_keys = ON');
    expect(() => now.exec('insert into deliveries values (9, 1, 0, 0, 5, null, null)')).toThrow(
      /FOREIGN KEY/,
    );
    expect(now.prepare('select count(*) from deliveries').pluck().get()).toBe(2);
    now.close();
  });

  it('refuse a database of a newer version', async () => {
    const { file, backups } = await filledDatabase();
    migrateFile(file, backups, migrationsWith({ '0900_more': 'create table more (id integer)' }));
    expect(() => migrateFile(file, backups)).toThrow(/newer version/);
  });

  it('have nothing to do the second time', async () => {
    const { dataDir } = await testKernel();
    openDatabase(dataDir).close();
    expect(readdirSync(dataDir)).not.toContain('backups');
  });
});
