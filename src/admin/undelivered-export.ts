// Who did not get a message and why, as CSV, streamed page by page.
import { append } from '../events/service.ts';
import { eachUndelivered, notificationDetail } from '../notifications/progress.ts';
import type { Undelivered } from '../notifications/types.ts';
import { returnsOf } from '../returns/store.ts';
import type { ReturnedRow } from '../returns/types.ts';
import type { Context, Site } from '../web/types.ts';
import { csvHeaders, csvStream } from './csv.ts';
import { deliveryLabels } from './labels.ts';
import { type AddressShown, addressShown, reasonWords, returnWords } from './missed.ts';

const pageSize = 1000;
const header = ['address', 'outcome', 'reason', 'answer', 'tries'];

/** A POST, because it is written down who took the list along. Full addresses are for admins only. */
export async function exportUndelivered(c: Context, site: Site, id: number): Promise<Response> {
  const { kernel } = site;
  const { incidentId } = await notificationDetail(kernel.db.read, id);
  const shown = addressShown(c);
  await kernel.db.write((tx) =>
    append(tx, kernel.clock, c.get('actor'), {
      kind: 'notification.exported',
      subject: 'notification',
      subjectId: id,
      incidentId,
      data: { addresses: shown.mayRead ? 'full' : 'masked' },
    }),
  );
  const day = kernel.clock.now().toISOString().slice(0, 10);
  const file = `undelivered-${id}-${day}.csv`;
  return c.body(csvStream(header, pages(site, id, shown)), 200, csvHeaders(file));
}

/** First who was never accepted, then whose mail was accepted and came back. */
async function* pages(
  { kernel }: Site,
  id: number,
  shown: AddressShown,
): AsyncGenerator<string[][]> {
  const reader = kernel.db.read;
  for await (const rows of eachUndelivered(reader, id)) {
    yield rows.map((row) => missedCells(row, shown));
  }
  for (let after = 0; ;) {
    const rows = await returnsOf(reader, id, { after, limit: pageSize });
    if (rows.length > 0) yield rows.map((row) => returnedCells(row, shown));
    if (rows.length < pageSize) return;
    after = rows.at(-1)?.recipientId ?? after;
  }
}

function missedCells(row: Undelivered, { show }: AddressShown): string[] {
  const { words, answer } = reasonWords(row);
  return [show(row.email), deliveryLabels[row.state], words, answer, String(row.attempts)];
}

function returnedCells(row: ReturnedRow, { show }: AddressShown): string[] {
  const { words, answer } = returnWords(row);
  return [show(row.email), 'Came back', words, answer, ''];
}
