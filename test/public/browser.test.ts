// The pages as browsers show them: with and without script, light and dark, wide and narrow, by mouse and key.
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { minutes, plus } from '../../src/shared/clock.ts';
import type { PublicSnapshot } from '../../src/status/types.ts';
import { describeInBrowser, expectAccessible, watchComplaints } from '../support/browser.ts';
import { origin, visitHandMade } from '../support/hand-made.ts';
import {
  at,
  calmSnapshot,
  idOf,
  maintenance,
  publicSnapshot,
  runningSnapshot,
  update,
} from '../support/public-snapshot.ts';

const openId = idOf('incident open');
const cards = idOf('component Card payments');
const paths = [
  '/',
  `/incidents/${openId}`,
  `/components/${cards}`,
  `/maintenance/${idOf('maintenance')}`,
  '/subscribe',
];

/** The page's clock stands where the snapshot's does. */
const stopClock = (page: Page, now = at) => page.clock.setFixedTime(now);

const tooWide = (page: Page) =>
  page.evaluate<boolean>('document.documentElement.scrollWidth > innerWidth');

const hostile = '<script>alert(1)</script><img src=x onerror=alert(1)> https://example.com/';

/** Everything that strains a layout: markup, endless words, right-to-left text, sixty components. */
function sadSnapshot(): PublicSnapshot {
  const base = publicSnapshot();
  const texts = ['W'.repeat(120), hostile.repeat(2), 'انقطاع في خدمة الدفع', `=${hostile}`];
  const textAt = (i: number) => texts[i % texts.length] ?? '';
  const components = Array.from({ length: 60 }, (_, i) => ({
    ...(base.components[i % 12] as PublicSnapshot['components'][number]),
    id: idOf(`sad ${i}`),
    name: textAt(i),
    description: textAt(i + 1),
    groupId: i % 3 === 0 ? (base.groups[0]?.id ?? null) : null,
  }));
  const sad = base.openIncidents.map((one) => ({
    ...one,
    title: textAt(0),
    components: components.slice(0, 4).map(({ id }) => ({ id, status: 'partial_outage' as const })),
    updates: [
      update(
        'identified',
        `${textAt(0)}\n\n# Head\n\n- ${hostile}\n\n\`\`\`\n${'long '.repeat(80)}\n\`\`\``,
        at,
      ),
      ...one.updates,
    ],
  }));
  return publicSnapshot({
    components,
    openIncidents: sad,
    maintenances: [
      maintenance({ title: textAt(2) }),
      maintenance({ id: openId, title: textAt(1) }),
    ],
    uptimes: components.map((one, i) => ({
      ...(base.uptimes[i % 12] as PublicSnapshot['uptimes'][number]),
      componentId: one.id,
    })),
  });
}

