// `/badge.svg`: the page's name and state as a small drawing for READMEs and other sites.
import type { Indicator } from '../shared/words.ts';
import { cleanText, escapeHtml } from '../shared/text.ts';
import type { PublicSnapshot } from '../status/types.ts';
import type { Document } from './types.ts';

const height = 24;
const padding = 9;
const shapeSize = 14;
const gap = 5;
const longestName = 32;

/** Text on these colours is white: each has 4.5:1 with it. The shapes are the page's, on a grid of 24. */
const looks: Record<Indicator, { colour: string; shape: string }> = {
  none: { colour: '#1a7346', shape: '<path d="m5 12.8 4.6 4.6L19.2 7.4"/>' },
  maintenance: {
    colour: '#2361a0',
    shape:
      '<path d="M20.3 7.2 16.8 10.7 13.3 7.2 16.8 3.7A5.4 5.4 0 0 0 9.9 10.6L3.8 16.7A2.5 2.5 0 0 0 7.3 20.2L13.4 14.1A5.4 5.4 0 0 0 20.3 7.2Z"/>',
  },
  minor: {
    colour: '#855b00',
    shape: '<path d="M12 3.8 21.2 20H2.8Z"/><path d="M12 10v4.4M12 17.1v.1"/>',
  },
  major: {
    colour: '#a84a0a',
    shape:
      '<circle cx="12" cy="12" r="9"/><path fill="#fff" stroke="none" d="M12 3a9 9 0 0 1 0 18Z"/>',
  },
  critical: {
    colour: '#b42318',
    shape: '<circle cx="12" cy="12" r="9"/><path d="m8.8 8.8 6.4 6.4m0-6.4-6.4 6.4"/>',
  },
};

/** Pages that let in only what says so may show it too. */
export const embeddable = { 'Cross-Origin-Resource-Policy': 'cross-origin' };

export function badge({ page, headline }: PublicSnapshot): Document {
  const name = shorten(cleanText(page.name));
  const state = headline.description;
  const { colour, shape } = looks[headline.indicator];
  const [nameWidth, stateWidth] = [textWidth(name), textWidth(state)];
  const split = nameWidth + 2 * padding;
  const words = split + padding + shapeSize + gap;
  const width = words + stateWidth + padding;
  const title = escapeHtml(`${name}: ${state}`);
  return {
    // No style attribute or element: opened by itself it lives under the site's strict policy.
    body: `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}">
<title>${title}</title>
<clipPath id="r"><rect width="${width}" height="${height}" rx="5"/></clipPath>
<g clip-path="url(#r)"><rect width="${width}" height="${height}" fill="${colour}"/><rect width="${split}" height="${height}" fill="#2b313b"/></g>
<g fill="#fff" font-family="system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif" font-size="12" font-weight="500">
<text x="${padding}" y="16" textLength="${nameWidth}" lengthAdjust="spacingAndGlyphs">${escapeHtml(name)}</text>
<text x="${words}" y="16" textLength="${stateWidth}" lengthAdjust="spacingAndGlyphs">${escapeHtml(state)}</text>
</g>
<svg x="${split + padding}" y="${(height - shapeSize) / 2}" width="${shapeSize}" height="${shapeSize}" viewBox="0 0 24 24" fill="none" stroke="#fff" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round">${shape}</svg>
</svg>
`,
    contentType: 'image/svg+xml',
    headers: embeddable,
  };
}

const shorten = (name: string) => {
  const letters = lettersOf(name);
  return letters.length > longestName ? `${letters.slice(0, longestName - 1).join('')}…` : name;
};

let segmenter: Intl.Segmenter | undefined;

/** As a reader counts them: an emoji is one. What tells them apart takes long to load, and most names need none. */
function lettersOf(text: string): string[] {
  if (/^[ -~]*$/.test(text)) return text.split('');
  segmenter ??= new Intl.Segmenter();
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** About how wide 12 px text is in a system font; the drawing then makes it exactly so. */
function textWidth(text: string): number {
  const ems = lettersOf(text).map((letter) => {
    if (/[\u1100-\u{10ffff}]/u.test(letter)) return /[\u2000-\u206f]/.test(letter) ? 0.6 : 1;
    if (/[iljtfI.,:;'|!()[\] ]/.test(letter)) return 0.31;
    if (/[mwMW@%]/.test(letter)) return 0.87;
    return /[A-Z0-9]/.test(letter) ? 0.65 : 0.56;
  });
  return Math.round(ems.reduce((sum, em) => sum + em, 0) * 12);
}
