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
  /** Sent beside the usual ones. */
  headers?: Record<string, string>;
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
  /** Those that are asked for often at this moment: made anew with each snapshot, like the fixed ones. */
  warm?: (snapshot: PublicSnapshot) => string[];
  /** The one query parameter that chooses among them, in place of one in the path. All others change nothing. */
  query?: string;
}