describeInBrowser('the public pages', (open) => {
  const stories = { outage: publicSnapshot, maintenance: runningSnapshot, 'sad data': sadSnapshot };

  it.each(
    (['light', 'dark'] as const).flatMap((scheme) =>
      Object.entries(stories).map(([name, make]) => [scheme, name, make] as const),
    ),
  )('are accessible, %s, %s', async (colorScheme, _, make) => {
    const snapshot = make();
    const page = await open({ colorScheme, viewport: { width: 390, height: 900 } });
    const complaints = watchComplaints(page, origin);
    await visitHandMade(page, snapshot);
    for (const path of [...paths, `/components/${snapshot.components[0]?.id ?? ''}`]) {
      const answer = await page.goto(origin + path);
      if (answer?.status() === 200) await expectAccessible(page);
    }
    expect(complaints.filter((text) => !text.includes('404'))).toEqual([]);
  });

  it.each(Object.entries(stories))(
    'need no sideways scrolling at 320 px or with letters twice as large: %s',
    async (_, make) => {
      const page = await open({ viewport: { width: 320, height: 600 } });
      await visitHandMade(page, make());
      for (const path of paths) {
        // 640 px at 200 % zoom are laid out as 320.
        await page.setViewportSize({ width: 320, height: 600 });
        await page.goto(origin + path);
        expect(await tooWide(page), `${path} at 320`).toBe(false);
        await page.setViewportSize({ width: 1280, height: 900 });
        expect(await tooWide(page), `${path} at 1280`).toBe(false);
        await page.evaluate("document.documentElement.style.fontSize = '200%'");
        expect(await tooWide(page), `${path} with letters twice as large`).toBe(false);
      }
    },
  );

  it('paint after one request, and move nothing when the script has run', async () => {
    for (const timezoneId of ['Asia/Kolkata', 'America/St_Johns', 'UTC']) {
      for (const viewport of [
        { width: 320, height: 700 },
        { width: 1280, height: 900 },
      ]) {
        const page = await open({ timezoneId, viewport });
        await stopClock(page);
        await visitHandMade(page, runningSnapshot());
        await page.addInitScript(`globalThis.shifts = [];
          new PerformanceObserver((list) => shifts.push(...list.getEntries().map((entry) => entry.value)))
            .observe({ type: 'layout-shift', buffered: true });`);
        for (const path of ['/', ...paths.slice(3, 4)]) {
          await page.goto(origin + path, { waitUntil: 'load' });
          await page.locator('time[title]').first().waitFor({ state: 'attached' });
          await page.waitForTimeout(150);
          expect(await page.evaluate('shifts'), `${path} ${timezoneId} ${viewport.width}`).toEqual(
            [],
          );
          const blocking = await page.evaluate<string[]>(
            "performance.getEntriesByType('resource').filter((one) => one.renderBlockingStatus === 'blocking').map((one) => one.name)",
          );
          expect(blocking).toEqual([]);
        }
        await page.context().close();
      }
    }
  });

  it('tell the same without script, in UTC, with the days in words', async () => {
    const page = await open({ javaScriptEnabled: false, timezoneId: 'Europe/Amsterdam' });
    await visitHandMade(page, publicSnapshot());
    await page.goto(origin);
    expect(await page.locator('.next').innerText()).toBe('Next update by 14:45 UTC');
    await page.locator('.days').first().click();
    expect(new URL(page.url()).pathname).toMatch(/^\/components\/\w{12}$/);
    await page.goto(`${origin}/components/${cards}`);
    expect(await page.locator('.told').innerText()).toContain('major outage, 33 min');
  });

  it("tell times in the reader's zone, UTC at hand, and count down to the promise", async () => {
    const page = await open({ timezoneId: 'Europe/Amsterdam' });
    await stopClock(page);
    await visitHandMade(page, publicSnapshot());
    await page.goto(origin);
    const time = page.locator('.next time');
    expect(await time.innerText()).toBe('15:45 CET');
    expect(await time.getAttribute('title')).toBe('14:45 UTC');
    expect(await page.locator('.count').innerText()).toBe('in 25 mins');
  });

  it.each([
    [true, 'This update is late: it was promised by'],
    [false, ''],
  ])('never count below zero: late is said (%s) or nothing', async (overdue, said) => {
    const page = await open({ timezoneId: 'UTC' });
    const base = publicSnapshot();
    const shown = { ...base.page.shown, overdue };
    await visitHandMade(page, { ...base, page: { ...base.page, shown } });
    await stopClock(page, plus(at, minutes(27)));
    await page.goto(origin);
    const line = page.locator('.next');
    await page.waitForTimeout(100);
    expect(await line.isVisible()).toBe(overdue);
    if (overdue) expect(await line.innerText()).toContain(said);
  });
});

describeInBrowser("a bar's card", (open) => {
  const start = async (options: Parameters<typeof open>[0] = {}) => {
    const page = await open({ viewport: { width: 1280, height: 900 }, ...options });
    const complaints = watchComplaints(page, origin);
    await visitHandMade(page, publicSnapshot());
    await page.goto(origin);
    const bars = page.locator(`.days[href="/components/${cards}"]`);
    return { page, bars, card: page.locator('.card'), complaints };
  };

  it('opens by key, walks the days, holds its links, closes by Escape', async () => {
    const { page, card, complaints } = await start();
    await page.getByRole('link', { name: 'Card payments', exact: true }).focus();
    await page.keyboard.press('Tab');
    await card.waitFor();
    expect(await page.evaluate('document.activeElement.className')).toBe('days');
    expect(await card.innerText()).toMatch(
      /22 November\s+major outage, 33 min\s+partial outage, 31 min/,
    );
    await expectAccessible(page);
    await page.keyboard.press('ArrowLeft');
    expect(await card.innerText()).toMatch(/21 November\s+No trouble recorded/);
    await page.keyboard.press('End');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe(
      'Card payments failing in Europe',
    );
    await page.keyboard.press('Escape');
    expect(await card.count()).toBe(0);
    expect(await page.evaluate('document.activeElement.className')).toBe('days');
    expect(complaints).toEqual([]);
  });

  it('opens under the pointer, stays while the pointer is on it, and goes', async () => {
    const { page, bars, card } = await start();
    await bars.scrollIntoViewIfNeeded();
    const box = await bars.boundingBox();
    if (!box) throw new Error('The bars are not to be seen.');
    await page.mouse.move(box.x + box.width - 4, box.y + 10);
    await card.waitFor();
    expect(await card.innerText()).toContain('22 November');
    const over = await card.boundingBox();
    await page.mouse.move(box.x + box.width - 4, (over?.y ?? 0) + 12, { steps: 5 });
    await page.waitForTimeout(350);
    expect(await card.count()).toBe(1);
    await page.mouse.move(5, 5);
    await expect.poll(() => card.count()).toBe(0);
  });

  it('says where nothing is known', async () => {
    const { page, card } = await start();
    const link = page.locator(`.days[href="/components/${idOf('component Analytics')}"]`);
    await link.focus();
    await card.waitFor();
    await page.keyboard.press('Home');
    expect(await card.innerText()).toMatch(/25 August\s+No data/);
  });

  it('shows on a first touch, thirty days on a phone', async () => {
    const { page, bars, card } = await start({
      viewport: { width: 390, height: 800 },
      hasTouch: true,
      isMobile: true,
    });
    await bars.scrollIntoViewIfNeeded();
    const box = await bars.boundingBox();
    await page.touchscreen.tap((box?.x ?? 0) + 3, (box?.y ?? 0) + 10);
    await card.waitFor();
    expect(await card.innerText()).toContain('24 October');
    expect(new URL(page.url()).pathname).toBe('/');
    expect(await page.locator('.scale').innerText()).toMatch(/30 days ago\s+Today/);
  });
});

