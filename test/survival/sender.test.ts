// The process that sends: its orderly end, its return, and what is said when it cannot work.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { holdLock } from '../../src/db/serve-lock.ts';
import { createPostOffice } from '../../src/post-office.ts';
import { seconds } from '../../src/shared/clock.ts';
import { silentLog } from '../../src/shared/log.ts';
import { onEnd, temporaryFolder, testKernel } from '../support/kernel.ts';
import { freePort, pause, startProcess } from '../support/process.ts';
import { smtpReceiver } from '../support/smtp.ts';
import {
  deliveryStatesOf,
  doublesOnceAllAreTold,
  isAlive,
  mailingServer,
  moreMail,
  nextSender,
  senderOf,
  takingTime,
} from './sending.ts';

describe('SIGTERM in the middle of a sending', { timeout: 120_000 }, () => {
  it('lets what is on its way arrive, exits 0, and the next start goes on; nothing twice (F-16)', async () => {
    const relay = await smtpReceiver();
    takingTime(relay, 100);
    const { where, server } = await mailingServer(`${relay.url}?maxConnections=5`, 120);
    const sender = await nextSender(where.dataDir);
    await moreMail(relay, 10);
    expect(await server.end('SIGTERM')).toBe(0);
    expect(isAlive(sender)).toBe(false);
    const [queued, sent, ...others] = deliveryStatesOf(where.dataDir);
    expect(others).toEqual([]);
    expect(sent).toEqual({ state: 2, n: relay.mails.length });
    expect(queued).toEqual({ state: 0, n: 120 - relay.mails.length });

    takingTime(relay, 1);
    const again = await startProcess(where);
    const told = await doublesOnceAllAreTold(relay, where.dataDir, 120);
    expect(told).toEqual({ lost: 0, doubles: 0, unlike: [] });
    expect(await again.end('SIGTERM')).toBe(0);
  });

  it('does not wait for a relay that never answers: exits 0 within 25 s', async () => {
    const relay = await smtpReceiver();
    const { where, server } = await mailingServer(`${relay.url}?maxConnections=5`, 20);
    relay.beforeAnswer(() => new Promise(() => {}));
    await nextSender(where.dataDir);
    await pause(500);
    const began = performance.now();
    expect(await server.end('SIGTERM')).toBe(0);
    expect(performance.now() - began).toBeLessThan(25_000);
    expect(deliveryStatesOf(where.dataDir).map(({ state }) => state)).not.toContain(1);
  });
});

async function office(environment: Record<string, string> = {}) {
  let ends = 0;
  const kernel = await testKernel();
  const log = { ...silentLog, error: () => void (ends += 1) };
  const post = createPostOffice(
    { ...kernel, log },
    {
      PATH: process.env['PATH'] ?? '',
      DATA_DIR: kernel.dataDir,
      LOG_LEVEL: 'silent',
      ...environment,
    },
  );
  onEnd(() => post.stop(0));
  return { post, kernel, ends: () => ends };
}

async function until(check: () => boolean): Promise<void> {
  for (let tries = 0; tries < 600 && !check(); tries += 1) await pause(50);
  expect(check()).toBe(true);
}

describe('a sender that cannot work', { timeout: 60_000 }, () => {
  it('is missed after half a minute, and no longer once it works', async () => {
    const { post, kernel } = await office();
    const unlock = holdLock(kernel.dataDir, 'sender');
    post.start();
    expect(post.isOpen()).toBe(true);
    kernel.clock.advance(seconds(31));
    await pause(1500);
    expect(post.isOpen()).toBe(false);
    unlock();
    await until(() => post.isOpen());
    const sender = senderOf(kernel.dataDir);
    // One that dies is not missed at once: another comes.
    process.kill(sender, 'SIGKILL');
    await nextSender(kernel.dataDir, sender);
    expect(post.isOpen()).toBe(true);
  });

  it('is missed when it is started over and over in vain', async () => {
    const DKIM_KEY_FILE = join(temporaryFolder(), 'gone.pem');
    const dkim = { DKIM_DOMAIN: 'acme.test', DKIM_SELECTOR: 's1', DKIM_KEY_FILE };
    const { post, kernel, ends } = await office(dkim);
    post.start();
    await until(() => ends() >= 1);
    kernel.clock.advance(seconds(31));
    await until(() => ends() >= 2);
    expect(post.isOpen()).toBe(false);
    const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    writeFileSync(DKIM_KEY_FILE, key.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 });
    await until(() => post.isOpen());
  });
});

describe('a key that mail cannot be signed with', { timeout: 60_000 }, () => {
  it.each([
    ['is missing', undefined, /DKIM_KEY_FILE/],
    ['is no key', 'nonsense', /DKIM_KEY_FILE/],
    [
      'is of another kind',
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
        format: 'pem',
        type: 'pkcs8',
      }),
      /DKIM_KEY_FILE/,
    ],
  ])('keeps the server from starting where it %s', async (_, content, message) => {
    const file = join(temporaryFolder(), 'dkim.pem');
    if (content !== undefined) writeFileSync(file, content, { mode: 0o600 });
    const environment = { DKIM_DOMAIN: 'acme.test', DKIM_SELECTOR: 's1', DKIM_KEY_FILE: file };
    const dataDir = `${temporaryFolder()}/data`;
    const starting = startProcess({ dataDir, port: await freePort(), environment });
    await expect(starting).rejects.toThrow(message);
    await expect(starting).rejects.not.toThrow(/ at .*:\d+:\d+/);
  });
});
