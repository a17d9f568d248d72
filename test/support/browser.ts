// Real Chromium for the journeys. Without one: a failure under CI, a loud message elsewhere.
import { existsSync } from 'node:fs';
import axe from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect } from 'vitest';

const candidates = [
  process.env['CHROMIUM_PATH'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];
const executablePath = candidates.find((path) => path !== '' && existsSync(path));
const underCi = Boolean(process.env['CI']);

/** A suite that needs a browser. `open` gives a page in a context of its own, closed at the end. */
export function describeInBrowser(
  name: string,
  body: (open: (options?: BrowserContextOptions) => Promise<Page>) => void,
): void {
  if (!executablePath && !underCi) {
    process.stderr.write(
      `\n*** NOT RUN: "${name}" needs Chromium. Install it or set CHROMIUM_PATH. ***\n\n`,
    );
    describe.skip(name, () => body(() => Promise.reject(new Error('no browser'))));
    return;
  }
  describe(name, { timeout: 120_000 }, () => {
    let browser: Browser;
    beforeAll(async () => {
      if (!executablePath) throw new Error('Chromium is missing: CI must install it.');
      browser = await chromium.launch({
        executablePath,
        args: [
          '--no-sandbox',
          '--disable-gpu',
          '--disable-background-networking',
          '--disable-component-update',
          '--no-first-run',
        ],
      });
    });
    afterAll(() => browser?.close());
    body(async (options = {}) => {
      const context = await browser.newContext(options);
      const page = await context.newPage();
      return page;
    });
  });
}

/** Fails on any accessibility fault, or on those of one rule. */
export async function expectAccessible(page: Page, rule?: 'color-contrast'): Promise<void> {
  const options = { resultTypes: ['violations'], ...(rule && { runOnly: [rule] }) };
  const result = await page.evaluate<axe.AxeResults>(
    `${axe.source}; axe.run(document, ${JSON.stringify(options)})`,
  );
  const faults = result.violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.html}`),
  );
  expect(faults, `axe on ${page.url()}`).toEqual([]);
}

/** Collects what the browser complains of: script errors, refused resources, requests to other origins. */
export function watchComplaints(page: Page, origin: string): string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(origin) && !/^(data|about|blob):/.test(url))
      complaints.push(`went to ${url}`);
  });
  return complaints;
}
