// The public surface: every path, and the document or form that answers it.
import { notFound } from '../shared/errors.ts';
import { publicIdPattern } from '../shared/ids.ts';
import { startOfDay } from '../shared/time.ts';
import { readPublicIncident, readPublicMonth, readPublicMonths } from '../status/service.ts';
import type { PublicSnapshot } from '../status/types.ts';
import type { Context, Route, Site } from '../web/types.ts';
import { answer, type Document, remember } from './documents.ts';
import { feedDocuments } from './feeds.ts';
import { historyPage, homePage, incidentPage, monthPage } from './pages.ts';
import { subscribePage, visitorRoutes } from './subscribe.ts';
import { v2Documents } from './v2.ts';

/** Documents that the snapshot alone decides, by path. */
const fixedDocuments: Record<string, (snapshot: PublicSnapshot) => Document> = {
  '/': homePage,
  '/subscribe': subscribePage,
  ...underPath('/', feedDocuments),
  ...underPath('/api/v2/', v2Documents),
};

export function publicRoutes(site: Site): Route[] {
  const fixed = Object.entries(fixedDocuments).map(([path, make]) =>
    documentRoute(site, path, (snapshot) => make(snapshot)),
  );
  return [
    ...fixed,
    documentRoute(site, '/incidents/:id', (snapshot, c) => incident(site, snapshot, c)),
    documentRoute(site, '/history', async (snapshot) =>
      historyPage(snapshot, await readPublicMonths(site.kernel.db.read, snapshot.today)),
    ),
    documentRoute(site, '/history/:month', (snapshot, c) => month(site, snapshot, c)),
    ...visitorRoutes(site),
  ];
}

type Make = (
  snapshot: PublicSnapshot,
  c: Context,
) => Document | undefined | Promise<Document | undefined>;

function documentRoute(site: Site, path: string, make: Make): Route {
  return {
    method: 'GET',
    path,
    surface: 'public',
    needs: null,
    async handle(c) {
      const snapshot = site.snapshots.current();
      const prepared = await remember(snapshot, c.req.path, modifiedAt(snapshot), () =>
        make(snapshot, c),
      );
      if (!prepared) throw notFound('page');
      return answer(c, prepared, site.kernel.clock.now());
    },
  };
}

/** Something public changed, or a new day began on the page. */
function modifiedAt(snapshot: PublicSnapshot): Date {
  const { updatedAt, timeZone } = snapshot.page;
  const dayBegan = startOfDay(timeZone, snapshot.today);
  return dayBegan > updatedAt ? dayBegan : updatedAt;
}

async function incident(site: Site, snapshot: PublicSnapshot, c: Context) {
  const id = c.req.param('id') ?? '';
  if (!publicIdPattern.test(id)) return undefined;
  const recent = snapshot.recentIncidents.find((one) => one.id === id);
  const found = recent ?? (await readPublicIncident(site.kernel.db.read, id));
  return found && incidentPage(snapshot, found);
}

/** Only months from the first incident to this one exist, so that nobody can ask for endless pages. */
async function month(site: Site, snapshot: PublicSnapshot, c: Context) {
  const name = c.req.param('month') ?? '';
  if (!/^\d{4}-\d{2}$/.test(name)) return undefined;
  const months = await readPublicMonths(site.kernel.db.read, snapshot.today);
  if (!months.some((one) => one.month === name)) return undefined;
  return monthPage(snapshot, months, name, await readPublicMonth(site.kernel.db.read, name));
}

function underPath<T>(prefix: string, documents: Record<string, T>): Record<string, T> {
  return Object.fromEntries(
    Object.entries(documents).map(([name, make]) => [`${prefix}${name}`, make]),
  );
}
