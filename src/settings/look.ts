// The operator's look of the public page as CSS. Whatever of it was typed is checked against closed
// patterns again before it is written out: nothing can break out of the style block it stands in. Pure.
import {
  fromOklch,
  isHexColour,
  lowestContrast,
  mix,
  nearestReadable,
  ratioText,
} from './colour.ts';
import type { PageLook } from './types.ts';

/** Text and controls in the accent colour must be readable (WCAG 1.4.3). */
const readable = 4.5;

interface Scheme {
  name: 'light' | 'dark';
  /** What the accent colour stands on: `--page` and `--surface` of tokens.css. */
  grounds: [page: string, surface: string];
  /** What stands on the accent colour: `--on-accent` of tokens.css. */
  ink: string;
  /** Share of the accent in its soft tint. */
  tint: number;
}

const hex = (l: number, c: number, h: number) => fromOklch({ l, c, h });

export const schemes: Record<Scheme['name'], Scheme> = {
  light: {
    name: 'light',
    grounds: [hex(0.982, 0.003, 250), hex(1, 0, 0)],
    ink: hex(0.99, 0, 0),
    tint: 0.08,
  },
  dark: {
    name: 'dark',
    grounds: [hex(0.175, 0.012, 262), hex(0.212, 0.014, 262)],
    ink: hex(0.19, 0.035, 262),
    tint: 0.18,
  },
};

const neighbours = ({ grounds, ink }: Scheme) => [...grounds, ink];

/** The lowest contrast an accent colour has in a scheme, with the page, a surface or a button's text. */
export const accentContrast = (accent: string, scheme: Scheme) =>
  lowestContrast(accent, neighbours(scheme));

/** The nearest colour that can be read in a scheme; itself where it can. */
const readableAccent = (accent: string, scheme: Scheme) =>
  nearestReadable(accent, neighbours(scheme), readable);

/** What is wrong with an accent colour, and the nearest that would do; undefined when it is fine. */
export function accentFault(accent: string, scheme: Scheme): string | undefined {
  const ratio = accentContrast(accent, scheme);
  if (ratio >= readable) return undefined;
  const better = readableAccent(accent, scheme);
  const nearest = better === undefined ? '' : ` The nearest colour that has it is ${better}.`;
  return `On the ${scheme.name} page its contrast is ${ratioText(ratio)}; links and buttons need ${ratioText(readable)} to be read.${nearest}`;
}

/** The system fonts a page may be set in. */
export const fonts = {
  system: {
    label: 'As on the device',
    stack: "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif",
  },
  humanist: {
    label: 'Humanist',
    stack: "Seravek,'Gill Sans Nova',Ubuntu,Calibri,'DejaVu Sans',source-sans-pro,sans-serif",
  },
  geometric: {
    label: 'Geometric',
    stack: "Avenir,Montserrat,Corbel,'URW Gothic',source-sans-pro,sans-serif",
  },
  serif: {
    label: 'Serif',
    stack: "'Iowan Old Style','Palatino Linotype','URW Palladio L',P052,serif",
  },
  rounded: {
    label: 'Rounded',
    stack:
      "ui-rounded,'Hiragino Maru Gothic ProN',Quicksand,Comfortaa,Manjari,'Arial Rounded MT Bold',Calibri,source-sans-pro,sans-serif",
  },
} as const;

interface Property {
  /** Smallest and largest whole number, and what it is written as; fonts are named. */
  range: [number, number] | undefined;
  css: (value: string) => string;
}

/** The custom properties there are: everything else is ignored. */
const properties: Record<string, Property> = {
  font: {
    range: undefined,
    css: (name) => (isFont(name) ? `--font:${fonts[name].stack}` : ''),
  },
  radius: {
    range: [0, 16],
    css: (px) => `--radius:${px}px;--radius-s:${Math.round(Number(px) * 0.6)}px`,
  },
  column: { range: [40, 72], css: (rem) => `--column:${rem}rem` },
  'text-scale': { range: [90, 120], css: (percent) => `font-size:${percent}%` },
};

const isFont = (name: string): name is keyof typeof fonts => Object.hasOwn(fonts, name);

/** True for a value its property takes. */
export function isPropertyValue(name: string, value: string): boolean {
  const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
  if (!property) return false;
  if (!property.range) return isFont(value);
  const [least, most] = property.range;
  return /^\d{1,3}$/.test(value) && Number(value) >= least && Number(value) <= most;
}

/** The look as CSS, to stand after our own in the page's one style block; empty when nothing differs from ours. */
export function lookStyle(look: PageLook): string {
  const set = Object.keys(properties).flatMap((name) => {
    const value = look.properties[name];
    return value !== undefined && isPropertyValue(name, value)
      ? [properties[name]?.css(value) ?? '']
      : [];
  });
  const base = [...set, ...accentParts(accentIn(look, 'light'), schemes.light)];
  const night = accentParts(accentIn(look, 'dark'), schemes.dark);
  return [
    base.length > 0 ? `:root{${base.join(';')}}` : '',
    night.length > 0 ? `@media(prefers-color-scheme:dark){:root{${night.join(';')}}}` : '',
  ].join('');
}

/** The accent a scheme shows: its own, else the other's made readable; undefined where ours stays. */
export function accentIn(look: PageLook, name: Scheme['name']): string | undefined {
  const own = name === 'light' ? look.accent : look.accentDark;
  const other = name === 'light' ? look.accentDark : look.accent;
  const chosen = [own, other].find((text) => isHexColour(text));
  return chosen && readableAccent(chosen, schemes[name]);
}

function accentParts(accent: string | undefined, scheme: Scheme): string[] {
  if (accent === undefined) return [];
  const soft = mix(accent, scheme.grounds[1], scheme.tint);
  return [`--accent:${accent}`, `--on-accent:${scheme.ink}`, `--accent-soft:${soft}`];
}
