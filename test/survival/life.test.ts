// The serving process from the outside: first start, refusals, the orderly end.
import { mkdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/kernel.ts';
import { freePort, pause, runCli, startProcess } from '../support/process.ts';

const place = async (environment: Record<string, string> = {}) => ({
  dataDir: `${temporaryFolder()}/data`,
  port: await freePort(),
  environment,
});

describe('a serving process', { timeout: 90_000 }, () => {
  it('makes everything at its first start and prints a set-up link that works once', async () => {
    const server = await startProcess(await place());
    const link = /http:\/\/localhost:\d+(\/admin\/set-up\/\S+)/.exec(server.output());
    expect(link).not.toBeNull();
    expect((await fetch(link![0])).status).toBe(200);
    const home = await (await fetch(server.url)).text();
    for (const name of ['API', 'Web app', 'Payments']) expect(home).toContain(name);
    expect(await server.end('SIGTERM')).toBe(0);
  });

  it('prints no link when ADMIN_EMAIL and ADMIN_PASSWORD make the owner', async () => {
    const owner = { ADMIN_EMAIL: 'owner@example.test', ADMIN_PASSWORD: 'a long enough phrase' };
    const server = await startProcess(await place(owner));
    expect(server.output()).not.toContain('/admin/set-up/');
    const body = new URLSearchParams({
      email: 'owner@example.test',
      password: 'a long enough phrase',
    });
    const headers = { origin: server.url };
    const answer = await fetch(`${server.url}/admin/sign-in`, {
      method: 'POST',
      body,
      headers,
      redirect: 'manual',
    });
    expect(answer.status).toBe(303);
    expect(answer.headers.get('set-cookie')).toMatch(/sid=.*HttpOnly/);
  });

  it('writes JSON logs without secrets', async () => {
    const server = await startProcess(await place());
    await fetch(`${server.url}/unsubscribe/a-very-secret-token-value`);
    await fetch(`${server.url}/nowhere`);
    await server.end('SIGTERM');
    const lines = server
      .output()
      .trim()
      .split('\n')
      .filter((line) => !line.startsWith('Set up'));
    const entries = lines.map((line) => JSON.parse(line) as { level: string });
    expect(entries.length).toBeGreaterThan(2);
    expect(server.output()).not.toContain('a-very-secret-token-value');
  });

  it('refuses beside another on the same file, naming it (F-25)', async () => {
    const first = await place();
    const server = await startProcess(first);
    const second = startProcess({ ...first, port: await freePort() });
    await expect(second).rejects.toThrow(new RegExp(`process ${server.pid}\\b`));
  });

  it('starts again at once after a kill', async () => {
    const where = await place();
    await (await startProcess(where)).end('SIGKILL');
    const again = await startProcess(where);
    expect((await fetch(again.url)).status).toBe(200);
  });

  it('refuses a faulty configuration, listing all of it', async () => {
    const starting = startProcess(await place({ PUBLIC_URL: 'nonsense', LOG_LEVEL: 'loud' }));
    await expect(starting).rejects.toThrow(/PUBLIC_URL[\s\S]*LOG_LEVEL/);
  });

  it('finishes a request in flight before it exits 0 (F-16)', async () => {
    const server = await startProcess(await place());
    const slow = fetch(`${server.url}/subscribe`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      duplex: 'half',
      body: new ReadableStream({
        async start(controller) {
          controller.enqueue(new TextEncoder().encode('email=ann%40exam'));
          await pause(2500);
          controller.enqueue(new TextEncoder().encode('ple.test'));
          controller.close();
        },
      }),
    });
    await pause(1000);
    const ended = server.end('SIGTERM');
    expect((await slow).status).toBe(200);
    expect(await ended).toBe(0);
  });
});

describe('the command line', { timeout: 90_000 }, () => {
  it('prints a token alone, which then works; and counts and verifies the record', async () => {
    const where = await place();
    const server = await startProcess(where);
    const { stdout } = await runCli(
      where,
      'token',
      'create',
      '--name',
      'deploys',
      '--role',
      'comms_lead',
    );
    expect(stdout).toMatch(/^\S{32,}\n$/);
    const summary = (await (await fetch(`${server.url}/api/v2/summary.json`)).json()) as {
      page: { id: string };
    };
    const url = `${server.url}/v1/pages/${summary.page.id}/incidents`;
    const answer = await fetch(url, { headers: { authorization: `OAuth ${stdout.trim()}` } });
    expect([answer.status, await answer.json()]).toEqual([200, []]);
    const verified = await runCli(where, 'audit', 'verify');
    expect(verified).toMatchObject({ code: 0, stdout: expect.stringMatching(/whole: \d+ events/) });
  });

  it('seeds beside a running server, which shows it within moments', async () => {
    const where = await place();
    const server = await startProcess(where);
    expect((await runCli(where, 'seed', '--incidents', '6', '--subscribers', '120')).code).toBe(0);
    await pause(1500);
    const list = (await (await fetch(`${server.url}/api/v2/incidents.json`)).json()) as {
      incidents: { status: string; created_at: string }[];
    };
    expect(list.incidents).toHaveLength(6);
    expect(new Set(list.incidents.map(({ status }) => status))).toEqual(new Set(['resolved']));
    const dates = list.incidents.map(({ created_at }) => created_at);
    expect(dates).toEqual(dates.toSorted().toReversed());
  });

  it('backs up beside a server, and restores only without one, holding what was not sent', async () => {
    const where = await place();
    const server = await startProcess(where);
    await runCli(where, 'seed', '--incidents', '2', '--subscribers', '3');
    const file = `${where.dataDir}/../copy.db`;
    const backup = await runCli(where, 'backup', file);
    expect(backup.code).toBe(0);
    const refused = await runCli(where, 'restore', file);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(`process ${server.pid}`);
    await server.end('SIGTERM');
    await runCli(where, 'seed', '--incidents', '1', '--subscribers', '0');
    const restored = await runCli(where, 'restore', file);
    expect(restored).toMatchObject({ code: 0 });
    const again = await startProcess(where);
    const list = (await (await fetch(`${again.url}/api/v2/incidents.json`)).json()) as {
      incidents: unknown[];
    };
    expect(list.incidents).toHaveLength(2);
    const { head } = JSON.parse(backup.stdout) as { head: string };
    expect((await runCli(where, 'audit', 'verify', '--head', head)).code).toBe(0);
  });

  it.each([
    [['frobnicate'], 2, /no command/],
    [['token', 'create', '--name', 'x'], 2, /--role/],
    [['token', 'create', '--name', 'x', '--role', 'king'], 2, /viewer/],
    [['backup'], 2, /one file/],
    [['restore', '/nowhere/at/all.db'], 1, /no file/],
    [['audit', 'verify', '--head', 'x'], 2, /SEQ:HASH/],
    [['audit', 'verify'], 1, /no database/],
  ])('says what is wrong with %j', async (args, code, message) => {
    const where = await place();
    mkdirSync(where.dataDir, { recursive: true });
    const result = await runCli(where, ...args);
    expect(result.code).toBe(code);
    expect(result.stderr).toMatch(message);
  });
});
