// What a public document is, before it is bytes: a pure function of a snapshot, or of a snapshot and the past.
import type { Reader } from '../db/tx.ts';
import type { PublicSnapshot } from '../status/types.ts';

/** What a renderer makes. */
export interface Document {
  body: string | Buffer<ArrayBuffer>;
  contentType: string;
  /** Scripts of any site may read it (S-17). */
  isOpen?: boolean;
  /** Any site may show it in a frame: `/embed/frame` alone. */
  isFrameable?: boolean;
  /** Source expression of the page's one inline style block. */
  styleHash?: string;
}

/** Documents that the snapshot alone decides, by path: made anew with each snapshot. */
export type FixedDocuments = Record<string, (snapshot: PublicSnapshot) => Document>;

/** Documents that are asked for rarely and are many: made on demand and kept for a while. */
export interface RareDocuments {
  /** With one parameter: `/incidents/:id`. */
  path: string;
  /** Undefined when there is no such document; a misshapen `value` asks no database. */
  make: (
    reader: Reader,
    snapshot: PublicSnapshot,
    value: string,
  ) => Promise<Document | undefined> | Document | undefined;
}
