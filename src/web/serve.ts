// Builds the application from the surfaces' routes. What holds for every request is here: its id, its line in
// the log, its headers, and the refusals that come before any route.
import { Hono } from 'hono';
import { getPath } from 'hono/utils/url';
import { notFound } from '../shared/errors.ts';
import { createClientIp, isCrooked, isForUs } from './client.ts';
import { answerError, answerNotOffered } from './errors.ts';
import { guards } from './guard.ts';
import { createGuessLimit } from './guesses.ts';
import { headerFacts, isOpen, setCommonHeaders } from './headers.ts';
import { createHits, type Hits } from './hits.ts';
import type { Context, Env, Route, Site } from './types.ts';

/** The whole web application; `fetch` of it answers requests. `hits` counts those that are not logged. */
export function createWeb(
  site: Site,
  routes: Route[],
  hits: Hits = createHits(site.kernel),
): Hono<Env> {
  const app = new Hono<Env>({
    // Clients of Statuspage's API join a base address that ends in a slash with a path that begins with one.
    getPath: (request) => getPath(request).replaceAll(/\/{2,}/g, '/'),
  });
  const clientIp = createClientIp(site.config.trustProxy);
  const https = site.kernel.publicUrl.startsWith('https:');

  app.use('*', async (c, next) => {
    const started = site.kernel.clock.monotonic();
    begin(c, site, clientIp(c));
    const early = answerEarly(c, site);
    if (early) c.res = early;
    else await next();
    setCommonHeaders(c.res.headers, headerFacts(c, https, c.get('route')));
    if (isGoodHit(c)) hits.count();
    else logRequest(c, site, started);
  });
  const guesses = createGuessLimit(site.kernel.clock);
  for (const route of routes) {
    const { method, path } = route;
    for (const guard of guards(site, route, guesses)) app.on(method, path, guard);
    app.on(method, path, (c) => route.handle(c));
  }
  for (const [path, offered] of byPath(routes)) {
    app.all(path, (c) => {
      c.set('route', offered[0]);
      return answerNotOffered(
        c,
        offered.map((route) => route.method),
      );
    });
  }
  app.notFound((c) => withoutSlash(c) ?? answerError(site, c, notFound('page')));
  app.onError((error, c) => answerError(site, c, error));
  return app;
}

function byPath(routes: Route[]): Map<string, Route[]> {
  const paths = new Map<string, Route[]>();
  for (const route of routes) paths.set(route.path, [...(paths.get(route.path) ?? []), route]);
  return paths;
}

function begin(c: Context, site: Site, ip: string): void {
  const requestId = site.kernel.ids.publicId();
  c.set('requestId', requestId);
  c.set('ip', ip);
  c.set('actor', { kind: 'visitor', id: null, ip, requestId });
  c.set('csrf', '');
}

/** What is answered before any route is looked for. */
function answerEarly(c: Context, site: Site): Response | undefined {
  if (c.req.method === 'TRACE') return c.text('Not allowed.\n', 405, { Allow: 'GET, HEAD, POST' });
  if (!isForUs(c, site.kernel.publicUrl)) return c.text('This host is not served here.\n', 421);
  if (isCrooked(c)) return answerError(site, c, notFound('page'));
  if (c.req.method === 'OPTIONS' && isOpen(c.req.path)) {
    return c.body(null, 204, {
      // Subscribing through Statuspage's API is a POST, leaving a DELETE.
      'Access-Control-Allow-Methods': 'GET, POST, DELETE, OPTIONS',
      'Access-Control-Allow-Headers': 'Content-Type, Authorization',
      'Access-Control-Max-Age': '86400',
    });
  }
  return undefined;
}

/** `/admin/` was meant as `/admin`. Never two slashes in front: a Location of that kind names another site. */
function withoutSlash(c: Context): Response | undefined {
  const { pathname, search } = new URL(c.req.url);
  const isRead = c.req.method === 'GET' || c.req.method === 'HEAD';
  if (!isRead || !/^\/[^/].*\/$/.test(pathname)) return undefined;
  return c.redirect(pathname.replace(/\/+$/, '') + search, 301);
}

/** A good answer with a public document: counted, not logged. */
const isGoodHit = (c: Context) => c.get('route')?.surface === 'public' && c.res.status < 400;

/** One line a request; paths with a token are told by their pattern (S-45). */
function logRequest(c: Context, site: Site, started: number): void {
  const { kind, id } = c.get('actor');
  const fields = {
    requestId: c.get('requestId'),
    method: c.req.method,
    path: loggedPath(c),
    status: c.res.status,
    ms: Math.round(site.kernel.clock.monotonic() - started),
    ip: c.get('ip'),
    ...(id === null ? {} : { actor: `${kind} ${id}` }),
  };
  site.kernel.log.info(fields, 'request');
}

function loggedPath(c: Context): string {
  const route = c.get('route');
  if (route) return route.path.includes(':token') ? route.path : c.req.path;
  // Nobody's path: a mistyped link may still hold a token further on.
  const [, first = '', ...rest] = c.req.path.split('/');
  return `/${first.slice(0, 40)}${rest.length > 0 ? '/…' : ''}`;
}
