// Every page that is the same for all visitors, in every language there are words for.
import type { Language } from '../web/language.ts';
import { componentPage } from './component-page.ts';
import { type Edition, editionOf, pathIn } from './editions.ts';
import { historyOf } from './history-json.ts';
import { historyPage, monthPage } from './history-pages.ts';
import { homeOf, homePage, liveDocument } from './home.ts';
import { incidentPage, maintenancePage } from './incident-pages.ts';
import {
  readPublicMonth,
  readPublicMonthMaintenances,
  readPublicMonths,
} from '../status/service.ts';
import type { PublicSnapshot } from '../status/types.ts';
import { findIncident, findMaintenance, storyJson } from './stories.ts';
import { subscribePage } from './subscribe-page.ts';
import type { FixedDocuments, RareDocuments } from './types.ts';

/** The pages that the snapshot alone decides. The default language's front page is made once, for `/live.json` too. */
export const fixedPages = (all: Language[]): FixedDocuments => ({
  '/live.json': liveDocument,
  ...Object.fromEntries(
    all.flatMap((language, i) => {
      const edition = (snapshot: PublicSnapshot) => editionOf(snapshot, language, all);
      const home = (snapshot: PublicSnapshot) => homePage(edition(snapshot));
      return [
        [pathIn(language.locale, '/'), i === 0 && all.length === 1 ? homeOf : home],
        [
          pathIn(language.locale, '/subscribe'),
          (snapshot: PublicSnapshot) => subscribePage(snapshot, edition(snapshot)),
        ],
      ];
    }),
  ),
});

/** The pages of single incidents, maintenances, components and months. */
export const rarePages = (all: Language[]): RareDocuments[] =>
  all.flatMap((language) => {
    const edition = (snapshot: PublicSnapshot) => editionOf(snapshot, language, all);
    return pagesOf(edition).map((one) => ({ ...one, path: pathIn(language.locale, one.path) }));
  });

const warmIncidents = 3;

const pagesOf = (edition: (snapshot: PublicSnapshot) => Edition): RareDocuments[] => [
  {
    path: '/incidents/:id',
    // Statuspage tells of maintenances here too, and of either as JSON.
    async make(reader, snapshot, value) {
      if (value.endsWith('.json')) return storyJson(reader, snapshot, value.slice(0, -5));
      const found = await findIncident(reader, snapshot, value);
      if (found) return incidentPage(edition(snapshot), found);
      const maintenance = await findMaintenance(reader, snapshot, value);
      return maintenance && maintenancePage(edition(snapshot), maintenance);
    },
    // What the mails of these days link to.
    warm: ({ openIncidents, recentIncidents }) => [
      ...new Set(
        [...openIncidents, ...recentIncidents.slice(0, warmIncidents)].map(({ id }) => id),
      ),
    ],
  },
  {
    path: '/maintenance/:id',
    async make(reader, snapshot, id) {
      const found = await findMaintenance(reader, snapshot, id);
      return found && maintenancePage(edition(snapshot), found);
    },
  },
  {
    path: '/components/:id',
    make(_reader, snapshot, id) {
      const found = snapshot.components.find((one) => one.id === id);
      return found && componentPage(edition(snapshot), found);
    },
  },
  {
    path: '/history',
    async make(reader, snapshot) {
      const months = await readPublicMonths(reader, snapshot.today);
      const json = JSON.stringify(await historyOf(reader, snapshot, 1));
      return historyPage(edition(snapshot), months, json);
    },
  },
  {
    path: '/history/:month',
    // Only months from the first incident to this one exist: nobody can ask for endless pages.
    async make(reader, snapshot, month) {
      if (!/^\d{4}-\d{2}$/.test(month)) return undefined;
      const months = await readPublicMonths(reader, snapshot.today);
      if (!months.some((one) => one.month === month)) return undefined;
      return monthPage(edition(snapshot), months, month, {
        incidents: await readPublicMonth(reader, month),
        maintenances: await readPublicMonthMaintenances(reader, month),
      });
    },
  },
];
