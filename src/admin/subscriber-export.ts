// All subscribers as CSV, streamed page by page. Cells that a spreadsheet would run are made plain text (S-38).
import { append } from '../events/service.ts';
import { listNewest } from '../subscribers/service.ts';
import type { SubscriberRow } from '../subscribers/types.ts';
import type { Context, Site } from '../web/types.ts';

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
  return c.body(stream(site), 200, {
    'Content-Type': 'text/csv; charset=utf-8',
    'Content-Disposition': `attachment; filename="subscribers-${day}.csv"`,
  });
}

function stream({ kernel }: Site): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let after: number | undefined;
  return new ReadableStream({
    start: (controller) => controller.enqueue(encoder.encode(line(columns.map(([name]) => name)))),
    async pull(controller) {
      const rows = await listNewest(kernel.db.read, {}, { after, limit: pageSize });
      after = rows.at(-1)?.id;
      const text = rows.map((row) => line(columns.map(([, value]) => value(row)))).join('');
      if (text !== '') controller.enqueue(encoder.encode(text));
      if (rows.length < pageSize) controller.close();
    },
  });
}

const line = (cells: string[]) => `${cells.map(csvCell).join(',')}\r\n`;

/** Quoted always; what begins like a formula begins with an apostrophe instead. */
const csvCell = (text: string) =>
  `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
