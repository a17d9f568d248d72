// One GET of a small text from the outside: to a checked public address only, no redirect, no proxy, no
// decompression, seven seconds and 100 KB in all (S-44, S-49).
import https from 'node:https';
import type { IncomingMessage } from 'node:http';
import { isIP, type LookupFunction } from 'node:net';
import { seconds } from '../shared/clock.ts';
import { check } from '../webhooks/reach.ts';
import type { Reach } from '../webhooks/types.ts';

const wholeTime = seconds(7);
const mostRead = 100 * 1024;

interface GetOptions extends Reach {
  /** Certificate authorities beside the usual, as PEM. */
  ca?: string;
}

/** The body of a 200 over TLS. Rejects for anything else. */
export async function getText(
  address: string,
  { ca, ...reach }: GetOptions = { allow: [] },
): Promise<string> {
  const checked = await check(address, reach);
  if (!checked?.isSecure) throw new Error('The address cannot be used.');
  const { url, host, addresses } = checked;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    https
      .get({
        host,
        port: url.port === '' ? 443 : Number(url.port),
        path: url.pathname + url.search,
        agent: false,
        lookup: only(addresses),
        ...(isIP(host) === 0 && { servername: host }),
        ...(ca !== undefined && { ca }),
        headers: { Host: url.host, 'Accept-Encoding': 'identity', Connection: 'close' },
        maxHeaderSize: 16 * 1024,
        signal: AbortSignal.timeout(wholeTime),
      })
      .on('response', resolve)
      .on('error', reject);
  });
  return readText(response);
}

/** Answers with the checked addresses and asks nobody. */
const only =
  (addresses: readonly string[]): LookupFunction =>
  (_host, options, callback) => {
    const all = addresses.map((address) => ({ address, family: isIP(address) }));
    const [first] = all;
    if (options.all === true) callback(null, all);
    else if (first) callback(null, first.address, first.family);
    else callback(new Error('The name has no address.'), '');
  };

async function readText(response: IncomingMessage): Promise<string> {
  if (response.statusCode !== 200) {
    response.destroy();
    throw new Error(`The answer was ${response.statusCode}.`);
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > mostRead) throw new Error('The answer is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
