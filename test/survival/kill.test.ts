// kill -9 while publishing and while sending: nothing half, nobody lost, hardly anybody twice.
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/kernel.ts';
import { freePort, pause, runCli, type ServerPlace, startProcess } from '../support/process.ts';
import { smtpReceiver } from '../support/smtp.ts';
import {
  apiOf,
  deliveryStatesOf,
  doublesOnceAllAreTold,
  mailingServer,
  moments,
  moreMail,
  nextSender,
  query,
  senderOf,
  takingTime,
} from './sending.ts';

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

const lanes = 5;
const subscribers = 400;
const options = `?maxConnections=${lanes}`;

describe('kill -9 while sending (F-01)', { timeout: 180_000 }, () => {
  it('of both processes at once loses nobody, and doubles no more than the open connections', async () => {
    const relay = await smtpReceiver();
    takingTime(relay, 4);
    const { where, server: first } = await mailingServer(relay.url + options, subscribers);
    const { dataDir } = where;
    const kills = moments(5, 80);
    let server = first;
    let sender = await nextSender(dataDir);
    for (const moment of kills) {
      await moreMail(relay, 15);
      await pause(moment);
      process.kill(sender, 'SIGKILL');
      await server.end('SIGKILL');
      server = await startProcess(where);
      sender = await nextSender(dataDir, sender);
    }
    const told = await doublesOnceAllAreTold(relay, dataDir, subscribers);
    expect(told).toMatchObject({ lost: 0, unlike: [] });
    expect(told.doubles).toBeLessThanOrEqual(kills.length * lanes);
    expect(deliveryStatesOf(dataDir)).toEqual([{ state: 2, n: subscribers }]);
    expect(await server.end('SIGTERM')).toBe(0);
  });

  it('of the sender alone: another takes over, and the page never knows', async () => {
    const relay = await smtpReceiver();
    takingTime(relay, 4);
    const { where, server } = await mailingServer(relay.url + options, subscribers);
    const { dataDir } = where;
    const kills = moments(4, 80);
    let sender = await nextSender(dataDir);
    for (const moment of kills) {
      await moreMail(relay, 15);
      await pause(moment);
      process.kill(sender, 'SIGKILL');
      expect((await fetch(server.url)).status).toBe(200);
      expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
      sender = await nextSender(dataDir, sender);
    }
    const told = await doublesOnceAllAreTold(relay, dataDir, subscribers);
    expect(told).toMatchObject({ lost: 0, unlike: [] });
    expect(told.doubles).toBeLessThanOrEqual(kills.length * lanes);
    expect(senderOf(dataDir)).toBe(sender);
    expect(await server.end('SIGTERM')).toBe(0);
  });

  it('of the serving process alone: the sender notes what it has sent, and ends; nothing is doubled', async () => {
    const relay = await smtpReceiver();
    const seen = takingTime(relay, 300);
    const { where, server: first } = await mailingServer(relay.url + options, 100);
    let server = first;
    let sender = await nextSender(where.dataDir);
    for (const moment of moments(3, 200)) {
      await moreMail(relay, 5);
      await pause(moment);
      await server.end('SIGKILL');
      // At once, while the orphan still has mail on its way.
      server = await startProcess(where);
      sender = await nextSender(where.dataDir, sender);
    }
    takingTime(relay, 2);
    const told = await doublesOnceAllAreTold(relay, where.dataDir, 100);
    expect(told).toEqual({ lost: 0, doubles: 0, unlike: [] });
    // Two senders would have had twice as many on their way.
    expect(seen.most).toBe(lanes);
    expect(await server.end('SIGTERM')).toBe(0);
  });
});
