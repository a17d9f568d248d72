// The cache of rarely read documents: made when asked for, bounded in bytes, true of one snapshot only.
import type { PublicSnapshot } from '../status/types.ts';
import type { Prepared } from './documents.ts';

/** Makes a document's bytes; `before` are those of an older snapshot. Undefined where there is none. */
type MakeRare = (before: Prepared | undefined) => Promise<Prepared | undefined>;

export interface RareBytes {
  /** The document at a path, if it is there and true of this snapshot. */
  get(path: string, snapshot: PublicSnapshot): Prepared | undefined;
  /** The same, made when it is not; those who ask meanwhile wait for the one making. */
  find(path: string, snapshot: PublicSnapshot, make: MakeRare): Promise<Prepared | undefined>;
  /** What was last at a path, of whichever snapshot, unless something was taken back since. */
  last(path: string, snapshot: PublicSnapshot): Prepared | undefined;
  /** About how much memory it takes. */
  size(): number;
}

interface Entry {
  prepared: Prepared;
  snapshot: PublicSnapshot;
  size: number;
  /** Asked for since it was last looked over. */
  isUsed: boolean;
}

/** Headers, keys, and the like. */
const overhead = 4096;

/** The plain bytes, and as much again for both compressed ones. */
const sizeOf = ({ plain }: Prepared) => 2 * plain.byteLength + overhead;

/**
 * A change of the snapshot costs nothing here: entries of an older one count as missing, and lend
 * their compressed bytes when the new ones turn out the same.
 */
export function createRareBytes(most = 16 * 1024 * 1024): RareBytes {
  const entries = new Map<string, Entry>();
  const making = new Map<
    string,
    { snapshot: PublicSnapshot; work: Promise<Prepared | undefined> }
  >();
  let size = 0;

  function drop(path: string): void {
    size -= entries.get(path)?.size ?? 0;
    entries.delete(path);
  }

  function keep(path: string, snapshot: PublicSnapshot, prepared: Prepared): void {
    drop(path);
    const entry: Entry = { prepared, snapshot, size: sizeOf(prepared), isUsed: false };
    if (entry.size > most) return;
    entries.set(path, entry);
    size += entry.size;
    makeRoom();
  }

  /** The oldest go, but those used meanwhile: they are given another round. */
  function makeRoom(): void {
    for (const [path, entry] of entries) {
      if (size <= most) return;
      if (entry.isUsed) {
        entry.isUsed = false;
        entries.delete(path);
        entries.set(path, entry);
      } else drop(path);
    }
  }

  function get(path: string, snapshot: PublicSnapshot): Prepared | undefined {
    const entry = entries.get(path);
    if (entry?.snapshot !== snapshot) return undefined;
    entry.isUsed = true;
    return entry.prepared;
  }

  async function make(path: string, snapshot: PublicSnapshot, how: MakeRare) {
    try {
      const prepared = await how(entries.get(path)?.prepared);
      if (prepared) keep(path, snapshot, prepared);
      else drop(path);
      return prepared;
    } finally {
      if (making.get(path)?.snapshot === snapshot) making.delete(path);
    }
  }

  return {
    get,
    async find(path, snapshot, how) {
      const known = get(path, snapshot);
      if (known) return known;
      const running = making.get(path);
      if (running?.snapshot === snapshot) return running.work;
      const work = make(path, snapshot, how);
      making.set(path, { snapshot, work });
      return work;
    },
    last(path, { takenBack }) {
      const entry = entries.get(path);
      return entry && entry.snapshot.takenBack === takenBack ? entry.prepared : undefined;
    },
    size: () => size,
  };
}
