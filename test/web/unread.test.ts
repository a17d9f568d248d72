// Clients that take nothing of their answers are cut, however they asked (S-71).
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, it } from 'vitest';
import { cutUnread } from '../../src/web/unread.ts';
import { onEnd } from '../support/kernel.ts';

const large = Buffer.alloc(256 * 1024);
const get = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';

async function connected() {
  const server = createServer((_, response) => response.end(large));
  cutUnread(server, { every: 100, patience: 1500 });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onEnd(() => server.close());
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.on('error', () => {});
  onEnd(() => client.destroy());
  await once(client, 'connect');
  const open = () =>
    new Promise<number>((resolve) => {
      server.getConnections((_, count) => resolve(count));
    });
  return { client, open };
}

const wait = (milliseconds: number) => new Promise((later) => setTimeout(later, milliseconds));

it('cuts whoever asks for much at once and reads nothing', async () => {
  const { client, open } = await connected();
  client.pause();
  client.write(get.repeat(100));
  await expect.poll(open, { timeout: 5000 }).toBe(0);
}, 10_000);

it('leaves alone whoever reads slowly, and whoever has read everything', async () => {
  const { client, open } = await connected();
  let read = 0;
  client.on('data', (chunk) => {
    read += chunk.byteLength;
    client.pause();
    setTimeout(() => client.resume(), 10);
  });
  client.write(get.repeat(40));
  await expect.poll(() => read, { timeout: 15_000 }).toBeGreaterThan(40 * large.byteLength);
  await wait(2000);
  expect(await open()).toBe(1);
}, 25_000);
