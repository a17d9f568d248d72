// The public surface: a route for every document of the catalogue, and visitors' forms.
import { notFound } from '../shared/errors.ts';
import { startOfDay } from '../shared/time.ts';
import type { PublicSnapshot } from '../status/types.ts';
import type { Context, Route, Site } from '../web/types.ts';
import { fixedDocuments, rareDocuments } from './catalogue.ts';
import { answer, remember } from './documents.ts';
import { visitorRoutes } from './subscribe.ts';
import type { Document } from './types.ts';

export function publicRoutes(site: Site): Route[] {
  const { read } = site.kernel.db;
  return [
    ...Object.entries(fixedDocuments).map(([path, make]) => documentRoute(site, path, make)),
    ...rareDocuments.map(({ path, make }) =>
      documentRoute(site, path, (snapshot, c) => make(read, snapshot, valueIn(c))),
    ),
    ...visitorRoutes(site),
  ];
}

/** The path's one parameter; empty where it has none. */
const valueIn = (c: Context) => Object.values(c.req.param() as Record<string, string>)[0] ?? '';

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
