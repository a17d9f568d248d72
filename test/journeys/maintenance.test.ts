// Planned work from both sides: an owner schedules it, a visitor who asked for maintenance only reads of it,
// the clock starts it, and the owner says when it is over.
import { expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { minutes } from '../../src/shared/clock.ts';
import { describeInBrowser, expectAccessible, watchComplaints } from '../support/browser.ts';
import { addAccount, password, startSite, type TestSite, untilShown } from '../support/site.ts';
import { type SmtpReceiver, smtpReceiver } from '../support/smtp.ts';

const patience = { timeout: 20_000, interval: 50 };
const customer = 'customer@example.test';

async function subscribeToMaintenance(page: Page, site: TestSite, relay: SmtpReceiver) {
  await page.goto(`${site.url}/subscribe`);
  const form = page.locator('form', { has: page.getByRole('button', { name: 'Subscribe' }) });
  await form.getByLabel('Email address').fill(customer);
  await form.getByLabel('Incidents').uncheck();
  await form.getByRole('button', { name: 'Subscribe' }).click();
  await page.getByRole('heading', { name: 'Check your inbox' }).waitFor();
  await expect.poll(() => relay.to(customer).length, patience).toBe(1);
  const text = relay.to(customer)[0]?.parsed.text ?? '';
  await page.goto(/https?:\S*\/subscriptions\/confirm\/\S*/.exec(text)?.[0] ?? '');
  expect(await page.locator('.points').innerText()).toMatch(/^scheduled maintenance/i);
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.getByRole('heading', { name: 'You are subscribed' }).waitFor();
}

async function schedule(page: Page, site: TestSite) {
  await page.goto(`${site.url}/admin/maintenance`);
  await page.getByRole('link', { name: 'Schedule maintenance' }).click();
  await page.getByLabel('Title').fill('Database upgrade');
  await page.getByLabel('Begins').fill('2026-11-22T16:00');
  await page.getByLabel('Ends').fill('2026-11-22T17:30');
  await page.getByLabel('Payments', { exact: true }).selectOption('under_maintenance');
  await page.getByRole('textbox', { name: 'Announcement' }).fill('Payments **pause** for a while.');
  await page.getByRole('button', { name: 'Announce' }).click();
  await page.waitForURL(/\/admin\/maintenance\/[0-9a-z]{12}/);
}

async function signIn(page: Page, site: TestSite, email: string): Promise<void> {
  await page.goto(`${site.url}/admin`);
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(`${site.url}/admin`);
}

/** The page as it is now: for ten seconds a browser may show the one it has. */
async function lookAgain(page: Page, site: TestSite): Promise<void> {
  await page.goto(site.url);
  await page.reload();
}

/** What the newest of so many mails to the customer says first: its state, then the title. */
async function newestMail(relay: SmtpReceiver, count: number): Promise<string> {
  await expect.poll(() => relay.to(customer).length, patience).toBe(count);
  return relay.to(customer).at(-1)?.parsed.text?.split('\n')[0] ?? '';
}

describeInBrowser('scheduled maintenance', (open) => {
  it('is announced, begins by the clock and ends by a word', async () => {
    const relay = await smtpReceiver();
    const site = await startSite({ SMTP_URL: relay.url });
    await addAccount(site, 'comms_lead', 'lead@example.test');
    const visitor = await open({ viewport: { width: 390, height: 800 } });
    const owner = await open();
    const complaints = [visitor, owner].map((page) => watchComplaints(page, site.url));
    await subscribeToMaintenance(visitor, site, relay);
    await signIn(owner, site, 'lead@example.test');

    await schedule(owner, site);
    const desk = owner.url();
    expect(await owner.getByRole('radio', { name: /a note/ }).isChecked()).toBe(true);
    await untilShown(site, 'Database upgrade');
    await visitor.goto(site.url);
    const upcoming = visitor.getByRole('region', { name: 'Upcoming maintenance' });
    expect(await upcoming.innerText()).toMatch(/Database upgrade[^]*22 Nov 2026, 16:00 UTC/);
    expect(await visitor.locator('h1').innerText()).toBe('All Systems Operational');
    expect(await newestMail(relay, 2)).toBe('Scheduled maintenance: Database upgrade');

    site.clock.advance(minutes(61));
    await site.app.tick();
    expect(await newestMail(relay, 3)).toBe('Begins in 60 minutes: Database upgrade');

    site.clock.advance(minutes(60));
    await site.app.tick();
    await untilShown(site, '"in_progress"');
    await lookAgain(visitor, site);
    const running = visitor.locator('article', { hasText: 'Maintenance in progress' });
    expect(await running.innerText()).toMatch(/Payments: under maintenance/);
    await expectAccessible(visitor);
    expect(await newestMail(relay, 4)).toBe('In progress: Database upgrade');

    site.clock.advance(minutes(50));
    await owner.goto(desk);
    await owner.getByRole('radio', { name: 'Completed' }).check({ force: true });
    await owner.getByRole('textbox', { name: /customers should know/ }).fill('Payments are back.');
    await owner.getByRole('button', { name: 'Publish update' }).click();
    await owner.locator('#timeline-title ~ *', { hasText: 'Payments are back.' }).waitFor();
    expect(await newestMail(relay, 5)).toBe('Completed: Database upgrade');
    await visitor.goto(`${site.url}/maintenance/${new URL(desk).pathname.split('/').at(-1)}`);
    expect(await visitor.locator('main').innerText()).toMatch(/Completed[^]*Payments are back\./);
    await lookAgain(visitor, site);
    expect(await visitor.getByText('Maintenance in progress').count()).toBe(0);
    expect(complaints).toEqual([[], []]);
  });
});
