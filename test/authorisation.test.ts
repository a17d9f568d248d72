// S-20: who may do what, committed route by route, and held against the routes that are really served.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Driver } from '../src/db/driver.ts';
import { describe, expect, it } from 'vitest';
import { databaseFile } from '../src/db/open.ts';
import { eventsAfter } from '../src/events/store.ts';
import { sha256 } from '../src/shared/ids.ts';
import type { Route } from '../src/web/types.ts';
import { amountsTo, demanded, everybody, startWhole } from './support/matrix.ts';

/** `METHOD path  surface  needs`, in the order of the file. */
const committed = readFileSync(join(import.meta.dirname, 'authorisation.txt'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => line.split(/\s+/).join(' '));

const described = (route: Route) =>
  `${route.method} ${route.path} ${route.surface} ${route.needs ?? 'nothing'}`;

describe('the matrix', () => {
  it('names every route there is, and none that is not', async () => {
    const { routes } = await startWhole();
    const served = routes.map(described);
    expect(served.toSorted()).toEqual(committed.toSorted());
  });

  it('needs a capability on every route of the desk and the API but the doors', () => {
    const open = committed.filter((line) => / (desk|api) nothing$/.test(line));
    expect(open).toEqual([
      'GET /admin/set-up/:token desk nothing',
      'POST /admin/set-up/:token desk nothing',
      'GET /admin/sign-in desk nothing',
      'POST /admin/sign-in desk nothing',
    ]);
  });

  it('lets nothing but reading be done on public routes', () => {
    expect(
      committed.filter((line) => / (public|system) /.test(line) && !line.startsWith('GET ')),
    ).toEqual([]);
  });

  it('is what every route does to everybody', { timeout: 120_000 }, async () => {
    const { site, routes, knock } = await startWhole();
    const people = await everybody(site);
    const differences: string[] = [];
    let refused = 0;
    for (const route of routes) {
      for (const who of people) {
        const answer = await knock(route, who);
        const wanted = demanded(route, who);
        const actual = amountsTo(answer);
        if (wanted === 403) refused += 1;
        if (actual !== wanted) {
          differences.push(
            `${described(route)}, ${who.name}: ${actual} (${answer.status}), not ${wanted}`,
          );
        }
      }
    }
    expect(differences).toEqual([]);
    const events = await eventsAfter(site.kernel.db.read, 0, 100_000);
    expect(events.filter((event) => event.kind === 'access.refused')).toHaveLength(refused);
  });
});

it(
  'reading changes nothing: no GET, HEAD or OPTIONS moves a table (S-60)',
  { timeout: 120_000 },
  async () => {
    const { site, routes, knock } = await startWhole();
    const people = (await everybody(site)).filter(({ name }) =>
      ['anonymous', 'admin', 'token of admin'].includes(name),
    );
    // Made before the count, used for all: a session of its own for each request would be a change.
    const ready = await Promise.all(
      people.map(async (who) => {
        const credentials = await who.credentials();
        return { ...who, credentials: async () => credentials };
      }),
    );
    const before = contents(site.kernel.dataDir);
    for (const route of routes.filter(({ method }) => method === 'GET')) {
      for (const who of ready) {
        for (const method of ['GET', 'HEAD', 'OPTIONS']) await knock(route, who, method);
      }
    }
    expect(contents(site.kernel.dataDir)).toEqual(before);
  },
);

/** A fingerprint of each table; when somebody was last seen and how often they tried are told apart. */
function contents(dataDir: string): Record<string, string> {
  const connection = new Driver(databaseFile(dataDir), { readonly: true });
  try {
    const names = connection
      .prepare("select name from sqlite_schema where type = 'table' order by name")
      .pluck()
      .all() as string[];
    const watched = names.filter(
      (name) => !['sessions', 'api_tokens', 'rate_windows'].includes(name),
    );
    return Object.fromEntries(
      watched.map((name) => [
        name,
        sha256(JSON.stringify(connection.prepare(`select * from "${name}"`).raw().all())),
      ]),
    );
  } finally {
    connection.close();
  }
}
