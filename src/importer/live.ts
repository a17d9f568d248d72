// A live page, read through its public API v2; what is older than its newest incidents through its history.
import { gather, isFields, longer, reachOf } from './documents.ts';
import { FetchFault, fetchJson, type Outside } from './fetch.ts';
import { always, type Gathered, nothingGathered } from './types.ts';

/** The page at `address`: its base, or the address of any of its documents. */
export async function gatherLive(
  outside: Outside,
  address: string,
  since: Date | undefined,
): Promise<Gathered> {
  const base = baseOf(address);
  const gathered = nothingGathered();
  const summary = await fetchJson(outside, `${base}/api/v2/summary.json`);
  if (!gather(gathered, summary)) {
    throw new FetchFault(`${base}/api/v2/summary.json is no Statuspage document.`);
  }
  for (const name of ['components.json', 'scheduled-maintenances.json']) {
    await optional(gathered, outside, `${base}/api/v2/${name}`);
  }
  const listed = await optional(gathered, outside, `${base}/api/v2/incidents.json`);
  if (isFields(listed) && Array.isArray(listed['incidents'])) {
    gathered.knownSince = reachOf(listed['incidents']);
    if (gathered.knownSince > (since ?? always)) await walkHistory(gathered, outside, base, since);
  }
  return gathered;
}

/** `https://status.example.com` of whatever address somebody copied. */
export function baseOf(address: string): string {
  const url = new URL(address);
  const path = url.pathname.replace(/\/(api\/v2|history|incidents)(\/.*|\.json)?$/, '');
  return `${url.origin}${path.replace(/\/+$/, '')}`;
}

async function optional(gathered: Gathered, outside: Outside, url: string): Promise<unknown> {
  try {
    const document = await fetchJson(outside, url);
    gather(gathered, document);
    return document;
  } catch (error) {
    if (!(error instanceof FetchFault)) throw error;
    gathered.warnings.push(`${error.message} Left out.`);
    return undefined;
  }
}

/** Pages of three months without an incident after which the page's beginning counts as reached. */
const silence = 8;
const mostPages = 200;

/** Goes back page by page until `since`, or until nothing comes any more. */
async function walkHistory(
  gathered: Gathered,
  outside: Outside,
  base: string,
  since: Date | undefined,
): Promise<void> {
  let empty = 0;
  for (let page = 1; page <= mostPages && empty < silence; page += 1) {
    const months = await historyPage(outside, `${base}/history.json?page=${page}`);
    if (months === undefined) {
      if (page > 1) break;
      gathered.warnings.push('The page keeps no history.json: only its 50 newest incidents came.');
      return;
    }
    const codes = months.flatMap((month) => month.codes);
    empty = codes.length === 0 ? empty + 1 : 0;
    const wanted = codes.filter((code) => !gathered.incidents.has(code));
    for (const code of wanted) {
      await optional(gathered, outside, `${base}/incidents/${encodeURIComponent(code)}.json`);
    }
    if (wanted.length > 0) outside.say(`${gathered.incidents.size} incidents …`);
    const oldest = months.at(-1)?.begins;
    if (since && oldest && oldest <= since) break;
  }
  gathered.knownSince = longer(gathered.knownSince, since ?? always);
}

interface HistoryMonth {
  codes: string[];
  /** Undefined where its name is not understood. */
  begins: Date | undefined;
}

/** The months of one page of the history; undefined where there is none. */
async function historyPage(outside: Outside, url: string): Promise<HistoryMonth[] | undefined> {
  const document = await fetchJson(outside, url).catch((error: unknown) => {
    if (error instanceof FetchFault) return undefined;
    throw error;
  });
  if (!isFields(document) || !Array.isArray(document['months'])) return undefined;
  return document['months'].filter(isFields).map((month) => {
    const begins = new Date(`1 ${String(month['name'])} ${String(month['year'])} UTC`);
    const incidents = Array.isArray(month['incidents']) ? month['incidents'] : [];
    return {
      codes: incidents.filter(isFields).map((incident) => String(incident['code'])),
      begins: Number.isNaN(begins.getTime()) ? undefined : begins,
    };
  });
}
