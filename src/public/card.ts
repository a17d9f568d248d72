// The picture that chats and social networks show of a link to the page: what it says, and when it is another.
import { sha256 } from '../shared/ids.ts';
import type { Indicator } from '../shared/words.ts';
import type { PublicSnapshot } from '../status/types.ts';

export const cardSize = { width: 1200, height: 630 };

/** Everything the picture shows. */
export interface CardFacts {
  name: string;
  indicator: Indicator;
  headline: string;
  /** The newest open incident's; empty without one. */
  title: string;
  /** Open incidents beside that one. */
  others: number;
  host: string;
}

export function cardFacts({ page, headline, openIncidents }: PublicSnapshot): CardFacts {
  const { host } = new URL(page.url);
  return {
    // The fonts at hand know Latin, Greek and Cyrillic: without a word to draw, the address names the page.
    name: drawable(page.name, 60) || host,
    indicator: headline.indicator,
    headline: drawable(headline.description, 80),
    title: drawable(openIncidents[0]?.title ?? '', 160),
    others: Math.max(0, openIncidents.length - 1),
    host,
  };
}

/** Changes when the way it is drawn does. */
const drawing = 1;

/** Names what the picture shows: the same key, the same picture. For `/og.png?v=KEY`. */
export const cardKey = (snapshot: PublicSnapshot): string =>
  sha256(JSON.stringify([drawing, cardFacts(snapshot)])).slice(0, 12);

const undrawn =
  /[^\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Nd}\p{P}\p{Zs}\p{Sc}+<=>|~^`]/gu;

/** The text without what the fonts have no shape for; empty when too little of it would be left to make sense. */
export function drawable(text: string, most: number): string {
  const whole = text.normalize('NFC').replaceAll(/\p{Extended_Pictographic}|\u200d|\ufe0f/gu, '');
  const drawn = whole
    .replaceAll(undrawn, '')
    .replaceAll(/\p{Zs}+/gu, ' ')
    .trim();
  if (letters(drawn) < letters(whole) * 0.8 || letters(drawn) === 0) return '';
  return drawn.length > most ? `${drawn.slice(0, most).trimEnd()}…` : drawn;
}

const letters = (text: string) => text.replaceAll(/[^\p{L}\p{N}]/gu, '').length;
