// `/history.json`: Statuspage's list of what is past, three months a page, which tools read to the end.
import type { Reader } from '../db/tx.ts';
import {
  readPublicMonth,
  readPublicMonthMaintenances,
  readPublicMonths,
} from '../status/service.ts';
import type { PublicSnapshot } from '../status/types.ts';
import { historySpanHtml } from './statuspage-times.ts';
import type { RareDocuments } from './types.ts';
import { isMaintenance, type Told } from './v2-objects.ts';
import { statuspageJson, told } from './v2.ts';

const monthsOnPage = 3;
/** A hundred years: nobody's history, and so few values that nothing kept by them grows. */
const lastPage = 400;

export const historyJsonDocument: RareDocuments = {
  path: '/history.json',
  query: 'page',
  async make(reader, snapshot, value) {
    const page = pageIn(value);
    if (page === undefined) return undefined;
    return statuspageJson(await historyOf(reader, snapshot, page));
  },
};

/** The first page unless told; undefined for what is no number, or a larger one than there can be. */
function pageIn(value: string): number | undefined {
  if (value === '') return 1;
  return /^[1-9]\d{0,2}$/.test(value) && Number(value) <= lastPage ? Number(value) : undefined;
}

/**
 * The months of a page, newest first; none past the first month of the record, which is where clients
 * stop. Also what Statuspage's own history page carries in its `data-react-props`.
 */
export async function historyOf(reader: Reader, snapshot: PublicSnapshot, page: number) {
  const months = await readPublicMonths(reader, snapshot.today);
  const shown = months.slice((page - 1) * monthsOnPage, page * monthsOnPage);
  return {
    months: await Promise.all(shown.map(({ month }) => monthJson(reader, snapshot, month))),
  };
}

async function monthJson(reader: Reader, snapshot: PublicSnapshot, month: string) {
  const stories: Told[] = [
    ...(await readPublicMonth(reader, month)),
    ...told(await readPublicMonthMaintenances(reader, month)),
  ];
  return {
    name: monthNames[Number(month.slice(5)) - 1] ?? '',
    year: Number(month.slice(0, 4)),
    incidents: stories
      .toSorted((a, b) => beganAt(b).getTime() - beganAt(a).getTime())
      .map((one) => entryJson(snapshot, one)),
  };
}

const entryJson = (snapshot: PublicSnapshot, one: Told) => ({
  code: one.id,
  name: one.title,
  message: one.updates[0]?.body ?? '',
  impact: isMaintenance(one) ? 'maintenance' : one.impact,
  timestamp: historySpanHtml(snapshot.page.timeZone, beganAt(one), endedAt(one)),
});

const beganAt = (one: Told) => (isMaintenance(one) ? one.scheduledFor : one.startedAt);

const endedAt = (one: Told) => (isMaintenance(one) ? one.scheduledUntil : one.resolvedAt);

const monthNames =
  'January February March April May June July August September October November December'.split(
    ' ',
  );
