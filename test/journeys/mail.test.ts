// Mail at the desk in a real browser: live without a reload, with the keyboard, without script, on a phone, in the dark.
import { once } from 'node:events';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { createAccount } from '../../src/accounts/service.ts';
import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { saveRelayState } from '../../src/delivery/relay-store.ts';
import { systemActor } from '../../src/events/types.ts';
import { openHouse } from '../../src/house.ts';
import { claim } from '../../src/notifications/outbox.ts';
import { pause } from '../../src/notifications/service.ts';
import { silentLog } from '../../src/shared/log.ts';
import { quarantineFor } from '../../src/subscribers/quarantine.ts';
import { addMany, makeIncident, release, sent, settle } from '../notifications/fixtures.ts';
import { describeInBrowser, expectAccessible, watchComplaints } from '../support/browser.ts';
import { onEnd, temporaryFolder, testClock } from '../support/kernel.ts';
import { freePort } from '../support/process.ts';
import { password } from '../support/site.ts';

const relay = 'relay.example.test:587';

/** The desk with a relay and a message on its way, and no sender: the test moves it. */
async function startQuiet() {
  const port = await freePort();
  const config = readConfig({
    PORT: String(port),
    HOST: '127.0.0.1',
    DATA_DIR: temporaryFolder(),
    SMTP_URL: `smtp://${relay}`,
  });
  const kernel = await openHouse(config, { log: silentLog, clock: testClock() });
  const app = await createApp(config, kernel);
  app.server.listen(port, '127.0.0.1');
  await once(app.server, 'listening');
  onEnd(async () => {
    app.server.closeAllConnections();
    await app.stop();
    kernel.db.close();
  });
  const lead = { email: 'admin@example.test', name: 'Ada', role: 'admin', password } as const;
  await createAccount(kernel, systemActor, lead);
  await addMany(kernel, 6);
  await tellRelay(true);
  const id = await release(kernel, (await makeIncident(kernel)).id);

  async function tellRelay(isUp: boolean): Promise<void> {
    const now = kernel.clock.now();
    const fault = isUp ? '' : 'connect ECONNREFUSED';
    const state = { name: relay, isUp, since: now, fault, perMinute: 0, updatedAt: now };
    await kernel.db.write((tx) => saveRelayState(tx, state));
  }
  async function sendOne(): Promise<void> {
    const [claimed] = await claim(kernel, 'boot', 'bulk', 1);
    if (claimed) await settle(kernel, 'boot', claimed, sent);
  }
  return { url: config.publicUrl, kernel, id, tellRelay, sendOne };
}

async function signIn(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/admin`);
  await page.getByLabel('Email').fill('admin@example.test');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(`${url}/admin`);
}

describeInBrowser('mail at the desk', (open) => {
  const start = async (options: BrowserContextOptions = {}) => {
    const site = await startQuiet();
    const page = await open(options);
    await signIn(page, site.url);
    return { ...site, page };
  };

  it('moves without a reload, and keeps open what was opened', async () => {
    const { url, page, sendOne, tellRelay } = await start();
    const complaints = watchComplaints(page, url);
    await page.goto(`${url}/admin/mail`);
    await page.evaluate('document.body.dataset.kept = "yes"');
    await page.locator('.going-one summary').click();
    await sendOne();
    await page.locator('.going-count', { hasText: '1 of 6' }).waitFor();
    await page.getByText('1 person has it already.').waitFor();
    await tellRelay(false);
    await page.getByText('Not answering since').waitFor();
    await page.getByText('A mail server does not answer:').waitFor();
    expect(await page.evaluate('document.body.dataset.kept')).toBe('yes');
    expect(complaints).toEqual([]);
  });

  it('is steered with the keyboard', async () => {
    const { url, page, id } = await start();
    await page.goto(`${url}/admin/mail/notifications/${id}`);
    await page.locator('#confirm-cancel summary').focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Cancelled' }).waitFor();
    await page.getByText('A person took back what had not gone out.').waitFor();
  });

  it('works without script', async () => {
    const { url, page, sendOne } = await start({ javaScriptEnabled: false });
    await sendOne();
    await page.goto(`${url}/admin/mail`);
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.waitForURL(`${url}/admin/mail?done=paused`);
    await page.locator('.held summary').click();
    await page.getByRole('button', { name: 'Discard it' }).click();
    await page.waitForURL(`${url}/admin/mail?done=discarded`);
    expect(await page.locator('#recent').textContent()).toContain('Cancelled');
  });

  it.each(['light', 'dark'] as const)(
    'is accessible and fits a small phone, %s',
    async (scheme) => {
      const { url, page, kernel, id, tellRelay } = await start({ colorScheme: scheme });
      await kernel.db.write((tx) =>
        quarantineFor(tx, kernel, 6, { kind: 'hard', code: '5.1.1', source: 'smtp' }),
      );
      await tellRelay(false);
      await release(kernel, (await makeIncident(kernel, 'Another')).id);
      await pause(kernel, systemActor, id);
      const pages = ['', '?lane=direct', '/limits', `/notifications/${id}`].map(
        (at) => `/mail${at}`,
      );
      for (const path of [...pages, '/quarantine', '/mailbox']) {
        await page.setViewportSize({ width: 1280, height: 800 });
        await page.goto(`${url}/admin${path}`);
        for (const summary of await page.locator('.confirm summary').all()) await summary.click();
        await expectAccessible(page);
        for (const width of [320, 640]) {
          await page.setViewportSize({ width, height: 640 });
          const over = await page.evaluate<number>(
            'document.documentElement.scrollWidth - document.documentElement.clientWidth',
          );
          expect([path, width, Math.max(over, 0)]).toEqual([path, width, 0]);
        }
      }
    },
  );
});
