import { describe, expect, it } from 'vitest';
import { badge } from '../../src/public/badge.ts';
import { indicators } from '../../src/shared/words.ts';
import type { PublicHeadline } from '../../src/status/types.ts';
import { publicSite } from '../support/public-fixtures.ts';
import { snapshotOf } from '../support/snapshots.ts';

const drawn = (name: string, headline: Partial<PublicHeadline> = {}) => {
  const snapshot = snapshotOf({ name });
  return String(badge({ ...snapshot, headline: { ...snapshot.headline, ...headline } }).body);
};

const widthOf = (svg: string) => Number(/width="(\d+)"/.exec(svg)?.[1]);

describe('/badge.svg', () => {
  it('names page and state, for the eye and for assistive technology', () => {
    const svg = drawn('Example', { indicator: 'major', description: 'Partial System Outage' });
    expect(svg).toContain('<title>Example: Partial System Outage</title>');
    expect(svg).toContain('aria-label="Example: Partial System Outage"');
    expect(svg).toMatch(/<text[^>]*>Example<\/text>\s*<text[^>]*>Partial System Outage<\/text>/);
  });

  it('has a colour and a shape of its own for each state', () => {
    const looks = indicators.map((indicator) => {
      const svg = drawn('Example', { indicator });
      const colour = /<rect width="\d+" height="24" fill="(#\w+)"/.exec(svg)?.[1];
      return [colour, /<svg x=.*<\/svg>/.exec(svg)?.[0]];
    });
    expect(new Set(looks.map(([colour]) => colour)).size).toBe(indicators.length);
    expect(new Set(looks.map(([, shape]) => shape)).size).toBe(indicators.length);
  });

  it('holds any name as words, shortened, and is as wide as they are', () => {
    const svg = drawn('<script>"&\'</script>');
    expect(svg).not.toContain('<script');
    expect(widthOf(drawn('A much longer name'))).toBeGreaterThan(widthOf(drawn('Short')));
    expect(drawn('W'.repeat(80))).toContain(`>${'W'.repeat(31)}…</text>`);
    expect(widthOf(drawn('状态'.repeat(8)))).toBeGreaterThan(widthOf(drawn('ab'.repeat(8))));
  });

  it('is a picture that any site may show, without style of its own', async () => {
    const site = await publicSite();
    const answer = await site.get('/badge.svg');
    expect(answer.headers.get('content-type')).toBe('image/svg+xml');
    expect(answer.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
    expect(await answer.text()).not.toMatch(/style|<script|href=/);
  });
});
