// A page read through the management API v1 with a key: all of it, its subscribers too.
import { gather, isFields } from './documents.ts';
import { FetchFault, fetchJson, type Outside } from './fetch.ts';
import { always, type Gathered, nothingGathered } from './types.ts';

export interface ManagementSource {
  /** `https://api.statuspage.io/v1`, or another that speaks like it. */
  api: string;
  key: string;
  pageId: string;
}

export const statuspageApi = 'https://api.statuspage.io/v1';

const pageSize = 100;
/** Nobody has more; a server that answers the same page for ever has to end somewhere. */
const mostPages = 20_000;

export async function gatherManaged(
  outside: Outside,
  source: ManagementSource,
  since: Date | undefined,
): Promise<Gathered> {
  const gathered = nothingGathered();
  const read = reader(outside, source);
  const page = await read('').catch(missing);
  if (page !== undefined) gather(gathered, page);
  const all = (path: string, size: 'per_page' | 'limit', first = 1) =>
    gatherAll(gathered, (n) => read(`${path}?${size}=${pageSize}&page=${n}`), { first, since });

  await all('/components', 'per_page');
  await optionally(gathered, 'component groups', () => all('/component-groups', 'per_page'));
  outside.say('Reading incidents …');
  await all('/incidents', 'limit');
  gathered.knownSince = since ?? always;
  outside.say(`${gathered.incidents.size} incidents and maintenances. Reading subscribers …`);
  await optionally(gathered, 'subscribers', () => all('/subscribers', 'limit', 0));
  return gathered;
}

function reader(outside: Outside, { api, key, pageId }: ManagementSource) {
  const base = `${apiBase(api)}/pages/${encodeURIComponent(pageId)}`;
  return (path: string) => fetchJson(outside, `${base}${path}`, { Authorization: `OAuth ${key}` });
}

/** The API's own path may be left out of its address. */
export function apiBase(address: string): string {
  const trimmed = address.replace(/\/+$/, '');
  return trimmed.endsWith('/v1') ? trimmed : `${trimmed}/v1`;
}

/** Page after page until one is shorter than was asked for, or all of one is older than `since`. */
async function gatherAll(
  gathered: Gathered,
  read: (page: number) => Promise<unknown>,
  { first, since }: { first: number; since: Date | undefined },
): Promise<void> {
  for (let page = first; page < first + mostPages; page += 1) {
    const list = await read(page);
    if (!Array.isArray(list))
      throw new FetchFault('The API answers with something else than a list.');
    gather(gathered, list);
    if (list.length < pageSize || (since && list.every((one) => isOlder(one, since)))) return;
  }
}

const isOlder = (entity: unknown, since: Date) =>
  isFields(entity) &&
  Array.isArray(entity['incident_updates']) &&
  Date.parse(String(entity['created_at'])) < since.getTime();

async function optionally(
  gathered: Gathered,
  what: string,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof FetchFault)) throw error;
    gathered.warnings.push(`The ${what} could not be read. ${error.message}`);
  }
}

/** A server may not speak of the page itself; a refused key is another matter. */
const missing = (error: unknown): undefined => {
  if (error instanceof FetchFault && error.status === 404) return undefined;
  throw error;
};
