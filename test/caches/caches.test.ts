// Behind real caches: a publish is seen in time, private things are never kept, and the page outlives the server.
import { describe, expect, it } from 'vitest';
import { onEnd, temporaryFolder } from '../support/kernel.ts';
import { freePort, pause, runCli, startProcess } from '../support/process.ts';
import { binaries, type Ports, startNginx, startVarnish } from './proxies.ts';

const proxies = { nginx: startNginx, varnish: startVarnish };

async function behind(start: (ports: Ports) => Promise<void>) {
  const ports = { port: await freePort(), upstream: await freePort() };
  const url = `http://localhost:${ports.port}`;
  const place = {
    dataDir: `${temporaryFolder()}/data`,
    port: ports.upstream,
    environment: { PUBLIC_URL: url },
  };
  const server = await startProcess(place);
  const { stdout } = await runCli(place, 'token', 'create', '--name', 'test', '--role', 'admin');
  await start(ports);
  onEnd(() => server.end('SIGKILL'));
  return { url, server, token: stdout.trim() };
}

const documents = ['/', '/api/v2/summary.json', '/feed.rss', '/history', '/api/v2/status.json'];

describe.each(['nginx', 'varnish'] as const)('behind %s', { timeout: 90_000 }, (name) => {
  const binary = binaries[name];
  if (!binary && !process.env['CI']) {
    process.stderr.write(`\n*** NOT RUN: caches behind ${name}, which is not installed. ***\n\n`);
    it.skip('is not installed', () => {});
    return;
  }

  it('serves a publish in time, keeps nothing private, and outlives the server', async () => {
    if (!binary) throw new Error(`${name} is missing: CI must install it.`);
    const { url, server, token } = await behind(proxies[name]);
    const get = (path: string) => fetch(url + path, { headers: { cookie: 'a=b' } });
    for (const path of documents) expect((await get(path)).status, path).toBe(200);

    const { page } = (await (await get('/api/v2/status.json')).json()) as { page: { id: string } };
    const incidents = `${url}/v1/pages/${page.id}/incidents`;
    const made = await fetch(incidents, {
      method: 'POST',
      headers: { authorization: `OAuth ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        incident: { name: 'Cache trouble', body: 'We look.', deliver_notifications: false },
      }),
    });
    expect(made.status).toBe(201);
    const published = performance.now();
    const missing = new Set(['/', '/api/v2/summary.json', '/feed.rss']);
    while (missing.size > 0 && performance.now() - published < 20_000) {
      for (const path of missing) {
        if ((await (await get(`${path}?t=${Math.random()}`)).text()).includes('Cache trouble')) {
          missing.delete(path);
        }
      }
      await pause(200);
    }
    expect((performance.now() - published) / 1000).toBeLessThan(11.5);

    const signIns = await Promise.all([get('/admin/sign-in'), get('/admin/sign-in')]);
    for (const answer of signIns) {
      expect(answer.headers.get('cache-control')).toBe('private, no-store');
      expect(answer.headers.get('x-cache')).not.toBe('HIT');
      expect(Number(answer.headers.get('age') ?? 0)).toBe(0);
    }
    const listed = await fetch(incidents, { headers: { authorization: `OAuth ${token}` } });
    expect(listed.status).toBe(200);
    expect((await fetch(incidents)).status).toBe(401);

    await server.end('SIGKILL');
    await pause(12_000);
    for (const path of ['/', '/api/v2/summary.json', '/feed.rss']) {
      const answer = await get(path);
      expect(answer.status, path).toBe(200);
      expect(await answer.text(), path).toContain('Cache trouble');
    }
    for (const path of ['/admin/sign-in', `/v1/pages/${page.id}/incidents`]) {
      expect((await get(path)).status, path).toBeGreaterThanOrEqual(500);
    }
  });
});
