// The byte map: every public document ready to be written, as one consistent set that is swapped whole.
// Made when the snapshot changed, coalesced, after whoever published has their answer.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Kernel } from '../db/kernel.ts';
import type { SnapshotSource } from '../status/service.ts';
import type { PublicSnapshot } from '../status/types.ts';
import { fixedDocuments, rareDocuments } from './catalogue.ts';
import { createCompletion } from './completion.ts';
import { type Catalogue, makeOne, makeSet, type Wanted } from './document-set.ts';
import type { Prepared } from './documents.ts';
import { createRareBytes } from './rare.ts';

export interface PublicBytes {
  /** What is ready at a path, of the newest set. */
  ready(path: string): Prepared | undefined;
  /** The document of the catalogue at a fixed path, of the newest snapshot. */
  fixed(path: string): Promise<Prepared | undefined>;
  /** One of the many, made now unless it is ready. Its `path` is without what changes nothing. */
  rare(wanted: Wanted): Promise<Prepared | undefined>;
  /** Resolves once what is answered is made of the snapshot that is current at the call, or could not be. */
  settled(): Promise<void>;
  /** How many documents are ready, and their plain size in bytes. */
  extent(): { documents: number; size: number };
  stop(): void;
}

/** Tries to make a rare document between two publications. */
const mostAttempts = 3;

export function createPublicBytes(
  kernel: Kernel,
  snapshots: SnapshotSource,
  catalogue: Catalogue = { fixed: fixedDocuments, rare: rareDocuments },
): PublicBytes {
  const rareBytes = createRareBytes();
  const completion = createCompletion(kernel.log);
  let snapshot: PublicSnapshot | undefined;
  let documents = new Map<string, Prepared>();
  let building: Promise<void> | undefined;

  async function build(): Promise<void> {
    try {
      await nextTurn();
      while (snapshot !== snapshots.current()) {
        const next = snapshots.current();
        const made = await makeSet(kernel, catalogue, next, documents);
        [snapshot, documents] = [next, made];
        completion.begin(made.values());
      }
    } catch (error) {
      kernel.log.error({ err: error }, 'The public documents could not be made anew.');
    } finally {
      // In the same turn as the loop's last look, so that no change falls in between.
      building = undefined;
    }
  }

  const rebuild = () => (building ??= build());
  const settled = async () => {
    if (snapshot !== snapshots.current()) await rebuild();
  };
  const ready = (path: string): Prepared | undefined =>
    documents.get(path) ?? (snapshot && rareBytes.get(path, snapshot));

  async function find(wanted: Wanted, of: PublicSnapshot): Promise<Prepared | undefined> {
    const { path } = wanted;
    try {
      return await rareBytes.find(path, of, async (before) => {
        const last = rareBytes.last(path, of);
        const made = await makeOne(kernel, wanted, of, { before, last });
        if (made) completion.add(made);
        return made;
      });
    } catch (error) {
      const last = rareBytes.last(path, of);
      if (!last) throw error;
      kernel.log.warn({ err: error, path }, 'A public document is served as it last was.');
      return last;
    }
  }

  async function rare(wanted: Wanted): Promise<Prepared | undefined> {
    for (let attempt = 1; ; attempt += 1) {
      await settled();
      const known = ready(wanted.path);
      if (known || !snapshot) return known;
      const of = snapshot;
      const found = await find(wanted, of);
      if (!found || attempt === mostAttempts) return found;
      // It may have been read after a commit that the set does not know of yet: nobody may see both.
      await snapshots.refresh();
      if (snapshots.current() === of) return found;
    }
  }

  const stop = snapshots.onChange(() => void rebuild());
  void rebuild();
  return {
    ready,
    rare,
    settled,
    stop,
    async fixed(path) {
      await settled();
      return documents.get(path);
    },
    extent: () => ({
      documents: documents.size,
      size: [...documents.values()].reduce((sum, { plain }) => sum + plain.byteLength, 0),
    }),
  };
}
