// Answers public documents on the raw Node request, before the router: a look-up, and bytes written as they are.
// Whatever is out of the ordinary is left to the router, which knows how to refuse.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Kernel } from '../db/kernel.ts';
import { isOurs } from '../web/client.ts';
import type { Hits } from '../web/hits.ts';
import type { PublicBytes } from './bytes.ts';
import { reply } from './documents.ts';

/** Answers the request and returns true, or leaves it untouched. */
export type AnswerFirst = (request: IncomingMessage, response: ServerResponse) => boolean;

export function createWire(kernel: Kernel, bytes: PublicBytes, hits: Hits): AnswerFirst {
  const isForUs = createHostCheck(kernel.publicUrl);
  return (request, response) => {
    const { method, url, headers } = request;
    if ((method !== 'GET' && method !== 'HEAD') || url === undefined) return false;
    const prepared = bytes.ready(pathOf(url));
    if (!prepared || !isForUs(headers.host) || hasTwoHosts(request)) return false;
    // The parser may yet find fault with its body: the router's answer comes late enough for that.
    if (headers['transfer-encoding'] !== undefined) return false;
    const asked = {
      acceptEncoding: headers['accept-encoding'],
      ifNoneMatch: headers['if-none-match'],
      ifModifiedSince: headers['if-modified-since'],
    };
    const answer = reply(prepared, asked, kernel.clock);
    response.writeHead(answer.bytes ? 200 : 304, answer.headers);
    if (answer.bytes === undefined || method === 'HEAD') response.end();
    else if (answer.text !== undefined) response.end(answer.text, 'latin1');
    else response.end(answer.bytes);
    hits.count();
    return true;
  };
}

/** The path alone, its doubled slashes made one: some clients join a base that ends in one. */
function pathOf(url: string): string {
  const end = url.indexOf('?');
  const path = end === -1 ? url : url.slice(0, end);
  return path.includes('//') ? path.replaceAll(/\/{2,}/g, '/') : path;
}

/** Clients name the host in few ways; those found good are remembered. */
function createHostCheck(publicUrl: string): (host: string | undefined) => boolean {
  const ours = new URL(publicUrl).host;
  let last: string | undefined;
  const known = new Set<string>();
  return (host) => {
    if (host === undefined) return false;
    if (host === last) return true;
    if (!known.has(host)) {
      if (!isOurs(host, ours)) return false;
      if (known.size < 50) known.add(host);
    }
    last = host;
    return true;
  };
}

/** Node keeps the first of two Host headers; another reader may keep the other. */
function hasTwoHosts({ rawHeaders }: IncomingMessage): boolean {
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i];
    if (name === 'Host' || (name?.length === 4 && name.toLowerCase() === 'host')) hosts += 1;
  }
  return hosts > 1;
}
