// kill -9 while publishing and while sending: nothing half, nobody lost, hardly anybody twice.
import { Driver } from '../../src/db/driver.ts';
import { describe, expect, it } from 'vitest';
import { databaseFile } from '../../src/db/open.ts';
import { temporaryFolder } from '../support/kernel.ts';
import { freePort, pause, runCli, type ServerPlace, startProcess } from '../support/process.ts';
import { type SmtpReceiver, smtpReceiver } from '../support/smtp.ts';

/** Different moments to die at, the same in every run. */
const moments = (count: number, longest: number) =>
  Array.from({ length: count }, (_, i) => 30 + ((i * 7919) % longest));

interface Api {
  send(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }>;
}

async function apiOf(where: ServerPlace, url: string): Promise<Api> {
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

function query<T>(dataDir: string, sql: string): T[] {
  const connection = new Driver(databaseFile(dataDir), { readonly: true });
  try {
    return connection.prepare(sql).all() as T[];
  } finally {
    connection.close();
  }
}

describe('kill -9 while publishing (F-02)', { timeout: 180_000 }, () => {
  it('keeps every acknowledged update whole, and none half', async () => {
    const where: ServerPlace = { dataDir: `${temporaryFolder()}/data`, port: await freePort() };
    let server = await startProcess(where);
    const api = await apiOf(where, server.url);
    const made = await api.send('POST', '/incidents', {
      incident: {
        name: 'Payments fail',
        status: 'investigating',
        body: 'We are looking.',
        deliver_notifications: false,
      },
    });
    const { id } = made.body as { id: string };
    const acknowledged: string[] = [];
    let round = 0;

    for (const moment of moments(8, 60)) {
      round += 1;
      const life = new AbortController();
      const publishing = (async () => {
        for (let n = 1; !life.signal.aborted; n += 1) {
          const words = `Round ${round}, update ${n}.`;
          try {
            const answer = await api.send('PATCH', `/incidents/${id}`, {
              incident: {
                status: n % 2 ? 'identified' : 'monitoring',
                body: words,
                deliver_notifications: false,
              },
            });
            if (answer.status === 200) acknowledged.push(words);
            if (answer.status === 429)
              throw new Error('The rate limit cannot be reached in this test.');
          } catch (error) {
            if (error instanceof TypeError || error instanceof SyntaxError) return;
            throw error;
          }
        }
      })();
      const before = acknowledged.length;
      while (acknowledged.length < before + 2) await pause(5);
      await pause(moment);
      await server.end('SIGKILL');
      life.abort();
      await publishing;
      server = await startProcess(where);
    }

    expect(acknowledged.length).toBeGreaterThan(8);
    const words = query<{ body: string }>(where.dataDir, 'select body from incident_updates').map(
      ({ body }) => body,
    );
    expect(acknowledged.filter((text) => !words.includes(text))).toEqual([]);
    const [incident] = query<{ state: string; newest: string; events: number; updates: number }>(
      where.dataDir,
      `select state,
         (select state from incident_updates order by id desc limit 1) as newest,
         (select count(*) from events where kind = 'incident.updated') as events,
         (select count(*) from incident_updates) as updates
       from incidents`,
    );
    expect(incident?.state).toBe(incident?.newest);
    expect(incident?.events).toBe(incident?.updates);
    expect((await runCli(where, 'audit', 'verify')).code).toBe(0);
  });
});

const recipientsOf = ({ mails }: SmtpReceiver) => mails.map(({ to }) => to[0] ?? '');

/** Addresses that got two messages that are not the same to the byte. */
function contradictions({ mails }: SmtpReceiver): string[] {
  const first = new Map(mails.map(({ to, raw }) => [to[0], raw]));
  return mails.filter(({ to, raw }) => first.get(to[0]) !== raw).map(({ to }) => to[0] ?? '');
}

describe('kill -9 while sending (F-01)', { timeout: 180_000 }, () => {
  it('loses nobody, and doubles no more than the open connections per kill', async () => {
    const relay = await smtpReceiver();
    relay.beforeAnswer(() => pause(4));
    const subscribers = 400;
    const kills = moments(5, 80);
    const lanes = 5;
    const where: ServerPlace = {
      dataDir: `${temporaryFolder()}/data`,
      port: await freePort(),
      environment: { SMTP_URL: relay.url, MAIL_FROM: 'Acme Status <status@example.test>' },
    };
    let server = await startProcess(where);
    await runCli(where, 'seed', '--incidents', '0', '--subscribers', String(subscribers));
    const api = await apiOf(where, server.url);
    const made = await api.send('POST', '/incidents', {
      incident: { name: 'Payments fail', status: 'investigating', body: 'We are looking.' },
    });
    expect(made.status).toBe(201);

    for (const moment of kills) {
      const before = relay.mails.length;
      while (relay.mails.length < before + 15) await pause(5);
      await pause(moment);
      await server.end('SIGKILL');
      server = await startProcess(where);
    }
    for (let tries = 0; tries < 900 && new Set(recipientsOf(relay)).size < subscribers; tries += 1)
      await pause(100);

    const received = recipientsOf(relay);
    expect(new Set(received).size).toBe(subscribers);
    const doubles = received.length - subscribers;
    expect(doubles).toBeLessThanOrEqual(kills.length * lanes);
    expect(contradictions(relay)).toEqual([]);
    const states = query<{ state: number; n: number }>(
      where.dataDir,
      'select state, count(*) as n from deliveries group by state',
    );
    // 2 is `sent`.
    expect(states).toEqual([{ state: 2, n: subscribers }]);
    await server.end('SIGTERM');
  });
});
