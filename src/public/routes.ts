// The public surface: every path, and the document or form that answers it.
import { notFound } from '../shared/errors.ts';
import { publicIdPattern } from '../shared/ids.ts';
import { startOfDay } from '../shared/time.ts';
import { readPublicIncident, readPublicMonth, readPublicMonths } from '../status/service.ts';
import type { PublicSnapshot } from '../status/types.ts';
import type { Context, Method, Route, Site } from '../web/types.ts';
import { answer, type Document, remember } from './documents.ts';
import { feedDocuments } from './feeds.ts';
import { missing } from './notices.ts';
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
  const fixed = Object.entries(fixedDocuments).flatMap(([path, make]) =>
    spellingsOf(path).map((spelling) =>
      documentRoute(site, spelling, (snapshot) => make(snapshot)),
    ),
  );
  const offered = [
    ...fixed,
    documentRoute(site, '/incidents/:id', (snapshot, c) => incident(site, snapshot, c)),
    documentRoute(site, '/history', async (snapshot) =>
      historyPage(snapshot, await readPublicMonths(site.kernel.db.read, snapshot.today)),
    ),
    documentRoute(site, '/history/:month', (snapshot, c) => month(site, snapshot, c)),
    ...visitorRoutes(site),
  ];
  return [...offered, ...refusals(offered), nothingUnder(site, '/api/v2/*')];
}

/** Clients of Statuspage's API join a base address that ends in a slash with a path that begins with one. */
const spellingsOf = (path: string) => (path.startsWith('/api/') ? [path, `/${path}`] : [path]);

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

const writing: Method[] = ['POST', 'PUT', 'PATCH', 'DELETE'];

/** What a path does not offer is refused as such, so that nobody takes the path for missing. */
function refusals(offered: Route[]): Route[] {
  return [...new Set(offered.map(({ path }) => path))].flatMap((path) => {
    const methods = offered.filter((route) => route.path === path).map(({ method }) => method);
    const allow = methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
    return writing
      .filter((method) => !methods.includes(method))
      .map((method): Route => ({
        ...{ method, path, surface: 'public', needs: null },
        handle: (c) => c.text('Not allowed.\n', 405, { Allow: allow.join(', ') }),
      }));
  });
}

/** Readers of an API tell a wrong path by its status; the answer is a page, as Statuspage's is. */
const nothingUnder = (site: Site, path: string): Route => ({
  ...{ method: 'GET', path, surface: 'public', needs: null },
  handle: (c) => missing(site, c),
});

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
