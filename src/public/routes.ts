// The public surface: a route for every document of the catalogue, and visitors' forms. Most requests for
// documents never come here: the wire answers them from the same bytes.
import { notFound } from '../shared/errors.ts';
import type { Context, Route, Site } from '../web/types.ts';
import type { PublicBytes } from './bytes.ts';
import { fixedDocuments, rareDocuments } from './catalogue.ts';
import type { Wanted } from './document-set.ts';
import { answer, type Prepared } from './documents.ts';
import { visitorRoutes } from './subscribe.ts';
import type { RareDocuments } from './types.ts';

export function publicRoutes(site: Site, bytes: PublicBytes): Route[] {
  return [
    ...Object.keys(fixedDocuments).map((path) =>
      documentRoute(site, path, () => bytes.fixed(path)),
    ),
    ...rareDocuments.map((among) =>
      documentRoute(site, among.path, (c) => bytes.rare(wantedOf(c, among))),
    ),
    ...visitorRoutes(site),
  ];
}

/** Which one is asked for, at its address without whatever changes nothing. */
function wantedOf(c: Context, among: RareDocuments): Wanted {
  const { path } = c.req;
  if (among.query === undefined) {
    const [value = ''] = Object.values(c.req.param() as Record<string, string>);
    return { among, path, value };
  }
  const value = c.req.query(among.query) ?? '';
  // Never the bare path: the wire looks at no query and must leave these to the router.
  return { among, path: `${path}?${value}`, value };
}

function documentRoute(
  site: Site,
  path: string,
  find: (c: Context) => Promise<Prepared | undefined>,
): Route {
  return {
    method: 'GET',
    path,
    surface: 'public',
    needs: null,
    async handle(c) {
      const prepared = await find(c);
      if (!prepared) throw notFound('page');
      return answer(c, prepared, site.kernel.clock);
    },
  };
}
