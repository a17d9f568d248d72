// A server that mails many subscribers through a relay, to be killed while it does.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Driver } from '../../src/db/driver.ts';
import { databaseFile } from '../../src/db/open.ts';
import { onEnd, temporaryFolder } from '../support/kernel.ts';
import { freePort, pause, runCli, type ServerPlace, startProcess } from '../support/process.ts';
import type { SmtpReceiver } from '../support/smtp.ts';

/** Different moments to die at, the same in every run. */
export const moments = (count: number, longest: number) =>
  Array.from({ length: count }, (_, i) => 30 + ((i * 7919) % longest));

export interface Api {
  send(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }>;
}

export async function apiOf(where: ServerPlace, url: string): Promise<Api> {
  const { stdout } = await runCli(where, 'token', 'create', '--name', 'test', '--role', 'admin');
  const { page } = (await (await fetch(`${url}/api/v2/status.json`)).json()) as {
    page: { id: string };
  };
  return {
    async send(method, path, body) {
      const response = await fetch(`${url}/v1/pages/${page.id}${path}`, {
        method,
        headers: { authorization: `Bearer ${stdout.trim()}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: response.status, body: await response.json() };
    },
  };
}

export function query<T>(dataDir: string, sql: string): T[] {
  const connection = new Driver(databaseFile(dataDir), { readonly: true });
  try {
    return connection.prepare(sql).all() as T[];
  } finally {
    connection.close();
  }
}

/** How many deliveries are in each state, by its position in `deliveryStates`: 2 is `sent`. */
export const deliveryStatesOf = (dataDir: string) =>
  query<{ state: number; n: number }>(
    dataDir,
    'select state, count(*) as n from deliveries group by state order by state',
  );

export const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** The process that the data folder names as its sender, or 0. */
export function senderOf(dataDir: string): number {
  const file = join(dataDir, 'sender.pid');
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
}

/** Waits for a sender that is not `former`; no two are there at once. */
export async function nextSender(dataDir: string, former = 0): Promise<number> {
  for (let tries = 0; tries < 1500; tries += 1) {
    const pid = senderOf(dataDir);
    if (pid !== 0 && pid !== former && isAlive(pid)) {
      if (former !== 0 && isAlive(former)) throw new Error('Two senders at once.');
      return pid;
    }
    await pause(20);
  }
  throw new Error('No sender came.');
}

/** A server with subscribers and an incident that all of them are told of; it has begun to send. */
export async function mailingServer(relay: string, subscribers: number, more = {}) {
  const where: ServerPlace = {
    dataDir: `${temporaryFolder()}/data`,
    port: await freePort(),
    environment: { SMTP_URL: relay, MAIL_FROM: 'Acme Status <status@example.test>', ...more },
  };
  // Registered before the server is started, so that it runs after the server's own end.
  onEnd(async () => {
    const pid = senderOf(where.dataDir);
    if (pid === 0) return;
    for (let tries = 0; isAlive(pid); tries += 1) {
      if (tries === 100) process.kill(pid, 'SIGKILL');
      await pause(50);
    }
  });
  const server = await startProcess(where);
  await runCli(where, 'seed', '--incidents', '0', '--subscribers', String(subscribers));
  const api = await apiOf(where, server.url);
  const { status } = await api.send('POST', '/incidents', {
    incident: { name: 'Payments fail', status: 'investigating', body: 'We are looking.' },
  });
  if (status !== 201) throw new Error(`The incident was not made: ${status}.`);
  return { where, server };
}

/** Counts how many messages a relay has before it at once, and takes `milliseconds` for each. */
export function takingTime(relay: SmtpReceiver, milliseconds: number) {
  const seen = { underWay: 0, most: 0 };
  relay.beforeAnswer(async () => {
    seen.underWay += 1;
    seen.most = Math.max(seen.most, seen.underWay);
    await pause(milliseconds);
    seen.underWay -= 1;
  });
  return seen;
}

const recipientsOf = ({ mails }: SmtpReceiver) => mails.map(({ to }) => to[0] ?? '');

/** Waits until `count` more messages have come in. */
export async function moreMail(relay: SmtpReceiver, count: number): Promise<void> {
  const wanted = relay.mails.length + count;
  for (let tries = 0; tries < 4000 && relay.mails.length < wanted; tries += 1) await pause(5);
  if (relay.mails.length < wanted) throw new Error('No more mail came.');
}

/** Waits until everybody has been told; answers how many messages were one too many. */
export async function doublesOnceAllAreTold(relay: SmtpReceiver, dataDir: string, count: number) {
  for (let tries = 0; tries < 900; tries += 1) {
    const [first, ...rest] = deliveryStatesOf(dataDir);
    if (rest.length === 0 && first?.state === 2 && first.n === count) break;
    await pause(100);
  }
  const received = recipientsOf(relay);
  const lost = count - new Set(received).size;
  return { lost, doubles: received.length - count, unlike: contradictions(relay) };
}

/** Addresses that got two messages that are not the same to the byte. */
function contradictions({ mails }: SmtpReceiver): string[] {
  const first = new Map<string | undefined, string>();
  for (const { to, raw } of mails) if (!first.has(to[0])) first.set(to[0], raw);
  return mails.filter(({ to, raw }) => first.get(to[0]) !== raw).map(({ to }) => to[0] ?? '');
}
