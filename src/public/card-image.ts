// Draws the card: satori lays it out, resvg makes pixels of it. Loaded in a thread of its own alone: both
// are large, and a drawing keeps a processor busy for a good part of a second.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { initWasm, Resvg } from '@resvg/resvg-wasm';
import satori from 'satori';
import type { Indicator } from '../shared/words.ts';
import { type CardFacts, cardSize } from './card.ts';

const require = createRequire(import.meta.url);

type Weight = 400 | 600;

/** Each range of letters is a font of its own; where one has no shape the next is asked. */
const ranges = [
  'latin',
  'latin-ext',
  'cyrillic',
  'cyrillic-ext',
  'greek',
  'greek-ext',
  'vietnamese',
];
const weights: Weight[] = [400, 600];
const family = (range: string) => `Inter ${range}`;
const families = ranges.map(family).join(', ');

const loadFonts = () =>
  ranges.flatMap((range) =>
    weights.map((weight) => ({
      name: family(range),
      weight,
      style: 'normal' as const,
      data: readFileSync(
        require.resolve(`@fontsource/inter/files/inter-${range}-${weight}-normal.woff`),
      ),
    })),
  );

interface Tone {
  colour: string;
  ink: string;
  soft: string;
  /** On a square of 24: strokes, and what is filled. */
  strokes: string[];
  fills: string[];
}

const circle = 'M21 12a9 9 0 1 1-18 0a9 9 0 1 1 18 0Z';

/** The page's own colours and shapes (tokens.css, shapes.eta) of its light side. */
const tones: Record<Indicator, Tone> = {
  none: {
    colour: '#0a8753',
    ink: '#07603b',
    soft: '#e6f7ee',
    strokes: [circle, 'm8 12.4 2.8 2.8L16 9.6'],
    fills: [],
  },
  maintenance: {
    colour: '#1c7cc0',
    ink: '#0c5690',
    soft: '#e6f2fc',
    strokes: [
      'M20.3 7.2 16.8 10.7 13.3 7.2 16.8 3.7A5.4 5.4 0 0 0 9.9 10.6L3.8 16.7A2.5 2.5 0 0 0 7.3 20.2L13.4 14.1A5.4 5.4 0 0 0 20.3 7.2Z',
    ],
    fills: [],
  },
  minor: {
    colour: '#b17400',
    ink: '#6f4700',
    soft: '#fff3da',
    strokes: ['M12 3.8 21.2 20H2.8Z', 'M12 10v4.4M12 17.1v.1'],
    fills: [],
  },
  major: {
    colour: '#cd5200',
    ink: '#8b3400',
    soft: '#ffeee2',
    strokes: [circle],
    fills: ['M12 3a9 9 0 0 1 0 18Z'],
  },
  critical: {
    colour: '#cf2a2c',
    ink: '#a3161c',
    soft: '#fdeceb',
    strokes: [circle, 'm8.8 8.8 6.4 6.4m0-6.4-6.4 6.4'],
    fills: [],
  },
};

interface Node {
  type: string;
  props: Record<string, unknown>;
}

const node = (type: string, style: object, children: unknown, more: object = {}): Node => ({
  type,
  props: { style, children, ...more },
});

const line = (words: string, style: object): Node =>
  node('div', { display: 'block', wordBreak: 'break-word', ...style }, words);

const shape = ({ colour, strokes, fills }: Tone, size: number): Node =>
  node(
    'svg',
    { flexShrink: 0 },
    [
      ...strokes.map((d) =>
        node('path', {}, undefined, {
          d,
          fill: 'none',
          stroke: colour,
          strokeWidth: 2,
          strokeLinecap: 'round',
          strokeLinejoin: 'round',
        }),
      ),
      ...fills.map((d) => node('path', {}, undefined, { d, fill: colour })),
    ],
    { width: size, height: size, viewBox: '0 0 24 24', xmlns: 'http://www.w3.org/2000/svg' },
  );

function layout({ name, indicator, headline, title, others, host }: CardFacts): Node {
  const tone = tones[indicator];
  const more =
    others > 0 ? `and ${others} more open ${others === 1 ? 'incident' : 'incidents'}` : '';
  const column = { display: 'flex', flexDirection: 'column' };
  return node(
    'div',
    {
      ...column,
      ...cardSize,
      boxSizing: 'border-box',
      overflow: 'hidden',
      justifyContent: 'space-between',
      padding: '64px 72px 56px',
      background: tone.soft,
      borderBottom: `18px solid ${tone.colour}`,
      fontFamily: families,
      color: '#171d2b',
    },
    [
      line(name, { fontSize: 44, fontWeight: 600, lineClamp: 1 }),
      node('div', { display: 'flex', alignItems: 'center', gap: 44 }, [
        shape(tone, 148),
        node('div', { ...column, flexGrow: 1, flexBasis: 0, minWidth: 0, gap: 14 }, [
          line(headline, {
            fontSize: headline.length > 23 ? 64 : 76,
            fontWeight: 600,
            lineHeight: 1.12,
            letterSpacing: '-0.02em',
            color: tone.ink,
            lineClamp: 2,
          }),
          ...(title ? [line(title, { fontSize: 40, lineHeight: 1.3, lineClamp: 2 })] : []),
          ...(more ? [line(more, { fontSize: 30, color: '#4a5266' })] : []),
        ]),
      ]),
      line(host, { fontSize: 30, color: '#4a5266', lineClamp: 1 }),
    ],
  );
}

let ready: Promise<void> | undefined;
let fonts: ReturnType<typeof loadFonts> | undefined;

/** The card as a PNG. */
export async function drawCard(facts: CardFacts): Promise<Uint8Array> {
  ready ??= initWasm(readFileSync(require.resolve('@resvg/resvg-wasm/index_bg.wasm')));
  fonts ??= loadFonts();
  // What no font has a shape for was taken out before; nothing is ever fetched.
  const svg = await satori(layout(facts), {
    ...cardSize,
    fonts,
    loadAdditionalAsset: () => Promise.resolve([]),
  });
  await ready;
  const drawn = new Resvg(svg, { font: { loadSystemFonts: false } });
  const image = drawn.render();
  const png = image.asPng();
  image.free();
  drawn.free();
  return png;
}
