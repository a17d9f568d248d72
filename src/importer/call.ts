// How the command line asks for an import.
import { parseArgs } from 'node:util';
import { type ImportCall, isAddress } from './read.ts';

export const importUsage = `  import statuspage DIR_OR_URL              move here from Statuspage: a live page's address, or a
                                            folder of its saved JSON; again brings what is new
         [--preview]                        show what it would do, write nothing
         [--key K --page ID]                all of it through the management API (key also from
         [--api URL]                        STATUSPAGE_API_KEY); DIR_OR_URL may then be left out
         [--subscribers FILE.csv]           its subscribers, confirmed there
         [--since YYYY-MM-DD]               go no further back
         [--adopt-page | --keep-page]       take over name and time zone, or not; otherwise only
                                            while the page here is new
         [--adopt-page-id]                  take over the page's id
         [--keep-components]                keep the three components a new page starts with`;

const texts = ['key', 'page', 'api', 'subscribers', 'since'] as const;
const flags = ['preview', 'adopt-page', 'keep-page', 'adopt-page-id', 'keep-components'] as const;

/** Reads the arguments. Throws an Error whose message says what is wrong with them. */
export function readImportCall(
  args: string[],
  environment: Readonly<Record<string, string | undefined>>,
): ImportCall {
  const { values, positionals } = parseArgs({
    args,
    strict: true,
    allowPositionals: true,
    options: Object.fromEntries([
      ...texts.map((name) => [name, { type: 'string' as const }] as const),
      ...flags.map((name) => [name, { type: 'boolean' as const }] as const),
    ]),
  });
  const given = values as Record<string, unknown>;
  const text = (name: (typeof texts)[number]) => given[name] as string | undefined;
  const has = (name: (typeof flags)[number]) => given[name] === true;
  if (positionals.length > 1) throw new Error('Name one folder or address.');
  if (has('adopt-page') && has('keep-page')) throw new Error('Adopt the page or keep it.');

  const sourcePageId = text('page');
  const key = text('key') ?? (sourcePageId ? environment['STATUSPAGE_API_KEY'] : undefined);
  if (sourcePageId !== undefined && key === undefined) throw new Error('--page needs --key.');
  if (key !== undefined && sourcePageId === undefined) throw new Error('--key needs --page.');
  const place = text('api') ?? positionals[0] ?? '';
  if (place === '' && key === undefined) throw new Error('Name a folder or an address.');
  if (key !== undefined && place !== '' && !isAddress(place)) {
    throw new Error('With --key, name the address of an API or none.');
  }
  return {
    place,
    key,
    sourcePageId,
    csv: text('subscribers'),
    since: dayOf(text('since')),
    isPreview: has('preview'),
    page: has('adopt-page') ? 'adopt' : has('keep-page') ? 'keep' : 'if-fresh',
    pageId: has('adopt-page-id'),
    keepDefaults: has('keep-components'),
  };
}

function dayOf(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const day = new Date(`${text}T00:00:00Z`);
  if (/^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(day.getTime())) return day;
  throw new Error('--since takes a day, such as 2025-01-31.');
}
