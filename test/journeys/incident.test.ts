// The main job in a real browser, on the real server, with a real SMTP server receiving.
import { expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { minutes } from '../../src/shared/clock.ts';
import { describeInBrowser, expectAccessible, watchComplaints } from '../support/browser.ts';
import { freePort, startProcess } from '../support/process.ts';
import { addAccount, password, startSite, type TestSite } from '../support/site.ts';
import { type ReceivedMail, type SmtpReceiver, smtpReceiver } from '../support/smtp.ts';
import { temporaryFolder } from '../support/kernel.ts';

const patience = { timeout: 20_000, interval: 100 };

async function signIn(page: Page, site: { url: string }, email: string): Promise<void> {
  await page.goto(`${site.url}/admin`);
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(`${site.url}/admin`);
}

/** The link in a mail's text that leads to a path. */
function linkIn(mail: ReceivedMail | undefined, path: string): string {
  const link = new RegExp(`https?://\\S*${path}\\S*`).exec(mail?.parsed.text ?? '');
  if (!link) throw new Error(`No link to ${path} in: ${mail?.parsed.text}`);
  return link[0];
}

async function subscribe(page: Page, site: TestSite, relay: SmtpReceiver, email: string) {
  await page.goto(site.url);
  await page.getByLabel('Email address').fill(email);
  await page.getByRole('button', { name: 'Subscribe' }).click();
  await expect.poll(() => relay.to(email).length, patience).toBe(1);
  await page.goto(linkIn(relay.to(email)[0], '/subscriptions/confirm/'));
  await page.getByRole('button').click();
  await page
    .getByText(/confirmed|subscribed/i)
    .first()
    .waitFor();
}

async function declare(page: Page, site: TestSite, title: string, words: string) {
  await page.goto(`${site.url}/admin`);
  await page.getByRole('link', { name: 'Declare incident' }).first().click();
  await page.getByLabel('Title').fill(title);
  await page.locator('input[name=severity][value="1"]').check();
  await page.locator('input[name=visibility][value=public]').check();
  await page.getByLabel('Payments').selectOption('major_outage');
  await page.getByLabel('First words').fill(words);
  await page.getByRole('button', { name: 'Declare and publish' }).click();
  await page.waitForURL(/\/admin\/incidents\/[0-9a-z]{12}/);
}

async function publish(page: Page, state: string, words: string) {
  await page.getByRole('radio', { name: state }).check({ force: true });
  await page.getByLabel('What customers should know').fill(words);
  await page.getByRole('button', { name: 'Publish update' }).click();
  await page.locator('#timeline').getByText(words).first().waitFor();
}

/** Opens the waiting email, writes what only a person can say, and sends it. */
async function sendEmail(page: Page, state: string) {
  await page.goto(`${new URL(page.url()).origin}/admin`);
  await page
    .getByRole('link', { name: new RegExp(`^Review ?: ${state} email`) })
    .first()
    .click();
  const prompts = page.locator('textarea[data-prompt]');
  for (let n = 0; n < (await prompts.count()); n += 1) {
    await prompts.nth(n).fill(`A person's words for ${state}, ${n}.`);
  }
  await page.getByRole('button', { name: 'Review and send' }).click();
  await page.getByRole('button', { name: /^Send to/ }).click();
  await page.waitForURL(/\/admin\/emails\/\d+/);
}

describeInBrowser('the main job', (open) => {
  it('sets up the owner from the printed link', async () => {
    const place = { dataDir: `${temporaryFolder()}/data`, port: await freePort() };
    const server = await startProcess(place);
    const link = /http:\S+\/admin\/set-up\/\S+/.exec(server.output())?.[0] ?? '';
    const page = await open();
    const complaints = watchComplaints(page, server.url);
    await page.goto(link);
    await expectAccessible(page);
    await page.getByLabel('Your name').fill('Ada');
    await page.getByLabel('Email').fill('ada@example.test');
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.getByText('No open incidents').waitFor();
    expect((await page.request.get(link)).status()).toBe(404);
    expect(complaints).toEqual([]);
    await server.end('SIGTERM');
  });

  it('declares, publishes to Resolved, and mails each stage', async () => {
    const relay = await smtpReceiver();
    const site = await startSite({
      SMTP_URL: relay.url,
      MAIL_FROM: 'Acme Status <status@example.test>',
    });
    await addAccount(site, 'comms_lead', 'lead@example.test');
    const page = await open();
    const complaints = watchComplaints(page, site.url);
    await subscribe(page, site, relay, 'customer@example.test');
    await signIn(page, site, 'lead@example.test');

    await declare(page, site, 'Card payments fail', 'About a third of card payments fail.');
    const incidentUrl = page.url();
    await sendEmail(page, 'Investigating');
    const story = [
      ['Identified', 'A certificate has expired. We are replacing it.'],
      ['Monitoring', 'The certificate is replaced and payments succeed.'],
      ['Resolved', 'Payments work. A certificate had expired. We apologise.'],
    ] as const;
    for (const [state, words] of story) {
      site.clock.advance(minutes(10));
      await page.goto(incidentUrl);
      await publish(page, state, words);
      const home = await (await fetch(site.url)).text();
      expect(home).toContain(words);
      await sendEmail(page, state);
      const sentSoFar = story.findIndex(([name]) => name === state) + 2;
      await expect
        .poll(() => incidentMails(relay, 'customer@example.test').length, patience)
        .toBe(sentSoFar);
    }

    const summary = (await (await fetch(`${site.url}/api/v2/summary.json`)).json()) as {
      status: { indicator: string };
      incidents: unknown[];
    };
    expect([summary.status.indicator, summary.incidents]).toEqual(['none', []]);
    const feed = await (await fetch(`${site.url}/feed.atom`)).text();
    for (const state of ['Investigating', 'Identified', 'Monitoring', 'Resolved']) {
      expect(feed).toContain(`[${state}] Card payments fail`);
    }

    const mails = incidentMails(relay, 'customer@example.test');
    expect(mails.map(({ parsed }) => parsed.subject)).toEqual(
      Array(4).fill(mails[0]?.parsed.subject),
    );
    const threads = mails.map(({ parsed }) => String(parsed.references));
    expect(new Set(threads).size).toBe(1);
    expect(mails.at(-1)?.parsed.text).toContain("A person's words for Resolved, 0.");
    expect(complaints).toEqual([]);
    await page.goto(incidentUrl);
    expect(await page.locator('#incident-head').innerText()).toMatch(/the clock has stopped/i);
  });

  it('ends all mail by one click, without cookie or token', async () => {
    const relay = await smtpReceiver();
    const site = await startSite({ SMTP_URL: relay.url });
    await addAccount(site, 'comms_lead', 'lead@example.test');
    const page = await open();
    for (const name of ['stays', 'leaves'])
      await subscribe(page, site, relay, `${name}@example.test`);
    await signIn(page, site, 'lead@example.test');
    await declare(page, site, 'Search is slow', 'Search answers slowly.');
    const incidentUrl = page.url();
    await sendEmail(page, 'Investigating');
    await expect.poll(() => incidentMails(relay, 'leaves@example.test').length, patience).toBe(1);

    const list = incidentMails(relay, 'leaves@example.test')[0]?.parsed.headers.get('list') as
      { unsubscribe?: { url: string } } | undefined;
    const url = list?.unsubscribe?.url ?? '';
    expect((await fetch(url)).status).toBe(200);
    const body = new URLSearchParams({ 'List-Unsubscribe': 'One-Click' });
    const statuses = [];
    for (let n = 0; n < 2; n += 1) {
      statuses.push((await fetch(url, { method: 'POST', body, redirect: 'manual' })).status);
    }
    expect(statuses).toEqual([200, 200]);

    await page.goto(incidentUrl);
    await publish(page, 'Identified', 'An index is missing.');
    await sendEmail(page, 'Identified');
    await expect.poll(() => incidentMails(relay, 'stays@example.test').length, patience).toBe(2);
    expect(incidentMails(relay, 'leaves@example.test')).toHaveLength(1);
  });

  it('warns without reloading when the promise comes near and when it is missed', async () => {
    const relay = await smtpReceiver();
    const site = await startSite({ SMTP_URL: relay.url });
    await addAccount(site, 'comms_lead', 'lead@example.test');
    const page = await open();
    await signIn(page, site, 'lead@example.test');
    await declare(page, site, 'Payments fail', 'We are looking into it.');
    await page.goto(`${site.url}/admin`);
    await page.locator('.clock-card[data-tone=calm]').waitFor();
    expect(await page.locator('#banners .banner-overdue').count()).toBe(0);

    const toLead = () => relay.to('lead@example.test').length;
    const moments = [
      [20, '.clock-card[data-tone=soon]', 1],
      [5, '.clock-card[data-tone=soon]', 2],
      [7, '#banners .banner-overdue', 3],
    ] as const;
    for (const [step, sight, mails] of moments) {
      site.clock.advance(minutes(step));
      await site.app.tick();
      await page.locator(sight).waitFor({ timeout: 15_000 });
      await expect.poll(toLead, patience).toBe(mails);
    }
    expect(await page.title()).toMatch(/^\(!\) overdue by 2 min/);
    await expectAccessible(page);

    const bare = await open({
      javaScriptEnabled: false,
      storageState: await page.context().storageState(),
    });
    await bare.goto(`${site.url}/admin`);
    expect(await bare.locator('#banners').innerText()).toMatch(/overdue by 2 min/);
    await bare.getByRole('button', { name: 'Still investigating' }).click();
    expect(await bare.locator('#banners .banner-overdue').count()).toBe(0);
    await page.locator('#banners .banner-overdue').waitFor({ state: 'detached', timeout: 15_000 });
  });
});

/** What came about incidents, confirmations apart. */
const incidentMails = (relay: SmtpReceiver, address: string) =>
  relay.to(address).filter(({ parsed }) => parsed.references !== undefined);
