// Public documents as bytes: every header of every answer made once, in each encoding, with a strong ETag of its
// own. Whoever answers, router or byte map, answers from these.
import { createHash } from 'node:crypto';
import type { Clock } from '../shared/clock.ts';
import { contentSecurityPolicy, setCommonHeaders } from '../web/headers.ts';
import type { Context } from '../web/types.ts';
import {
  codings,
  type Coding,
  compressAside,
  compressNow,
  createNegotiation,
  type Encoding,
} from './encoding.ts';
import type { Document } from './types.ts';

type Bytes = Buffer<ArrayBuffer>;

/** A body with the headers of its 200. Headers are names and values in turn, as `writeHead` takes them. */
interface Whole {
  bytes: Bytes;
  headers: string[];
  /** The same bytes, a character each, where they are few: Node writes headers and text in one go. */
  text: string | undefined;
}

/** A document ready to be answered with. */
export interface Prepared {
  /** Of the plain bytes. */
  digest: string;
  plain: Bytes;
  contentType: string;
  isCompressible: boolean;
  /** What all its answers carry. The first pair is `Last-Modified`. */
  common: string[];
  /** The headers of its 304s, by the ETag the client holds. */
  unchanged: Map<string, string[]>;
  /** The encodings made so far; the plain one always. */
  wholes: Partial<Record<Encoding, Whole>> & { identity: Whole };
  /** The whole second, in milliseconds, of the last change. */
  modifiedAt: number;
  /** That second is over, so `Last-Modified` names it and may be asked about. */
  isSettled: boolean;
}

export interface Facts {
  /** Of the document's canonical address. */
  path: string;
  https: boolean;
  modifiedAt: Date;
  /** The state shown is of this time, because the database does not answer. */
  frozenAt?: Date | undefined;
}

/** Ten seconds fresh; caches may serve the old one for twenty more, or for an hour when we are down. */
const cacheControl =
  'public, max-age=10, s-maxage=10, stale-while-revalidate=20, stale-if-error=3600';

/** Below this size compression gains nothing. */
const leastToCompress = 300;
/** More than this is faster written from where it lies than copied behind the headers. */
const mostAsText = 4 * 1024;
/** A larger body is compressed in another thread or not at all: until then it is sent plain. */
const mostToCompressNow = 256 * 1024;

/** Makes a document's answers. Where the bytes are those of `before`, its compressed ones are taken over. */
export function prepare(document: Document, facts: Facts, before?: Prepared): Prepared {
  const { body, contentType } = document;
  const plain = typeof body === 'string' ? Buffer.from(body) : body;
  const digest = createHash('sha256').update(plain).digest('base64url').slice(0, 27);
  const common = commonHeaders(document, facts);
  const isCompressible =
    plain.byteLength >= leastToCompress && /^text\/|json|xml|javascript/.test(contentType);
  const unchanged = new Map<string, string[]>();
  for (const encoding of isCompressible ? encodings : (['identity'] as const)) {
    const tag = tagOf(digest, encoding);
    unchanged.set(tag, [...common, 'etag', tag]);
  }
  const facets = { digest, plain, contentType, isCompressible, common, unchanged };
  const prepared: Prepared = {
    ...facets,
    wholes: { identity: wholeOf(facets, 'identity', plain) },
    modifiedAt: Math.floor(facts.modifiedAt.getTime() / 1000) * 1000,
    isSettled: false,
  };
  if (before?.digest === digest && isCompressible) takeOver(prepared, before);
  return prepared;
}

const encodings: readonly Encoding[] = ['identity', ...codings];

/** Different bytes must have different strong tags, so each encoding has its own. */
const tagOf = (digest: string, encoding: Encoding) =>
  encoding === 'identity' ? `"${digest}"` : `"${digest}-${encoding}"`;

function commonHeaders(document: Document, facts: Facts): string[] {
  const second = Math.floor(facts.modifiedAt.getTime() / 1000) - 1;
  const headers = new Headers(document.headers);
  if (!headers.has('Cache-Control')) headers.set('Cache-Control', cacheControl);
  headers.set('Vary', 'Accept-Encoding');
  if (document.isOpen) headers.set('Access-Control-Allow-Origin', '*');
  if (document.styleHash !== undefined || document.isFrameable) {
    const policy = {
      styles: document.styleHash === undefined ? [] : [document.styleHash],
      framedByAny: document.isFrameable === true,
    };
    headers.set('Content-Security-Policy', contentSecurityPolicy(policy));
  }
  if (facts.frozenAt) headers.set('X-Forthright-As-Of', facts.frozenAt.toISOString());
  const { path, https } = facts;
  setCommonHeaders(headers, { path, https, surface: 'public', pattern: path, failed: false });
  return ['last-modified', httpDate(second * 1000), ...[...headers].flat()];
}

const httpDate = (milliseconds: number) => new Date(milliseconds).toUTCString();

type Facets = Pick<Prepared, 'digest' | 'contentType' | 'common'>;

function wholeOf({ digest, contentType, common }: Facets, encoding: Encoding, bytes: Bytes): Whole {
  const coded = encoding === 'identity' ? [] : ['content-encoding', encoding];
  const tag = tagOf(digest, encoding);
  const length = String(bytes.byteLength);
  const own = ['etag', tag, 'content-type', contentType, ...coded, 'content-length', length];
  const text = bytes.byteLength <= mostAsText ? bytes.toString('latin1') : undefined;
  return { bytes, headers: [...common, ...own], text };
}

