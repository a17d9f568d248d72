// Every public document there is at this moment, with its address: what a whole copy of the page holds.
import type { Reader } from '../db/tx.ts';
import { fixedDocuments, rareDocuments } from '../public/catalogue.ts';
import type { Document } from '../public/types.ts';
import {
  readPublicMonth,
  readPublicMonthMaintenances,
  readPublicMonths,
} from '../status/service.ts';
import type { PublicSnapshot } from '../status/types.ts';

export interface Page {
  /** `/incidents/p31zjtct2jer` */
  path: string;
  document: Document;
}

/** One after another: a long history is never in memory at once. What is read most comes first. */
export async function* everyPage(reader: Reader, snapshot: PublicSnapshot): AsyncGenerator<Page> {
  for (const [path, make] of Object.entries(fixedDocuments)) {
    yield { path, document: make(snapshot) };
  }
  const months = await readPublicMonths(reader, snapshot.today);
  const open = [...snapshot.recentIncidents, ...snapshot.openIncidents].map((one) => one.id);
  const planned = snapshot.recentMaintenances.map((one) => one.id);
  yield* pagesNamed(reader, snapshot, {
    '/history.json': [''],
    '/history': [''],
    '/history/:month': months.map(({ month }) => month),
    '/components/:id': snapshot.components.map(({ id }) => id),
    ...stories(open, planned),
  });
  for (const { month } of months) {
    const incidents = (await readPublicMonth(reader, month)).map((one) => one.id);
    const maintenances = (await readPublicMonthMaintenances(reader, month)).map((one) => one.id);
    yield* pagesNamed(reader, snapshot, stories(incidents, maintenances));
  }
}

type Values = Record<string, string[]>;

/** As pages, and as the JSON that Statuspage's readers ask for at the same address. */
const stories = (incidents: string[], maintenances: string[]): Values => ({
  '/incidents/:id': [...incidents, ...maintenances].flatMap((id) => [id, `${id}.json`]),
  '/maintenance/:id': maintenances,
});

async function* pagesNamed(
  reader: Reader,
  snapshot: PublicSnapshot,
  values: Values,
): AsyncGenerator<Page> {
  for (const { path, make } of rareDocuments) {
    const [, own = path] = /^\/[a-z]{2}(?:-[A-Za-z]+)?(\/.*)$/.exec(path) ?? [];
    for (const value of values[path] ?? values[own] ?? []) {
      const document = await make(reader, snapshot, value);
      if (document) yield { path: path.replace(/:\w+/, () => value), document };
    }
  }
}
