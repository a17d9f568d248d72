// The public pages of a hand-made snapshot, for a browser: no database, no server, the same policy.
import type { Page } from 'playwright-core';
import { fixedPages, rarePages } from '../../src/public/page-documents.ts';
import type { Document } from '../../src/public/types.ts';
import type { PublicSnapshot } from '../../src/status/types.ts';
import { assetText } from '../../src/web/assets.ts';
import { contentSecurityPolicy } from '../../src/web/headers.ts';
import { type Language, languages } from '../../src/web/language.ts';

export const origin = 'https://status.example.com';

export interface HandMade {
  /** What is shown from now on. */
  snapshot: PublicSnapshot;
  /** Paths asked for, in order. */
  asked: string[];
  /** True makes every answer fail. */
  isAway: boolean;
}

/** Lets `page` visit a site made of `snapshot`, with pages below `/incidents`, `/components`, `/maintenance`. */
export async function visitHandMade(
  page: Page,
  snapshot: PublicSnapshot,
  all: Language[] = languages(),
): Promise<HandMade> {
  const site: HandMade = { snapshot, asked: [], isAway: false };
  await page.route('**/*', async (route) => {
    const { pathname, origin: from } = new URL(route.request().url());
    if (from !== origin || site.isAway) return route.abort();
    site.asked.push(pathname);
    const asset = /^\/assets\/([\w-]+\.(js|svg))$/.exec(pathname);
    if (asset) {
      const contentType = asset[2] === 'js' ? 'text/javascript' : 'image/svg+xml';
      return route.fulfill({ body: assetText(asset[1] ?? ''), contentType });
    }
    const made = await documentAt(site.snapshot, pathname, all);
    if (!made) return route.fulfill({ status: 404, body: 'nothing' });
    const styles = made.styleHash === undefined ? [] : [made.styleHash];
    return route.fulfill({
      body: made.body,
      headers: {
        'content-type': made.contentType,
        'content-security-policy': contentSecurityPolicy({ styles }),
      },
    });
  });
  return site;
}

async function documentAt(
  snapshot: PublicSnapshot,
  path: string,
  all: Language[],
): Promise<Document | undefined> {
  const fixed = fixedPages(all)[path];
  if (fixed) return fixed(snapshot);
  const [, folder = '', value = ''] = /^(.*)\/([^/]*)$/.exec(path) ?? [];
  const rare = rarePages(all).find((one) => one.path.startsWith(`${folder}/:`));
  try {
    return await rare?.make(undefined as never, snapshot, value);
  } catch {
    // Beyond the snapshot there is only the database, which this site has not.
    return undefined;
  }
}
