// One POST to an address outside, on our terms: to checked addresses only, no redirect, no proxy, no
// decompression, seven seconds and 100 KB in all (S-44, S-49). What comes back is an answer or a fault, never a throw.
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import { isIP } from 'node:net';
import { refusal } from '../webhooks/addresses.ts';
import { check, type Checked } from '../webhooks/reach.ts';
import type { Reach } from '../webhooks/types.ts';
import { seconds } from '../shared/clock.ts';

export interface Posting {
  url: string;
  body: string;
  headers: Record<string, string>;
}

export type Answer =
  | {
      kind: 'answer';
      status: number;
      /** As sent, where it is there. */
      retryAfter: string | undefined;
      /** The beginning of the body. */
      text: string;
      ms: number;
    }
  | {
      kind: 'fault';
      /** What went wrong, in words without the address. */
      reason: string;
      ms: number;
    };

export interface PostOptions extends Reach {
  /** For the times it takes. */
  monotonic: () => number;
  /** Certificate authorities beside the usual, as PEM. */
  ca?: string;
  /** For tests; 7 s by default. */
  timeout?: number;
}

const wholeTime = seconds(7);
const mostRead = 100 * 1024;

/** Posts once. Resolves whatever happens. */
export async function post(posting: Posting, options: PostOptions): Promise<Answer> {
  const began = options.monotonic();
  const ms = () => Math.round(options.monotonic() - began);
  const deadline = AbortSignal.timeout(options.timeout ?? wholeTime);
  try {
    const checked = await before(deadline, check(posting.url, options));
    if (!checked) return { kind: 'fault', reason: refusal, ms: ms() };
    return { ...(await exchange(posting, checked, options, deadline)), ms: ms() };
  } catch (error) {
    return { kind: 'fault', reason: reasonOf(error, deadline), ms: ms() };
  }
}

/** Rejects at the deadline although `work` may go on. */
function before<T>(deadline: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(new Error('timeout'));
    deadline.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => deadline.removeEventListener('abort', stop));
  });
}

type Received = Omit<Extract<Answer, { kind: 'answer' }>, 'ms'>;

function exchange(
  { body, headers }: Posting,
  { url, host, isSecure, addresses }: Checked,
  { ca }: PostOptions,
  deadline: AbortSignal,
): Promise<Received> {
  return new Promise((resolve, reject) => {
    const request = (isSecure ? https : http).request({
      method: 'POST',
      host,
      port: url.port === '' ? (isSecure ? 443 : 80) : Number(url.port),
      path: url.pathname + url.search,
      // A connection of its own: nothing is shared between endpoints, and no proxy is asked.
      agent: false,
      // An IP literal is looked up by nobody; it was checked as such (T21).
      lookup: lookupOnly(addresses),
      ...(isSecure && isIP(host) === 0 && { servername: host }),
      ...(ca !== undefined && { ca }),
      headers: {
        ...headers,
        Host: url.host,
        'Content-Length': Buffer.byteLength(body),
        'Accept-Encoding': 'identity',
        Connection: 'close',
      },
      maxHeaderSize: 16 * 1024,
      signal: deadline,
    });
    let isAnswered = false;
    request.on('response', (response) => {
      isAnswered = true;
      readAnswer(response).then(resolve, reject);
    });
    // After the status its reader hears of the end.
    request.on('error', (error) => {
      if (!isAnswered) reject(error);
    });
    request.end(body);
  });
}

/** Answers with the checked addresses and asks nobody (S-44). */
function lookupOnly(addresses: string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_host, options, callback) => {
    const [first] = all;
    if (options.all === true) callback(null, all);
    else if (first) callback(null, first.address, first.family);
    else callback(new Error('The name has no address.'), '');
  };
}

/** Once the status is here it decides, however the body ends: what was accepted must not be sent again. */
function readAnswer(response: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = [];
  let size = 0;
  return new Promise((resolve) => {
    const finish = () => {
      response.destroy();
      resolve({
        kind: 'answer',
        status: response.statusCode ?? 0,
        retryAfter: response.headers['retry-after'],
        text: Buffer.concat(chunks).subarray(0, mostRead).toString('utf8').slice(0, 2000),
      });
    };
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= mostRead) finish();
    });
    for (const end of ['end', 'error', 'aborted', 'close']) response.on(end, finish);
  });
}

/** An error's kind in plain words: its own message names addresses. */
function reasonOf(error: unknown, deadline: AbortSignal): string {
  if (deadline.aborted) return 'No answer within 7 seconds.';
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ECONNREFUSED') return 'The connection was refused.';
  if (code === 'ECONNRESET' || code === 'EPIPE') return 'The connection was cut.';
  if (/^(E?DNS|ENOTFOUND|EAI_|ENODATA|ESERVFAIL|ETIMEOUT)/.test(code)) {
    return 'The name could not be resolved.';
  }
  if (/CERT|SIGNATURE|ISSUER|SELF_SIGNED|ALTNAME/.test(code)) {
    return `The certificate is not valid (${code}).`;
  }
  if (/SSL|TLS|EPROTO/.test(code)) return 'The encrypted connection failed.';
  if (error instanceof Error && error.message === 'The name has no address.') {
    return 'The name could not be resolved.';
  }
  return code === '' ? 'The request failed.' : `The connection failed (${code}).`;
}
