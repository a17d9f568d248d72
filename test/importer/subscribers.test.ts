// Subscribers from a file: confirmed elsewhere, nobody twice, nobody who left, however the file looks.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asc, eq } from 'drizzle-orm';
import { expect, it } from 'vitest';
import {
  components,
  notifications,
  subscriberComponents,
  subscribers,
} from '../../src/db/schema.ts';
import { systemActor } from '../../src/events/types.ts';
import { readCsv } from '../../src/importer/csv.ts';
import { addConfirmed, removeSubscriber } from '../../src/subscribers/service.ts';
import { temporaryFolder } from '../support/kernel.ts';
import { newHouse } from './house.ts';
import { ids, publicDocuments, serveDocuments } from './statuspage.ts';

function csv(text: string): string {
  const file = join(temporaryFolder(), 'subscribers.csv');
  writeFileSync(file, text);
  return file;
}

async function rowsOf(text: string) {
  const rows = [];
  for await (const row of readCsv(csv(text))) {
    rows.push(row.kind === 'subscriber' ? [row.email, ...row.components] : row.kind);
  }
  return rows;
}

it.each([
  [
    'an export',
    'mode,email,components\nemail,a@x.test,\nemail,b@x.test,"Shop, Shop API"\nsms,+1 555,\n',
    [['a@x.test'], ['b@x.test', 'Shop', 'Shop API'], 'other'],
  ],
  ['other heads', 'Subscriber Type;x\n', ['unreadable']],
  [
    'states',
    'Email,State\na@x.test,active\nb@x.test,unconfirmed\nc@x.test,Quarantined\nd@x.test,\n',
    [['a@x.test'], 'inactive', 'inactive', ['d@x.test']],
  ],
  [
    'a date of quarantine',
    'email,quarantined_at\na@x.test,\nb@x.test,2026-01-01\n',
    [['a@x.test'], 'inactive'],
  ],
  [
    'the import template',
    'email,a@x.test,yes\nsms,2025550105,US\nwebhook,https://x.test/hook,b@x.test\n',
    [['a@x.test'], 'other', 'other'],
  ],
  [
    'addresses alone',
    'a@x.test\nnonsense\n"b@x.test"\n',
    [['a@x.test'], 'unreadable', ['b@x.test']],
  ],
  ['a mark of bytes and returns', '\ufeffemail\r\na@x.test\r\n\r\n', [['a@x.test']]],
  ['all components', 'email,components\na@x.test,All components\n', [['a@x.test']]],
  [
    'ids in a list',
    'email,component_ids\na@x.test,"[""bhp1shpcmpnt"",""bhp2pcmpnnt0""]"\n',
    [['a@x.test', 'bhp1shpcmpnt', 'bhp2pcmpnnt0']],
  ],
])('%s', async (_, text, rows) => expect(await rowsOf(text)).toEqual(rows));

it('comes with the page, marked as confirmed elsewhere, without a mail', async () => {
  const { kernel, run } = await newHouse();
  const { read } = kernel.db;
  await kernel.db.write((tx) =>
    addConfirmed(tx, kernel, systemActor, ['known@x.test', 'erased@x.test']),
  );
  const [, erased] = await read.select().from(subscribers).orderBy(asc(subscribers.id));
  await removeSubscriber(kernel, systemActor, erased?.id ?? 0, { suppress: true });
  const theirs = await serveDocuments(publicDocuments());
  const file = csv(
    [
      'mode,email,components',
      'email,new@x.test,',
      `email,shop@x.test,"Shop;${ids.lone}"`,
      'email,lost@x.test,Long gone',
      'email,KNOWN@x.test,',
      'email,erased@x.test,',
      'email,new@x.test,',
      'slack,#status,',
    ].join('\n'),
  );
  const preview = await run(theirs.url, '--subscribers', file, '--preview');
  expect(preview).toContain('subscribers: ');
  expect(await read.select().from(subscribers)).toHaveLength(1);

  const said = await run(theirs.url, '--subscribers', file);
  expect(said).toContain(
    'subscribers: 2 added, 2 here already, 1 must not be mailed, 1 not by email, 1 chose only components that are not here',
  );
  const rows = await read.select().from(subscribers).orderBy(asc(subscribers.id));
  expect(rows.map(({ email, state }) => [email, state])).toEqual([
    ['known@x.test', 'confirmed'],
    ['new@x.test', 'confirmed'],
    ['shop@x.test', 'confirmed'],
  ]);
  expect(rows[0]?.consent).toBeNull();
  expect(rows[1]?.consent?.text).toBe(
    `Confirmed elsewhere: imported from ${new URL(theirs.url).host} on 2026-11-22`,
  );
  const chosen = await read
    .select({ name: components.name })
    .from(subscriberComponents)
    .innerJoin(components, eq(components.id, subscriberComponents.componentId))
    .orderBy(asc(components.name));
  expect(chosen.map(({ name }) => name)).toEqual(['Shop', 'Warehouse']);
  expect(await read.select().from(notifications)).toEqual([]);

  expect(await run(theirs.url, '--subscribers', file)).toContain(
    'subscribers: 0 added, 4 here already',
  );
});
