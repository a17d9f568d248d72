// Makes documents of a snapshot: all that are kept ready as one set, or a single rare one.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Kernel } from '../db/kernel.ts';
import type { Reader } from '../db/tx.ts';
import { AppError } from '../shared/errors.ts';
import type { PublicSnapshot } from '../status/types.ts';
import { type Facts, markedAsOf, prepare, type Prepared } from './documents.ts';
import type { Document, FixedDocuments, RareDocuments } from './types.ts';

export interface Catalogue {
  fixed: FixedDocuments;
  rare: RareDocuments[];
}

/** Milliseconds of rendering after which others get their turn. */
const slice = 20;

/** Everything that is kept ready, by path. What cannot be made stays as it was `before`. */
export async function makeSet(
  kernel: Kernel,
  catalogue: Catalogue,
  snapshot: PublicSnapshot,
  before: ReadonlyMap<string, Prepared>,
): Promise<Map<string, Prepared>> {
  const { clock, log } = kernel;
  const documents = new Map<string, Prepared>();
  let began = clock.monotonic();
  for (const [path, make] of makersOf(kernel, catalogue, snapshot)) {
    if (clock.monotonic() - began > slice) {
      await nextTurn();
      began = clock.monotonic();
    }
    const known = before.get(path);
    try {
      const document = await make();
      if (document) documents.set(path, prepare(document, factsOf(kernel, path, snapshot), known));
    } catch (error) {
      log.error({ err: error, path }, 'A public document could not be made anew.');
      if (known) documents.set(path, known);
    }
  }
  return documents;
}

type Make = () => Promise<Document | undefined> | Document | undefined;

function makersOf(kernel: Kernel, { fixed, rare }: Catalogue, snapshot: PublicSnapshot) {
  const makers = new Map<string, Make>();
  for (const [path, make] of Object.entries(fixed)) makers.set(path, () => make(snapshot));
  for (const { path, warm, make } of rare) {
    for (const value of warm?.(snapshot) ?? []) {
      // The one parameter stands at the end or before an ending.
      const address = path.replace(/:\w+(\{.+\})?/, () => value);
      makers.set(address, () => make(readerFor(kernel, snapshot), snapshot, value));
    }
  }
  return makers;
}

/** Which one of many, and where it is asked for. */
export interface Wanted {
  among: RareDocuments;
  path: string;
  value: string;
}

/** What there is of a document already. */
export interface Former {
  /** Lends its compressed bytes where the new ones turn out the same. */
  before: Prepared | undefined;
  /** May be shown again. */
  last: Prepared | undefined;
}

/** One of many. While the database is silent, as it was `last`, and marked so. */
export async function makeOne(
  kernel: Kernel,
  { among, path, value }: Wanted,
  snapshot: PublicSnapshot,
  { before, last }: Former,
): Promise<Prepared | undefined> {
  try {
    const document = await among.make(readerFor(kernel, snapshot), snapshot, value);
    return document && prepare(document, factsOf(kernel, path, snapshot), before);
  } catch (error) {
    if (!last || !snapshot.frozenAt) throw error;
    return markedAsOf(last, snapshot.frozenAt);
  }
}

const factsOf = (kernel: Kernel, path: string, { page, at, frozenAt }: PublicSnapshot): Facts => ({
  path,
  https: kernel.publicUrl.startsWith('https:'),
  // Time alone changes documents too, and `at` is the last moment at which it did.
  modifiedAt: at > page.updatedAt ? at : page.updatedAt,
  frozenAt,
});

/** A database that is known to be silent is not asked: each try could hold everybody up. */
const readerFor = (kernel: Kernel, { frozenAt }: PublicSnapshot): Reader =>
  frozenAt ? silentReader : kernel.db.read;

const silentReader = new Proxy({} as Reader, {
  get() {
    throw new AppError(
      'unavailable',
      'This cannot be read just now. Please try again in a minute.',
      {
        retryAfter: 30,
      },
    );
  },
});