const ask = (page: Page) => page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");

/** The same page some minutes on, with one more update. */
function later(by: number, body: string): PublicSnapshot {
  const base = publicSnapshot();
  const now = plus(at, minutes(by));
  const openIncidents = base.openIncidents.map((one) => ({
    ...one,
    updates: [update('monitoring', body, now), ...one.updates],
  }));
  const page = { ...base.page, updatedAt: now };
  return publicSnapshot({ page, openIncidents, at: now });
}

describeInBrowser('the quiet refresh', (open) => {
  it('takes news in without losing what is typed, opened or focused', async () => {
    const page = await open();
    const site = await visitHandMade(page, publicSnapshot());
    await page.goto(origin);
    await page.getByLabel('Email address').fill('half@typ');
    await page.locator('.group summary').first().click();
    await page.locator('.incident h2 a').focus();
    site.snapshot = later(5, 'News for everyone.');
    await ask(page);
    await page.locator('.incident').getByText('News for everyone.').waitFor();
    expect(await page.getByLabel('Email address').inputValue()).toBe('half@typ');
    expect(await page.evaluate('document.activeElement.textContent')).toBe(
      'Card payments failing in Europe',
    );
    expect(await page.locator('.group details').first().getAttribute('open')).toBeNull();
    expect(await page.locator('[data-news]').innerText()).toBe('This page was updated.');
  });

  it('asks for a few bytes while nothing happens, and never goes back', async () => {
    const page = await open();
    const site = await visitHandMade(page, later(10, 'The newest words.'));
    await page.goto(origin, { waitUntil: 'networkidle' });
    site.asked.length = 0;
    await ask(page);
    await ask(page);
    await expect.poll(() => site.asked.length).toBe(2);
    expect(new Set(site.asked)).toEqual(new Set(['/live.json']));
    // A cache that is behind answers.
    site.snapshot = later(5, 'Older words.');
    await ask(page);
    await page.waitForTimeout(200);
    expect(await page.locator('.incident').innerText()).toContain('The newest words.');
    expect(await page.locator('.incident').innerText()).not.toContain('Older words.');
    expect(site.asked).not.toContain('/');
  });

  it('leaves the page as it is while the server is away', async () => {
    const page = await open();
    const site = await visitHandMade(page, publicSnapshot());
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(error.message));
    await page.goto(origin);
    site.isAway = true;
    await ask(page);
    await page.waitForTimeout(100);
    expect(await page.locator('h1').innerText()).toBe('Major System Outage');
    expect(faults).toEqual([]);
    site.isAway = false;
    site.snapshot = later(5, 'Back again.');
    await ask(page);
    await page.locator('.incident').getByText('Back again.').waitFor();
  });
});

describeInBrowser('other readers', (open) => {
  it('reach the status by the skip link and find the bars by key', async () => {
    const page = await open();
    await visitHandMade(page, calmSnapshot());
    await page.goto(origin);
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the status');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
  });

  it('print the timeline and the bars, closed groups too', async () => {
    const page = await open();
    await visitHandMade(page, publicSnapshot());
    await page.goto(origin);
    await page.locator('.group summary').first().click();
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('.days').first().isVisible()).toBe(true);
    expect(await page.locator('.timeline').first().isVisible()).toBe(true);
    expect(await page.locator('#updates').isVisible()).toBe(false);
  });

  it('read high contrast and forced colours', async () => {
    const page = await open({ forcedColors: 'active', contrast: 'more' });
    await visitHandMade(page, publicSnapshot());
    await page.goto(origin);
    const stroke = "getComputedStyle(document.querySelector('.days .part')).stroke";
    expect(await page.evaluate(stroke)).not.toBe('none');
  });
});
