// Atlassian's own widget on somebody else's page, and scripts there that read the API, in Chromium.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { describeInBrowser } from '../support/browser.ts';
import { html, javascript, otherOrigin } from '../support/other-origin.ts';
import { declareIncident } from '../support/public-fixtures.ts';
import { startSite, untilShown } from '../support/site.ts';

const widgetFolder = dirname(
  createRequire(import.meta.url).resolve('@statuspage/status-widget/package.json'),
);
const widget = () => readFileSync(join(widgetFolder, 'dist/index.js'), 'utf8');

describeInBrowser('a page of another origin', (open) => {
  it("shows our state by Statuspage's widget", async () => {
    const site = await startSite();
    await declareIncident(site.kernel);
    await untilShown(site, 'Payments failing');
    const elsewhere = await otherOrigin({
      '/': html(`
        <statuspage-widget src="${site.url}"></statuspage-widget>
        <statuspage-widget src="${site.url}" appearance="badge" title="Payments"></statuspage-widget>
        <script src="/widget.js"></script>`),
      '/widget.js': javascript(widget()),
    });
    const page = await open();
    await page.goto(elsewhere);
    const basic = page.locator('statuspage-widget .basic .status-text');
    await basic.waitFor();
    expect(await basic.textContent()).toBe('Major System Outage');
    expect(await page.locator('.basic .status-indicator').getAttribute('class')).toContain(
      'critical',
    );
    const badge = page.locator('statuspage-widget .badge .status-indicator');
    expect((await badge.textContent())?.trim()).toBe('Major System Outage');
  });

  it('reads every document of v2 by script, and has leave to unsubscribe', async () => {
    const site = await startSite();
    const elsewhere = await otherOrigin({ '/': html('') });
    const page = await open();
    await page.goto(elsewhere);
    const read = (path: string) =>
      page.evaluate(async (url) => {
        const answer = await fetch(url);
        return [answer.status, Object.keys((await answer.json()) as object)];
      }, site.url + path);
    expect(await read('/api/v2/summary.json')).toEqual([
      200,
      ['page', 'components', 'incidents', 'scheduled_maintenances', 'status'],
    ]);
    expect(await read('/api/v2/scheduled-maintenances/active.json')).toEqual([
      200,
      ['page', 'scheduled_maintenances'],
    ]);
    expect(await read('/history.json?page=1')).toEqual([200, ['months']]);
    const status = await page.evaluate(async (url) => {
      // A preflight goes before this one: without leave the browser throws.
      const answer = await fetch(url, {
        method: 'DELETE',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ 'subscriber[id]': '0bcdfghjklmn' }),
      });
      return answer.status;
    }, `${site.url}/api/v2/subscribers.json`);
    expect(status).toBeGreaterThanOrEqual(200);
  });
});