function takeOver(prepared: Prepared, before: Prepared): void {
  for (const coding of codings) {
    const made = before.wholes[coding];
    if (made) prepared.wholes[coding] = wholeOf(prepared, coding, made.bytes);
  }
}

/** The same document, saying of which time it is: for what can not be made anew. */
export function markedAsOf(prepared: Prepared, at: Date): Prepared {
  const mark = (headers: string[]) => [...headers, 'x-forthright-as-of', at.toISOString()];
  const { identity } = prepared.wholes;
  return {
    ...prepared,
    common: mark(prepared.common),
    unchanged: new Map([...prepared.unchanged].map(([tag, headers]) => [tag, mark(headers)])),
    wholes: { identity: { ...identity, headers: mark(identity.headers) } },
  };
}

/** Compresses, in another thread, what is not yet. */
export async function complete(prepared: Prepared): Promise<void> {
  if (!prepared.isCompressible) return;
  for (const coding of codings) {
    if (prepared.wholes[coding]) continue;
    const bytes = await compressAside(prepared.plain, coding);
    prepared.wholes[coding] ??= wholeOf(prepared, coding, bytes);
  }
}

/** The body in that encoding; made now for whoever comes before `complete` got to it. */
function wholeIn(prepared: Prepared, encoding: Encoding): Whole {
  const made = prepared.wholes[encoding];
  if (made) return made;
  if (!prepared.isCompressible || prepared.plain.byteLength > mostToCompressNow) {
    return prepared.wholes.identity;
  }
  const bytes = compressNow(prepared.plain, encoding as Coding);
  return (prepared.wholes[encoding] = wholeOf(prepared, encoding, bytes));
}

/** What decides an answer, of all that a request carries beside its path. */
export interface Asked {
  acceptEncoding: string | undefined;
  ifNoneMatch: string | undefined;
  ifModifiedSince: string | undefined;
}

/** Without bytes it is a 304. */
export type Reply = Whole | { headers: string[]; bytes: undefined; text: undefined };

const unchangedWith = (headers: string[]): Reply => ({
  headers,
  bytes: undefined,
  text: undefined,
});

const encodingFor = createNegotiation();

/** The answer to a GET. */
export function reply(prepared: Prepared, asked: Asked, clock: Clock): Reply {
  if (!prepared.isSettled) settle(prepared, clock.now().getTime());
  const encoding = encodingFor(asked.acceptEncoding);
  const { ifNoneMatch, ifModifiedSince } = asked;
  if (ifNoneMatch !== undefined) {
    const headers = heldOf(prepared, encoding, ifNoneMatch);
    if (headers) return unchangedWith(headers);
  } else if (ifModifiedSince !== undefined && prepared.isSettled) {
    const isHeld = Date.parse(ifModifiedSince) >= prepared.modifiedAt;
    if (isHeld) return unchangedWith(unchangedIn(prepared, encoding));
  }
  return wholeIn(prepared, encoding);
}

/**
 * HTTP dates have whole seconds, and two publications fit in one. While that second lasts the date
 * given is the second before and settles nothing, so that nobody is told "not modified" about an
 * older text (S-41).
 */
function settle(prepared: Prepared, now: number): void {
  const { modifiedAt, common, unchanged, wholes } = prepared;
  if (Math.floor(now / 1000) * 1000 <= modifiedAt) return;
  prepared.isSettled = true;
  const date = httpDate(modifiedAt);
  const lists = [common, ...unchanged.values(), ...Object.values(wholes).map((one) => one.headers)];
  for (const headers of lists) headers[1] = date;
}

/**
 * The headers of a 304 when the client holds one of our encodings: any will do, for the words are the
 * same, and the tag answered is the one it holds. Some caches send tags back as weak ones.
 */
function heldOf(prepared: Prepared, encoding: Encoding, ifNoneMatch: string): string[] | undefined {
  const { unchanged } = prepared;
  const held = unchanged.get(ifNoneMatch);
  if (held) return held;
  for (const part of ifNoneMatch.split(',')) {
    const tag = part.trim();
    if (tag === '*') return unchangedIn(prepared, encoding);
    const strong = unchanged.get(tag.startsWith('W/') ? tag.slice(2) : tag);
    if (strong) return strong;
  }
  return undefined;
}

const unchangedIn = ({ digest, unchanged }: Prepared, encoding: Encoding) =>
  unchanged.get(tagOf(digest, encoding)) ?? unchanged.get(tagOf(digest, 'identity')) ?? [];

/** Answers through the router. */
export function answer(c: Context, prepared: Prepared, clock: Clock): Response {
  const asked: Asked = {
    acceptEncoding: c.req.header('accept-encoding'),
    ifNoneMatch: c.req.header('if-none-match'),
    ifModifiedSince: c.req.header('if-modified-since'),
  };
  const { headers, bytes } = reply(prepared, asked, clock);
  const named: Record<string, string> = {};
  for (let i = 0; i < headers.length; i += 2) named[headers[i] ?? ''] = headers[i + 1] ?? '';
  return bytes ? c.body(bytes, 200, named) : c.body(null, 304, named);
}
