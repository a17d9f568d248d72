// All subscribers as CSV, streamed page by page.
import { append } from '../events/service.ts';
import { listNewest } from '../subscribers/service.ts';
import type { SubscriberRow } from '../subscribers/types.ts';
import type { Context, Site } from '../web/types.ts';
import { csvHeaders, csvStream } from './csv.ts';

const pageSize = 1000;

const columns: [name: string, value: (row: SubscriberRow) => string][] = [
  ['email', (row) => row.email],
  ['state', (row) => row.state],
  ['topics', (row) => row.topics.join(' ')],
  ['components', (row) => row.components.map(({ name }) => name).join(', ')],
  ['incidents', (row) => row.incidents.map(({ id }) => id).join(' ')],
  ['created_at', (row) => row.createdAt.toISOString()],
  ['confirmed_at', (row) => row.confirmedAt?.toISOString() ?? ''],
];

/** A POST, because it is written down who took the list along. */
export async function exportSubscribers(c: Context, site: Site): Promise<Response> {
  const { kernel } = site;
  await kernel.db.write((tx) =>
    append(tx, kernel.clock, c.get('actor'), {
      kind: 'subscribers.exported',
      subject: 'subscriber',
    }),
  );
  const day = kernel.clock.now().toISOString().slice(0, 10);
  const header = columns.map(([name]) => name);
  return c.body(csvStream(header, pages(site)), 200, csvHeaders(`subscribers-${day}.csv`));
}

async function* pages({ kernel }: Site): AsyncGenerator<string[][]> {
  let after: number | undefined;
  for (;;) {
    const rows = await listNewest(kernel.db.read, {}, { after, limit: pageSize });
    if (rows.length > 0) yield rows.map((row) => columns.map(([, value]) => value(row)));
    if (rows.length < pageSize) return;
    after = rows.at(-1)?.id;
  }
}
