// The history: an overview of months, and each month's days.
import type { PublicMonth } from '../status/types.ts';
import { eventfulDays, type Past } from './days.ts';
import type { Edition } from './editions.ts';
import { pageIn } from './pages.ts';
import type { Document } from './types.ts';

/** `json` is the newest months as `/history.json` tells them, for programs that read this page's markup. */
export function historyPage(edition: Edition, months: PublicMonth[], json: string): Document {
  const { snapshot, speech } = edition;
  const { t } = speech;
  const years = [...new Set(months.map(({ month }) => month.slice(0, 4)))];
  const most = Math.max(1, ...months.map((one) => one.incidents));
  const title = `${t('page:incident_history')} · ${snapshot.page.name}`;
  const model = {
    json,
    years: years.map((year) => ({
      year,
      months: months
        .filter(({ month }) => month.startsWith(year))
        .map((one) => ({
          url: edition.href(`/history/${one.month}`),
          name: speech.monthAlone(one.month),
          counts: countsOf(edition, one),
          /** Tenths of the month with most incidents: how long its bar is. */
          weight: Math.ceil((one.incidents / most) * 10),
        })),
    })),
  };
  return pageIn(edition, 'public/history', title, model, { path: '/history' });
}

function countsOf({ speech: { t } }: Edition, { incidents, maintenances }: PublicMonth): string {
  const parts = [
    ...(incidents > 0 ? [t('page:incidents', { count: incidents })] : []),
    ...(maintenances > 0 ? [t('page:maintenances', { count: maintenances })] : []),
  ];
  return parts.length > 0 ? parts.join(', ') : t('page:nothing');
}

export function monthPage(
  edition: Edition,
  months: PublicMonth[],
  month: string,
  past: Past,
): Document {
  const { snapshot, speech } = edition;
  const index = months.findIndex((one) => one.month === month);
  const link = (one: PublicMonth | undefined) =>
    one && { url: edition.href(`/history/${one.month}`), name: speech.month(one.month) };
  const title = `${speech.month(month)} · ${snapshot.page.name}`;
  const model = {
    name: speech.month(month),
    days: eventfulDays(edition, past),
    earlier: link(months[index + 1]),
    later: index > 0 ? link(months[index - 1]) : undefined,
  };
  return pageIn(edition, 'public/month', title, model, {
    path: `/history/${month}`,
    summary: `${speech.t('page:incidents_of', { month: speech.month(month) })}.`,
  });
}
