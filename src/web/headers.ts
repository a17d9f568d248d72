// The headers every answer carries, and the strict policy that pages live under (S-35, S-42, S-17).
import { createHash } from 'node:crypto';
import type { Context, Route, Surface } from './types.ts';

/** What a page needs beyond the strict policy: hashes from `inlineHash`. */
export interface PolicyParts {
  styles?: string[];
  scripts?: string[];
  /** May frame our own pages: the desk, for mail previews. */
  framesOwn?: boolean;
  /** Any site may frame it: the embed alone. */
  framedByAny?: boolean;
}

/** The value of Content-Security-Policy. */
export function contentSecurityPolicy(parts: PolicyParts = {}): string {
  return [
    "default-src 'none'",
    `script-src ${sources(parts.scripts)}`,
    `style-src ${sources(parts.styles)}`,
    "img-src 'self' data:",
    "connect-src 'self'",
    ...(parts.framesOwn ? ["frame-src 'self'"] : []),
    "form-action 'self'",
    "base-uri 'none'",
    `frame-ancestors ${parts.framedByAny ? '*' : "'none'"}`,
  ].join('; ');
}

const sources = (hashes: string[] = []) => ["'self'", ...hashes].join(' ');

/** The source expression that allows exactly this inline style or script. */
export const inlineHash = (text: string) =>
  `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Gives this answer a policy that also allows the parts; without it, it gets the strict one. */
export function allowInline(c: Context, parts: PolicyParts): void {
  c.header('Content-Security-Policy', contentSecurityPolicy(parts));
}

const openPath = /^\/\/?api\/v2\/|^\/(feed\.(rss|atom|json)|history\.(rss|atom))$/;

/** True for the documents that scripts of any site may read: `/api/v2/*` and the feeds (S-17). */
export const isOpen = (path: string) => openPath.test(path);

/** The headers an answer is sent with, whatever it is. `Cache-Control` and the policy only where missing. */
export interface HeaderFacts {
  path: string;
  https: boolean;
  surface: Surface | undefined;
  /** The matched route's pattern. */
  pattern: string;
  failed: boolean;
}

export const headerFacts = (c: Context, https: boolean, route: Route | undefined): HeaderFacts => ({
  path: c.req.path,
  https,
  surface: route?.surface,
  pattern: route?.path ?? '',
  failed: c.res.status >= 400,
});

/** Sets the common headers. Also for bytes that are answered without the router. */
export function setCommonHeaders(headers: Headers, facts: HeaderFacts): void {
  const onTokenPage = facts.pattern.includes(':token');
  headers.set('X-Content-Type-Options', 'nosniff');
  headers.set('Cross-Origin-Opener-Policy', 'same-origin');
  headers.set('Referrer-Policy', onTokenPage ? 'no-referrer' : 'same-origin');
  if (facts.https) headers.set('Strict-Transport-Security', 'max-age=31536000');
  if (!headers.has('Content-Security-Policy')) {
    const framesOwn = facts.surface === 'desk';
    headers.set('Content-Security-Policy', contentSecurityPolicy({ framesOwn }));
  }
  if (isOpen(facts.path)) headers.set('Access-Control-Allow-Origin', '*');
  setCaching(headers, facts);
}

/** Only what a public route answered well is kept by anybody: a path that is no route may lie below `/admin`. */
function setCaching(headers: Headers, facts: HeaderFacts): void {
  const isPublic = facts.surface === 'public';
  if (isPublic || facts.surface === undefined) headers.delete('Set-Cookie');
  if (!isPublic || facts.failed || !headers.has('Cache-Control')) {
    headers.set('Cache-Control', 'private, no-store');
  }
}
