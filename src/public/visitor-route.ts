// Routes of visitors' forms and links: no cookie, never cached, small bodies.
import type { Context, Method, Route, Site } from '../web/types.ts';

const formLimit = 4 * 1024;

type Handle = (site: Site, c: Context) => Response | Promise<Response>;

export const routeFor =
  (site: Site) =>
  (method: Method, path: string, handle: Handle, more: Partial<Route> = {}): Route => ({
    method,
    path,
    surface: 'visitor',
    needs: null,
    limit: formLimit,
    handle: (c) => handle(site, c),
    ...more,
  });
