// A house with webhooks, endpoints that can misbehave, and everything between them: record, announcer, sender.
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAnnouncer } from '../../src/announcer.ts';
import { composerOf, mailerTo } from '../delivery/fixtures.ts';
import { createSender } from '../../src/delivery/sender.ts';
import type { Outside } from '../../src/delivery/webhooks.ts';
import type { Kernel } from '../../src/db/kernel.ts';
import { systemActor } from '../../src/events/types.ts';
import { addWebhook } from '../../src/webhooks/service.ts';
import type { NewWebhook } from '../../src/webhooks/types.ts';
import { onEnd } from '../support/kernel.ts';
import { publicSite } from '../support/public-fixtures.ts';
import { smtpReceiver } from '../support/smtp.ts';

interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  raw: string;
  body: Record<string, unknown>;
}

type Behaviour = (received: Received, response: ServerResponse) => unknown;

const takesIt: Behaviour = (_, response) => response.writeHead(204).end();

/** An HTTP server on this machine that keeps what it is sent. */
export async function endpoint() {
  const received: Received[] = [];
  const open = { now: 0, most: 0, connections: 0 };
  let behave: Behaviour = takesIt;
  const server = createServer((request, response) => {
    open.now += 1;
    open.most = Math.max(open.most, open.now);
    response.on('close', () => (open.now -= 1));
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const raw = Buffer.concat(chunks).toString();
      const { url: path = '', headers } = request;
      const one = { path, headers, raw, body: JSON.parse(raw) as Record<string, unknown> };
      received.push(one);
      behave(one, response);
    });
  });
  server.on('connection', () => (open.connections += 1));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    received,
    open,
    behave: (next: Behaviour) => (behave = next),
    /** Answers every request with this status. */
    answer: (status: number, headers: Record<string, string> = {}) =>
      (behave = (_, response) => response.writeHead(status, headers).end('{"error":"no"}')),
  };
}

export const here = ['127.0.0.1'];

/** An admin's webhook that wants everything. */
export const hook = (kernel: Kernel, url: string, more: Partial<NewWebhook> = {}) =>
  addWebhook(
    kernel,
    systemActor,
    {
      format: 'standard',
      endpoint: url,
      email: '',
      wantsIncidents: true,
      wantsMaintenance: true,
      wantsComponents: false,
      componentIds: [],
      ...more,
    },
    { allow: here },
  );

/** The public page with an announcer and a sender that may reach this machine. */
export async function hookHouse(options: { outside?: Outside; allow?: string[] } = {}) {
  const site = await publicSite();
  const { kernel, snapshots } = site;
  const relay = await smtpReceiver();
  const announcer = createAnnouncer(kernel, snapshots);
  await announcer.catchUp();
  const open = () => {
    const sender = createSender({
      kernel,
      config: { webhookAllow: options.allow ?? here },
      mailers: [mailerTo(relay.url)],
      composer: composerOf(kernel),
      random: () => 0.5,
      ...(options.outside && { outside: options.outside }),
    });
    onEnd(() => sender.stop(0));
    sender.start();
    return sender;
  };
  onEnd(() => announcer.stop());
  return { ...site, relay, announcer, open };
}
