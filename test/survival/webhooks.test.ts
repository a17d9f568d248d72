// kill -9 between an update and the posts that tell of it: none is lost, hardly any comes twice, all in order.
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { openHouse } from '../../src/house.ts';
import { silentLog } from '../../src/shared/log.ts';
import { temporaryFolder } from '../support/kernel.ts';
import { freePort, pause, runCli, type ServerPlace, startProcess } from '../support/process.ts';
import { endpoint, hook } from '../webhooks/fixtures.ts';

const kills = [20, 110, 300];

describe('kill -9 while webhooks are told', { timeout: 180_000 }, () => {
  it('loses no update, and doubles at most one a kill', async () => {
    const there = await endpoint();
    there.behave((_, response) => void setTimeout(() => response.writeHead(204).end(), 30));
    const dataDir = `${temporaryFolder()}/data`;
    const house = await openHouse(readConfig({ DATA_DIR: dataDir }), { log: silentLog });
    await hook(house, `${there.url}/hook`);
    house.db.close();
    const environment = { WEBHOOK_ALLOW: '127.0.0.1' };
    const where: ServerPlace = { dataDir, port: await freePort(), environment };
    let server = await startProcess(where);
    const { stdout } = await runCli(where, 'token', 'create', '--name', 'test', '--role', 'admin');
    const { page } = (await (await fetch(`${server.url}/api/v2/status.json`)).json()) as {
      page: { id: string };
    };
    const send = async (method: string, path: string, incident: object) => {
      const answer = await fetch(`${server.url}/v1/pages/${page.id}/incidents${path}`, {
        method,
        headers: {
          authorization: `Bearer ${stdout.trim()}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({ incident }),
      });
      return (await answer.json()) as { id: string };
    };
    const first = { name: 'Payments fail', status: 'investigating', body: 'Update 0.' };
    const { id } = await send('POST', '', first);
    let said = 1;
    for (const moment of kills) {
      for (let n = 0; n < 2; n += 1) {
        await send('PATCH', `/${id}`, { status: 'identified', body: `Update ${said}.` });
        said += 1;
      }
      await pause(moment);
      await server.end('SIGKILL');
      server = await startProcess(where);
    }
    const told = () =>
      there.received.map(({ body, headers }) => ({
        id: headers['webhook-id'],
        words: (body as { data: { incident: { incident_updates: { body: string }[] } } }).data
          .incident.incident_updates[0]?.body,
      }));
    const distinct = () => [...new Map(told().map((one) => [one.id, one.words])).values()];
    for (let tries = 0; tries < 300 && distinct().length < said; tries += 1) await pause(100);
    expect(distinct()).toEqual(Array.from({ length: said }, (_, n) => `Update ${n}.`));
    expect(told().length - said).toBeLessThanOrEqual(kills.length);
    await server.end('SIGTERM');
  });
});
