// A saved page: a folder of JSON documents, or a single one.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { gather, isFields, longer, reachOf } from './documents.ts';
import { type Gathered, nothingGathered } from './types.ts';

/** A fault of the call, for the person who imports. */
class SourceFault extends Error {}

export interface Saved {
  gathered: Gathered;
  /** A file of subscribers that lies among the documents. */
  csv: string | undefined;
}

export function gatherSaved(path: string): Saved {
  const files = filesOf(path);
  const gathered = nothingGathered();
  let recognised = 0;
  for (const file of files.filter((name) => extname(name).toLowerCase() === '.json')) {
    const document = readDocument(file);
    if (document === undefined) {
      gathered.warnings.push(`${basename(file)} is no JSON document: left out.`);
    } else if (gather(gathered, document)) {
      recognised += 1;
      gathered.knownSince = longer(gathered.knownSince, reachOfFile(file, document));
    } else {
      gathered.warnings.push(`${basename(file)} is no Statuspage document: left out.`);
    }
  }
  const csv = files.find((file) => extname(file).toLowerCase() === '.csv');
  if (recognised === 0 && csv === undefined) {
    throw new SourceFault(`There is no Statuspage document in ${path}.`);
  }
  return { gathered, csv };
}

function filesOf(path: string): string[] {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) throw new SourceFault(`There is no file or folder ${path}.`);
  if (!found.isDirectory()) return [path];
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}

function readDocument(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** How far back a document reaches. One of open incidents alone, or a single one, says nothing of the past. */
function reachOfFile(file: string, document: unknown): Date | undefined {
  if (/unresolved|upcoming|active|summary/i.test(basename(file))) return undefined;
  if (Array.isArray(document)) {
    const incidents = document.filter((one) => isFields(one) && 'incident_updates' in one);
    return incidents.length === 0 ? undefined : reachOf(incidents, 100);
  }
  if (!isFields(document) || !Array.isArray(document['incidents'])) return undefined;
  return 'status' in document ? undefined : reachOf(document['incidents']);
}
