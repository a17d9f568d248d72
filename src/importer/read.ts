// Where a page is read from: a live one, its management API, or saved documents.
import type { Kernel } from '../db/kernel.ts';
import { systemActor } from '../events/types.ts';
import { gatherSaved } from './files.ts';
import type { Outside } from './fetch.ts';
import { gatherLive } from './live.ts';
import { gatherManaged, statuspageApi } from './management.ts';
import type { Choices } from './plan.ts';
import { report } from './report.ts';
import { importSource } from './service.ts';
import type { Gathered } from './types.ts';
import { understand } from './understand.ts';

export interface ImportCall extends Choices {
  /** A folder or file, a page's address, or with a key the address of an API; empty is Statuspage's own. */
  place: string;
  key: string | undefined;
  /** With a key: which page. */
  sourcePageId: string | undefined;
  csv: string | undefined;
  /** How far back to go; everything where it is not given. */
  since: Date | undefined;
  isPreview: boolean;
}

/** Imports, or shows what an import would do. Answers the report. */
export async function importStatuspage(
  kernel: Kernel,
  outside: Outside,
  call: ImportCall,
): Promise<string> {
  const { gathered, csv, from } = await gatherFrom(outside, call);
  const source = understand(gathered, kernel.clock.now());
  const request = { ...call, from, csv: call.csv ?? csv };
  const outcome = await importSource(kernel, systemActor, source, request);
  return report(source, outcome, call.isPreview);
}

async function gatherFrom(
  outside: Outside,
  { place, key, sourcePageId, since }: ImportCall,
): Promise<{ gathered: Gathered; csv?: string | undefined; from: string }> {
  if (key !== undefined && sourcePageId !== undefined) {
    const api = place === '' ? statuspageApi : place;
    const gathered = await gatherManaged(outside, { api, key, pageId: sourcePageId }, since);
    return { gathered, from: new URL(api).host };
  }
  if (isAddress(place)) {
    return { gathered: await gatherLive(outside, place, since), from: new URL(place).host };
  }
  return { ...gatherSaved(place), from: 'saved documents' };
}

export const isAddress = (place: string) => /^https?:\/\//i.test(place);
