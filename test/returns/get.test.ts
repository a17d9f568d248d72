// Fetching Amazon's certificate: to public addresses only, over TLS, no redirect, not much.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { getText } from '../../src/returns/get.ts';
import { onEnd, temporaryFolder } from '../support/kernel.ts';

async function serve() {
  const folder = temporaryFolder();
  const [key, cert] = [join(folder, 'key'), join(folder, 'cert')];
  const subject = '-subj /CN=here -addext subjectAltName=IP:127.0.0.1';
  const args = `req -x509 -newkey rsa:2048 -nodes -days 2 ${subject} -keyout ${key} -out ${cert}`;
  execFileSync('openssl', args.split(' '), { stdio: 'ignore' });
  let connections = 0;
  const server = createServer(
    { key: readFileSync(key), cert: readFileSync(cert) },
    (request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'https://x');
      if (pathname === '/away') response.writeHead(302, { location: '/text' });
      else if (pathname === '/missing') response.writeHead(404);
      response.end(pathname === '/large' ? 'x'.repeat(200_000) : 'the text');
    },
  );
  server.on('connection', () => (connections += 1));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onEnd(() => server.close());
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const reach = { allow: ['127.0.0.1'], ca: readFileSync(cert, 'utf8') };
  return { url: `https://127.0.0.1:${port}`, reach, connections: () => connections };
}

it('brings a text', async () => {
  const { url, reach } = await serve();
  expect(await getText(`${url}/text`, reach)).toBe('the text');
});

it.each(['/away', '/missing', '/large'])('brings nothing from %s', async (path) => {
  const { url, reach } = await serve();
  await expect(getText(url + path, reach)).rejects.toThrow();
});

it('trusts no certificate of its own making', async () => {
  const { url } = await serve();
  await expect(getText(`${url}/text`, { allow: ['127.0.0.1'] })).rejects.toThrow();
});

it('connects to nothing inside, nor without TLS', async () => {
  const { url, connections } = await serve();
  await expect(getText(`${url}/text`)).rejects.toThrow('cannot be used');
  await expect(getText(url.replace('https', 'http'), { allow: ['127.0.0.1'] })).rejects.toThrow();
  expect(connections()).toBe(0);
});
