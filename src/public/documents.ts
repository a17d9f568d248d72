// Public documents: rendered once per snapshot, answered with a strong ETag, the same for every visitor.
import { createHash } from 'node:crypto';
import { contentSecurityPolicy } from '../web/headers.ts';
import type { Context } from '../web/types.ts';
import type { PublicSnapshot } from '../status/types.ts';
import type { Document } from './types.ts';

/** A document ready to be sent, also by something other than this router. */
export interface Prepared {
  bytes: Buffer<ArrayBuffer>;
  etag: string;
  headers: Record<string, string>;
  modifiedAt: Date;
}

/** Ten seconds fresh; caches may serve the old one for twenty more, or for an hour when we are down. */
const cacheControl =
  'max-age=10, public, s-maxage=10, stale-while-revalidate=20, stale-if-error=3600';

function prepare(document: Document, modifiedAt: Date): Prepared {
  const bytes = typeof document.body === 'string' ? Buffer.from(document.body) : document.body;
  const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 27)}"`;
  const headers: Record<string, string> = {
    'Content-Type': document.contentType,
    'Content-Length': String(bytes.byteLength),
    'Cache-Control': cacheControl,
    ETag: etag,
  };
  if (document.isOpen) headers['Access-Control-Allow-Origin'] = '*';
  if (document.styleHash !== undefined) {
    headers['Content-Security-Policy'] = contentSecurityPolicy({ styles: [document.styleHash] });
  }
  return { bytes, etag, headers, modifiedAt };
}

/** Remembered documents per snapshot; they go when their snapshot goes. */
const remembered = new WeakMap<PublicSnapshot, Map<string, Prepared>>();
/** Old incidents and months are many: past this number a snapshot's memory starts afresh. */
const rememberedAtMost = 500;

/**
 * The document of `name` for this snapshot, rendered at most once. Undefined, which is not
 * remembered, when `make` finds nothing of that name.
 */
export async function remember(
  snapshot: PublicSnapshot,
  name: string,
  modifiedAt: Date,
  make: () => Document | undefined | Promise<Document | undefined>,
): Promise<Prepared | undefined> {
  let documents = remembered.get(snapshot);
  if (!documents) remembered.set(snapshot, (documents = new Map()));
  const known = documents.get(name);
  if (known) return known;
  const made = await make();
  if (!made) return undefined;
  const prepared = prepare(made, modifiedAt);
  if (documents.size >= rememberedAtMost) documents.clear();
  documents.set(name, prepared);
  return prepared;
}

/** Answers with the document, or 304 when the client has it. */
export function answer(c: Context, prepared: Prepared, now: Date): Response {
  const { at, isSettled } = lastModified(prepared.modifiedAt, now);
  const headers: Record<string, string> = {
    ...prepared.headers,
    'Last-Modified': at.toUTCString(),
  };
  if (isFresh(c, prepared.etag, isSettled ? at : undefined)) {
    delete headers['Content-Length'];
    return c.body(null, 304, headers);
  }
  return c.body(prepared.bytes, 200, headers);
}

/**
 * HTTP dates have whole seconds, and two publications fit in one. While that second lasts the date
 * given is the second before and settles nothing, so that nobody is told "not modified" about an
 * older text (S-41).
 */
function lastModified(at: Date, now: Date): { at: Date; isSettled: boolean } {
  const second = Math.floor(at.getTime() / 1000);
  const isSettled = Math.floor(now.getTime() / 1000) > second;
  return { at: new Date((isSettled ? second : second - 1) * 1000), isSettled };
}

function isFresh(c: Context, etag: string, modified: Date | undefined): boolean {
  const wanted = c.req.header('if-none-match');
  if (wanted !== undefined) {
    const tags = wanted.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
    return tags.includes(etag) || tags.includes('*');
  }
  const since = Date.parse(c.req.header('if-modified-since') ?? '');
  return modified !== undefined && since >= modified.getTime();
}
