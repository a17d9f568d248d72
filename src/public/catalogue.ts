// Every public document there is, by path. Whatever is not listed here is not public.
import { publicIdPattern } from '../shared/ids.ts';
import { readPublicIncident, readPublicMonth, readPublicMonths } from '../status/service.ts';
import { feedDocuments } from './feeds.ts';
import { historyPage, homePage, incidentPage, monthPage } from './pages.ts';
import { subscribePage } from './subscribe.ts';
import type { FixedDocuments, RareDocuments } from './types.ts';
import { v2Documents } from './v2.ts';

export const fixedDocuments: FixedDocuments = {
  '/': homePage,
  '/subscribe': subscribePage,
  ...below('/', feedDocuments),
  ...below('/api/v2/', v2Documents),
};

export const rareDocuments: RareDocuments[] = [
  {
    path: '/incidents/:id',
    async make(reader, snapshot, id) {
      if (!publicIdPattern.test(id)) return undefined;
      const recent = snapshot.recentIncidents.find((one) => one.id === id);
      const found = recent ?? (await readPublicIncident(reader, id));
      return found && incidentPage(snapshot, found);
    },
  },
  {
    path: '/history',
    make: async (reader, snapshot) =>
      historyPage(snapshot, await readPublicMonths(reader, snapshot.today)),
  },
  {
    path: '/history/:month',
    // Only months from the first incident to this one exist: nobody can ask for endless pages.
    async make(reader, snapshot, month) {
      if (!/^\d{4}-\d{2}$/.test(month)) return undefined;
      const months = await readPublicMonths(reader, snapshot.today);
      if (!months.some((one) => one.month === month)) return undefined;
      return monthPage(snapshot, months, month, await readPublicMonth(reader, month));
    },
  },
];

function below(prefix: string, documents: FixedDocuments): FixedDocuments {
  return Object.fromEntries(
    Object.entries(documents).map(([name, make]) => [`${prefix}${name}`, make]),
  );
}
