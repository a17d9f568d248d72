// The notice on somebody else's page, in Chromium: there only when something is wrong, and leaving when told to.
import { mkdirSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { embedDocuments } from '../../src/public/embed.ts';
import { describeInBrowser, expectAccessible } from '../support/browser.ts';
import { html, otherOrigin } from '../support/other-origin.ts';
import {
  componentNamed,
  declareIncident,
  publicSite,
  sayMore,
} from '../support/public-fixtures.ts';
import { moveMaintenance, scheduleMaintenance } from '../support/maintenance.ts';
import { startSite, untilShown } from '../support/site.ts';
import { incident, maintenance, snapshotOf, update } from '../support/snapshots.ts';

const frameOf = (snapshot = snapshotOf()) =>
  String(embedDocuments['/embed/frame']?.(snapshot).body);

const running = maintenance(
  'Upgrade',
  ['2026-11-22T13:00', '2026-11-22T15:00'],
  [update('in_progress', '2026-11-22T13:00'), update('scheduled', '2026-11-20T10:00')],
);
const open = (title: string, impact: 'minor' | 'critical') =>
  incident(title, [update('investigating', '2026-11-22T13:00')], { impact });

describe('/embed/frame', () => {
  it('shows the worst open incident, then what is under way, then nothing', () => {
    const worst = frameOf(
      snapshotOf({
        incidents: [open('Slow', 'minor'), open('Down', 'critical')],
        maintenances: [running],
      }),
    );
    expect(worst).toContain('<h1>Down</h1>');
    expect(worst).toContain('and 2 more');
    expect(frameOf(snapshotOf({ maintenances: [running] }))).toContain('data-tone="maintenance"');
    expect(frameOf()).not.toContain('class="notice"');
  });

  it('says nothing of what is only planned, and shows words as words', () => {
    const planned = maintenance(
      'Later',
      ['2026-12-01T10:00', '2026-12-01T12:00'],
      [update('scheduled', '2026-11-21T10:00')],
    );
    expect(frameOf(snapshotOf({ maintenances: [planned] }))).not.toContain('Later');
    const hostile = frameOf(snapshotOf({ incidents: [open('<img src=x onerror=a>', 'minor')] }));
    expect(hostile).not.toContain('<img');
  });

  it('alone may be framed by any site; the script is the same by both names', async () => {
    const site = await publicSite();
    const policyOf = async (path: string) =>
      (await site.get(path)).headers.get('content-security-policy') ?? '';
    expect(await policyOf('/embed/frame')).toContain('frame-ancestors *');
    expect(await policyOf('/embed/frame')).not.toContain('unsafe');
    for (const path of ['/', '/history', '/subscribe', '/embed/script.js']) {
      expect(await policyOf(path), path).toContain("frame-ancestors 'none'");
    }
    const [script, alias] = [await site.get('/embed/script.js'), await site.get('/embed.js')];
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(script.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
    expect(await script.text()).toBe(await alias.text());
  });
});

const shots = process.env['SHOTS'];

interface Place {
  isShown: boolean;
  width: number;
  height: number;
  hidden: string | null;
  title: string;
}

/** The notice as the page around it has it. */
const placeOf = (page: Page) =>
  page.evaluate<Place | undefined>(`(() => {
    const frame = document.querySelector('iframe');
    if (!frame) return undefined;
    const { x, width, height } = frame.getBoundingClientRect();
    const isShown = getComputedStyle(frame).visibility === 'visible' && x >= 0;
    return { isShown, width, height, hidden: frame.getAttribute('aria-hidden'), title: frame.title };
  })()`);

const isShown = async (page: Page) => (await placeOf(page))?.isShown;

async function elsewhereOf(url: string, attributes = '') {
  // A strict site: only our script and our frame are let in, no inline styles.
  const policy = `default-src 'none'; script-src ${url}; frame-src ${url}`;
  return otherOrigin({
    '/': html(`<h1>Shop</h1><script src="${url}/embed/script.js"${attributes}></script>`, {
      'Content-Security-Policy': policy,
    }),
  });
}

describeInBrowser('the embedded notice', (browse) => {
  it('comes with an incident, goes when dismissed and stays away', async () => {
    const site = await startSite();
    await declareIncident(site.kernel);
    await untilShown(site, 'Payments failing');
    const elsewhere = await elsewhereOf(site.url);
    const page = await browse({ viewport: { width: 1000, height: 500 } });
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(elsewhere);
    await expect.poll(() => isShown(page)).toBe(true);
    expect(await placeOf(page)).toEqual({
      isShown: true,
      width: 320,
      height: 115,
      hidden: null,
      title: 'Service status',
    });
    const frame = page.frameLocator('iframe');
    expect(await frame.locator('h1').textContent()).toBe('Payments failing');
    await frame.getByRole('button', { name: 'Dismiss' }).click();
    await expect.poll(() => isShown(page)).toBe(false);
    await page.reload();
    await page.frameLocator('iframe').locator('h1').waitFor({ state: 'attached' });
    expect(await isShown(page)).toBe(false);
    expect((await placeOf(page))?.hidden).toBe('true');
    expect(errors).toEqual([]);
  });

  it('goes with Escape, and on a phone stands at the edge', async () => {
    const site = await startSite();
    await declareIncident(site.kernel);
    await untilShown(site, 'Payments failing');
    const page = await browse({ viewport: { width: 390, height: 500 } });
    await page.goto(await elsewhereOf(site.url, ' data-position="top-left"'));
    await expect.poll(() => isShown(page)).toBe(true);
    const source = await page.locator('iframe').getAttribute('src');
    expect(source).toBe(`${site.url}/embed/frame?mobile=true`);
    await page.frameLocator('iframe').getByRole('link').focus();
    await page.keyboard.press('Escape');
    await expect.poll(() => isShown(page)).toBe(false);
  });

  it('is not there on a calm day, nor for a message from another origin', async () => {
    const site = await startSite();
    const page = await browse();
    await page.goto(await elsewhereOf(site.url));
    await page.frameLocator('iframe').locator('.calm').waitFor({ state: 'attached' });
    await page.evaluate(`postMessage({ action: 'showFrame' }, '*')`);
    await page.waitForTimeout(100);
    expect(await isShown(page)).toBe(false);
  });

  it.each(['light', 'dark'] as const)('is accessible and legible, %s', async (colorScheme) => {
    const site = await startSite();
    const { incidentPublicId } = await declareIncident(site.kernel, {
      title: 'Card payments fail for customers in Europe, and some refunds are late',
    });
    await untilShown(site, 'Card payments');
    const page = await browse({ colorScheme, viewport: { width: 320, height: 115 } });
    const show = async (name: string) => {
      await page.goto(`${site.url}/embed/frame?${name}`);
      await expectAccessible(page);
      const size = await page.evaluate<[number, number]>(`[
        document.documentElement.scrollWidth,
        Math.max(document.documentElement.scrollHeight, document.querySelector('.notice').scrollHeight),
      ]`);
      expect(size).toEqual([320, 115]);
      if (!shots) return;
      mkdirSync(shots, { recursive: true });
      await page.screenshot({ path: `${shots}/embed-${name}-${colorScheme}.png` });
    };
    await show('incident');
    const payments = await componentNamed(site.kernel, 'Payments');
    await sayMore(site.kernel, incidentPublicId, { state: 'resolved' });
    const { maintenancePublicId } = await scheduleMaintenance(site.kernel, payments.publicId);
    await moveMaintenance(site.kernel, maintenancePublicId, 'in_progress');
    await untilShown(site, 'in_progress');
    await show('maintenance');
  });
});
