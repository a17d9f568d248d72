// The page as browsers show it: with and without script, light and dark. Requests are answered in-process.
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { describeInBrowser, expectAccessible, watchComplaints } from '../support/browser.ts';
import {
  declareIncident,
  publicSite,
  type PublicSite,
  sayMore,
} from '../support/public-fixtures.ts';

const origin = 'https://status.example.com';

/** Lets `page` visit the site; every other address is refused. */
async function connect(page: Page, site: PublicSite): Promise<void> {
  await page.route('**/*', async (route) => {
    const request = route.request();
    const url = new URL(request.url());
    if (url.origin !== origin) return route.abort();
    const answer = await site.get(url.pathname + url.search, await request.allHeaders());
    return route.fulfill({
      status: answer.status,
      headers: Object.fromEntries(answer.headers),
      body: Buffer.from(await answer.arrayBuffer()),
    });
  });
}

const hostile = '<script>alert(1)</script><img src=x onerror=alert(1)> https://example.com/'.repeat(
  2,
);

describeInBrowser('the public page', (open) => {
  it.each(['light', 'dark'] as const)(
    'is accessible and runs nothing of authors, %s',
    async (colorScheme) => {
      const site = await publicSite();
      const { incidentPublicId } = await declareIncident(site.kernel, {
        title: hostile,
        body: `${hostile}\n\n- list\n\n\`\`\`\n${'long '.repeat(80)}\n\`\`\`\n\n|a|b|\n|-|-|\n|1|2|`,
      });
      await sayMore(site.kernel, incidentPublicId, {
        state: 'monitoring',
        body: '# Head\n\nWords.',
      });
      for (const width of [390, 1280]) {
        const page = await open({ colorScheme, viewport: { width, height: 900 } });
        await connect(page, site);
        const complaints = watchComplaints(page, origin);
        for (const path of [
          '/',
          `/incidents/${incidentPublicId}`,
          '/history',
          '/history/2026-11',
          '/subscribe',
        ]) {
          await page.goto(origin + path);
          await expectAccessible(page);
          const tooWide = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
          expect(tooWide, `${path} at ${width}`).toBe(false);
        }
        expect(complaints).toEqual([]);
        await page.context().close();
      }
    },
  );

  it('tells the same without script, in UTC', async () => {
    const site = await publicSite();
    await declareIncident(site.kernel);
    const page = await open({ javaScriptEnabled: false, timezoneId: 'Europe/Amsterdam' });
    await connect(page, site);
    await page.goto(origin);
    await expect(page.locator('.next').innerText()).resolves.toBe('Next update by 14:30 UTC');
    await page.getByText('Only some components').click();
    expect(await page.getByRole('checkbox', { name: 'API' }).isVisible()).toBe(true);
  });

  it("tells times in the reader's zone, UTC at hand", async () => {
    const site = await publicSite();
    await declareIncident(site.kernel);
    const page = await open({ timezoneId: 'Europe/Amsterdam' });
    await connect(page, site);
    await page.goto(origin);
    const time = page.locator('.next time');
    expect(await time.innerText()).toBe('15:30 CET');
    expect(await time.getAttribute('title')).toBe('14:30 UTC');
  });

  it('takes a new update in without losing what is typed or where the reader is', async () => {
    const site = await publicSite();
    const { incidentPublicId } = await declareIncident(site.kernel);
    const page = await open();
    await connect(page, site);
    await page.goto(origin);
    await page.getByLabel('Email address').fill('half@typ');
    await page.locator('.incident h2 a').focus();
    await sayMore(site.kernel, incidentPublicId, { body: 'News for everyone.' });
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
    await page.locator('.incident').getByText('News for everyone.').waitFor();
    expect(await page.getByLabel('Email address').inputValue()).toBe('half@typ');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Payments failing');
  });
});
