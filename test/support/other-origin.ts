// Somebody else's web site: another origin, from which browsers read and embed ours.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { onEnd } from './kernel.ts';
import { freePort } from './process.ts';

interface Page {
  type: string;
  body: string;
  headers?: Record<string, string>;
}

export const html = (body: string, headers: Record<string, string> = {}): Page => ({
  type: 'text/html; charset=utf-8',
  body: `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Elsewhere</title></head><body>${body}</body></html>`,
  headers,
});

export const javascript = (body: string): Page => ({ type: 'text/javascript', body });

/** Serves these pages by path until the test ends; answers the origin. */
export async function otherOrigin(pages: Record<string, Page>): Promise<string> {
  const port = await freePort();
  const server = createServer((request, response) => {
    const page = pages[new URL(request.url ?? '/', 'http://x').pathname];
    if (page) response.setHeader('Content-Type', page.type);
    for (const [name, value] of Object.entries(page?.headers ?? {})) {
      response.setHeader(name, value);
    }
    response.statusCode = page ? 200 : 404;
    response.end(page?.body);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  onEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${port}`;
}
