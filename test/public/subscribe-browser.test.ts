// Asking for updates as browsers show it: every page of it, with and without script, narrow and wide.
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { eq } from 'drizzle-orm';
import { subscribers } from '../../src/db/schema.ts';
import { confirmToken, manageToken, unsubscribeToken } from '../../src/subscribers/tokens.ts';
import { describeInBrowser, expectAccessible, watchComplaints } from '../support/browser.ts';
import { declareIncident, publicSite, type PublicSite } from '../support/public-fixtures.ts';

const origin = 'https://status.example.com';

/** Lets `page` visit the site and send its forms; every other address is refused. */
async function connect(page: Page, site: PublicSite): Promise<void> {
  await page.route('**/*', async (route) => {
    const request = route.request();
    const url = new URL(request.url());
    if (url.origin !== origin) return route.abort();
    const body = request.postDataBuffer();
    const answer = await site.request(request.method(), url.pathname + url.search, {
      headers: await request.allHeaders(),
      ...(body && { body: new Uint8Array(body) }),
    });
    return route.fulfill({
      status: answer.status,
      headers: Object.fromEntries(answer.headers),
      body: Buffer.from(await answer.arrayBuffer()),
    });
  });
}

const fits = (page: Page) =>
  page.evaluate('document.documentElement.scrollWidth <= innerWidth') as Promise<boolean>;

async function linksOf(site: PublicSite, email = 'dana@example.test') {
  const { secretKey, clock, db } = site.kernel;
  const [row] = await db.read.select().from(subscribers).where(eq(subscribers.email, email));
  if (!row) throw new Error('nobody has subscribed');
  return {
    confirm: `${origin}/subscriptions/confirm/${confirmToken(secretKey, row, clock.now())}`,
    manage: `${origin}/subscriptions/manage/${manageToken(secretKey, row, clock.now())}`,
    leave: `${origin}/unsubscribe/${unsubscribeToken(secretKey, row)}`,
  };
}

type Look = (name: string) => Promise<void>;

/** From the incident to the end, with the keyboard's and the mouse's help, looking at every page on the way. */
async function goThrough(page: Page, site: PublicSite, incidentId: string, look: Look) {
  await page.goto(`${origin}/subscribe`);
  await look('subscribe');
  for (const channel of ['by-chat', 'by-webhook', 'by-feed']) {
    await page.locator(`#${channel} > summary`).click();
    await look(channel);
  }
  await page.locator('#by-webhook > summary').click();
  await page.locator('#webhook-endpoint').fill('https://10.0.0.1/hook');
  await page.locator('#webhook-email').fill('dana@example.test');
  await page.locator('#by-webhook button').click();
  await page.locator('#webhook-endpoint-error').waitFor();
  await look('webhook-refused');
  await expect(page.locator('#webhook-endpoint').inputValue()).resolves.toBe(
    'https://10.0.0.1/hook',
  );
  await page.goto(`${origin}/incidents/${incidentId}`);
  await look('incident');
  await page.locator('.follow input[type=email]').fill('dana..x@example.test');
  await page.locator('.follow button').press('Enter');
  await page.locator('#email-error').waitFor();
  await look('follow-refused');
  await expect(page.locator('.only').innerText()).resolves.toContain('Payments failing');
  await page.locator('#email').fill('dana@example.test');
  await page.locator('#by-email button').click();
  await page.getByRole('heading', { name: 'Check your inbox' }).waitFor();
  await look('inbox');
  const { confirm, manage, leave } = await linksOf(site);
  await page.goto(confirm);
  await look('confirm');
  await page.locator('main button').click();
  await page.getByRole('heading', { name: 'You are subscribed' }).waitFor();
  await look('confirmed');
  await page.goto(manage);
  await look('manage');
  await page.locator('input[value=maintenance]').check();
  await page.locator('.manage button').click();
  await page.locator('.done').waitFor();
  await look('saved');
  await page.goto(leave);
  await look('leave');
  await page.locator('main button').click();
  await page.getByRole('heading', { name: 'You are unsubscribed' }).waitFor();
  await look('left');
  await page.goto(manage);
  await look('dead');
  await page.goto(`${origin}/subscriptions/manage`);
  await look('link');
}

describeInBrowser('asking for updates', (open) => {
  it.each([
    ['light', 390],
    ['dark', 1280],
    ['light', 320],
  ] as const)('is accessible on every page, %s at %i', async (colorScheme, width) => {
    const site = await publicSite();
    const { incidentPublicId } = await declareIncident(site.kernel);
    const page = await open({ colorScheme, viewport: { width, height: 900 } });
    await connect(page, site);
    const complaints = watchComplaints(page, origin);
    await goThrough(page, site, incidentPublicId, async (name) => {
      await expectAccessible(page);
      expect(await fits(page), `${name} at ${width}`).toBe(true);
    });
    // Refusals and dead links are answers, which browsers note.
    expect(complaints.filter((one) => !/status of 4\d\d/.test(one))).toEqual([]);
  });

  it('works without script', async () => {
    const site = await publicSite();
    const { incidentPublicId } = await declareIncident(site.kernel);
    const page = await open({ javaScriptEnabled: false });
    await connect(page, site);
    const seen: string[] = [];
    await goThrough(page, site, incidentPublicId, async (name) => {
      seen.push(`${name}: ${await page.locator('h1').innerText()}`);
    });
    expect(seen).toContain('confirmed: You are subscribed');
    expect(seen).toContain('left: You are unsubscribed');
  });
});
