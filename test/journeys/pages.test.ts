// Every page, light and dark: accessible, nothing refused by the policy, nothing fetched from elsewhere.
// And the public side with JavaScript off.
import { expect, it } from 'vitest';
import { declare, publishUpdate } from '../../src/incidents/service.ts';
import { systemActor } from '../../src/events/types.ts';
import { listComponents } from '../../src/components/service.ts';
import type { Page } from 'playwright-core';
import { minutes, plus } from '../../src/shared/clock.ts';
import { addWebhook } from '../../src/webhooks/service.ts';
import { describeInBrowser, expectAccessible, watchComplaints } from '../support/browser.ts';
import { moveMaintenance, scheduleMaintenance } from '../support/maintenance.ts';
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

interface Ids {
  incident: string;
  component: string;
  maintenance: string;
  webhook: string;
}

/** The story, with a maintenance that runs, one to come, and a webhook. */
async function everything(site: TestSite): Promise<Ids> {
  const incident = await story(site);
  const { components } = await listComponents(site.kernel.db.read);
  const component = components[0]?.publicId ?? '';
  const running = await scheduleMaintenance(site.kernel, component, { title: 'Cable work' });
  await moveMaintenance(site.kernel, running.maintenancePublicId, 'in_progress');
  const { maintenancePublicId } = await scheduleMaintenance(site.kernel, component, {
    rule: 'FREQ=WEEKLY',
    reminders: [1440, 60],
  });
  const { publicId } = await addWebhook(
    site.kernel,
    systemActor,
    {
      format: 'standard',
      endpoint: 'http://127.0.0.1:9/hook',
      email: '',
      wantsIncidents: true,
      wantsMaintenance: true,
      wantsComponents: false,
      componentIds: [],
    },
    { allow: site.config.webhookAllow },
  );
  return { incident, component, maintenance: maintenancePublicId, webhook: publicId };
}

const publicPaths = ({ incident, component, maintenance }: Ids) => [
  '/',
  `/incidents/${incident}`,
  `/components/${component}`,
  `/maintenance/${maintenance}`,
  '/history',
  '/history/2026-11',
  '/subscribe',
  '/subscriptions/manage',
  '/subscriptions/confirm/nothing',
  '/nowhere',
];

const deskPaths = ({ incident: id, maintenance, webhook }: Ids) => [
  '/admin',
  '/admin/incidents',
  '/admin/incidents/new',
  '/admin/incidents/past',
  `/admin/incidents/${id}`,
  '/admin/emails/3',
  '/admin/emails/3/review',
  '/admin/maintenance',
  '/admin/maintenance/new',
  `/admin/maintenance/${maintenance}`,
  '/admin/mail',
  '/admin/mail/limits',
  '/admin/mail/check',
  '/admin/quarantine',
  '/admin/webhooks',
  '/admin/webhooks/new',
  `/admin/webhooks/${webhook}`,
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

const mayPostHere = { WEBHOOK_ALLOW: '127.0.0.1' };

/** The dark pages are the light ones in other colours. */
const onlyIn = { light: undefined, dark: 'color-contrast' } as const;

/** A small phone, and a desk at 200 %: no sideways scrolling (WCAG 1.4.10). */
const narrow = [320, 640];

async function expectToFit(page: Page): Promise<void> {
  for (const width of narrow) {
    await page.setViewportSize({ width, height: 640 });
    const over = await page.evaluate<number>(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    );
    expect([page.url(), width, Math.max(over, 0)]).toEqual([page.url(), width, 0]);
  }
}

async function signIn(page: Page, site: TestSite): Promise<void> {
  await addAccount(site, 'admin', 'admin@example.test');
  await page.goto(`${site.url}/admin`);
  await page.getByLabel('Email').fill('admin@example.test');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(`${site.url}/admin`);
}

describeInBrowser('every page', (open) => {
  it.each(['light', 'dark'] as const)(
    'of the public side is accessible, %s',
    async (colorScheme) => {
      const site = await startSite(mayPostHere);
      const ids = await everything(site);
      const page = await open({ colorScheme });
      const complaints = watchComplaints(page, site.url);
      for (const path of publicPaths(ids)) {
        await page.goto(site.url + path);
        await expectAccessible(page, onlyIn[colorScheme]);
      }
      expect(complaints.filter((text) => !text.includes('404'))).toEqual([]);
    },
  );

  it.each(['light', 'dark'] as const)('of the desk is accessible, %s', async (colorScheme) => {
    const site = await startSite(mayPostHere);
    const ids = await everything(site);
    const page = await open({ colorScheme });
    const complaints = watchComplaints(page, site.url);
    await page.goto(`${site.url}/admin/sign-in`);
    await expectAccessible(page, onlyIn[colorScheme]);
    await signIn(page, site);
    for (const path of deskPaths(ids)) {
      const response = await page.goto(site.url + path);
      expect([path, response?.status()]).toEqual([path, 200]);
      await expectAccessible(page, onlyIn[colorScheme]);
    }
    expect(complaints).toEqual([]);
  });

  it('fits a small phone, and a desk at 200 %', async () => {
    const site = await startSite(mayPostHere);
    const ids = await everything(site);
    const page = await open();
    await signIn(page, site);
    for (const path of [...publicPaths(ids), ...deskPaths(ids)]) {
      await page.goto(site.url + path);
      await expectToFit(page);
    }
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
