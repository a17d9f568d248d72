// Every page, light and dark: accessible, nothing refused by the policy, nothing fetched from elsewhere.
// And the public side with JavaScript off.
import { expect, it } from 'vitest';
import { declare, publishUpdate } from '../../src/incidents/service.ts';
import { systemActor } from '../../src/events/types.ts';
import { listComponents } from '../../src/components/service.ts';
import { minutes, plus } from '../../src/shared/clock.ts';
import { describeInBrowser, expectAccessible, watchComplaints } from '../support/browser.ts';
import { addAccount, password, startSite, type TestSite } from '../support/site.ts';

/** An open incident with two updates, a resolved one, and words that try to break out. */
async function story(site: TestSite): Promise<string> {
  const { components } = await listComponents(site.kernel.db.read);
  const payments = components.at(-1)?.publicId ?? '';
  const say = { email: { kind: 'draft' as const }, components: {} };
  const soon = () => plus(site.clock.now(), minutes(30));
  const first = { severity: 2, visibility: 'public', state: 'investigating' } as const;
  const past = await declare(site.kernel, systemActor, {
    ...first,
    ...say,
    title: 'Slow search',
    body: 'Search is slow.',
    nextUpdateBy: soon(),
  });
  site.clock.advance(minutes(20));
  const done = {
    state: 'resolved',
    body: 'Search is fast again. We apologise.',
    nextUpdateBy: null,
  } as const;
  await publishUpdate(site.kernel, systemActor, past.incidentPublicId, { ...say, ...done });
  const hostile = '<script>alert(1)</script> & "quotes" <img src=x onerror=alert(2)>';
  const { incidentPublicId } = await declare(site.kernel, systemActor, {
    ...first,
    ...say,
    title: `Payments fail ${hostile}`,
    body: `It fails. ${hostile}`,
    nextUpdateBy: soon(),
    components: { [payments]: 'partial_outage' },
  });
  site.clock.advance(minutes(5));
  const more = {
    state: 'identified',
    body: 'A **certificate** expired.',
    nextUpdateBy: soon(),
  } as const;
  await publishUpdate(site.kernel, systemActor, incidentPublicId, { ...say, ...more });
  return incidentPublicId;
}

const publicPaths = (id: string) => [
  '/',
  `/incidents/${id}`,
  '/history',
  '/history/2026-11',
  '/subscribe',
  '/nowhere',
];

const deskPaths = (id: string) => [
  '/admin',
  '/admin/incidents',
  '/admin/incidents/new',
  `/admin/incidents/${id}`,
  '/admin/emails/3',
  '/admin/emails/3/review',
  '/admin/components',
  '/admin/subscribers',
  '/admin/settings',
  '/admin/settings/appearance',
  '/admin/settings/shown',
  '/admin/mailbox',
  '/admin/accounts',
  '/admin/tokens',
  '/admin/password',
];

describeInBrowser('every page', (open) => {
  it.each(['light', 'dark'] as const)(
    'of the public side is accessible, %s',
    async (colorScheme) => {
      const site = await startSite();
      const id = await story(site);
      const page = await open({ colorScheme });
      const complaints = watchComplaints(page, site.url);
      for (const path of publicPaths(id)) {
        await page.goto(site.url + path);
        await expectAccessible(page);
      }
      expect(complaints.filter((text) => !text.includes('404'))).toEqual([]);
    },
  );

  it.each(['light', 'dark'] as const)('of the desk is accessible, %s', async (colorScheme) => {
    const site = await startSite();
    const id = await story(site);
    await addAccount(site, 'admin', 'admin@example.test');
    const page = await open({ colorScheme });
    const complaints = watchComplaints(page, site.url);
    await page.goto(`${site.url}/admin`);
    await expectAccessible(page);
    await page.getByLabel('Email').fill('admin@example.test');
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(`${site.url}/admin`);
    for (const path of deskPaths(id)) {
      const response = await page.goto(site.url + path);
      expect([path, response?.status()]).toEqual([path, 200]);
      await expectAccessible(page);
    }
    expect(complaints).toEqual([]);
  });
});

describeInBrowser('the public side without JavaScript', (open) => {
  it('shows the incident, its promise, the history, and takes a subscription', async () => {
    const site = await startSite();
    const id = await story(site);
    const page = await open({ javaScriptEnabled: false });
    await page.goto(site.url);
    const text = await page.locator('main').innerText();
    expect(text).toMatch(/Next update by .*14:55 UTC/);
    expect(text).toContain('A certificate expired.');
    expect(text).toContain('<script>alert(1)</script>');
    await page.goto(`${site.url}/incidents/${id}`);
    expect(await page.locator('h1').innerText()).toContain('Payments fail');
    await page.goto(`${site.url}/history`);
    await page
      .getByRole('link', { name: /November/ })
      .first()
      .click();
    expect(await page.locator('main').innerText()).toContain('Slow search');
    await page.goto(site.url);
    await page.getByLabel('Email address').fill('someone@example.test');
    await page.getByRole('button', { name: 'Subscribe' }).click();
    expect(await page.locator('main').innerText()).toMatch(/link|inbox|mail/i);
  });
});
