// Colours as numbers: hex and OKLCH, the contrast of two, and the nearest one that can be read. Pure.

/** Lightness 0–1, chroma, hue in degrees. */
export interface Oklch {
  l: number;
  c: number;
  h: number;
}

/** Red, green, blue, each linear light from 0 to 1 where the screen can show it. */
type Linear = [number, number, number];

export const isHexColour = (text: string) => /^#[0-9a-f]{6}$/.test(text);

/** WCAG's contrast ratio of two `#rrggbb` colours, from 1 to 21. */
export function contrast(one: string, other: string): number {
  const [lighter, darker] = [luminance(one), luminance(other)].toSorted((a, b) => b - a) as [
    number,
    number,
  ];
  return (lighter + 0.05) / (darker + 0.05);
}

/** A ratio as people write it, rounded down: what is printed as 4.5 is no less. */
export const ratioText = (ratio: number) => `${(Math.floor(ratio * 10) / 10).toFixed(1)}:1`;

function luminance(hex: string): number {
  const [r, g, b] = linearOf(hex);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** The lowest contrast of a colour with several others. */
export const lowestContrast = (colour: string, others: string[]) =>
  Math.min(...others.map((other) => contrast(colour, other)));

/**
 * The colour of the same hue, changed as little in lightness as it takes, that has at least `ratio` with
 * all of `others`; itself where it has. Undefined when no lightness does.
 */
export function nearestReadable(hex: string, others: string[], ratio: number): string | undefined {
  if (lowestContrast(hex, others) >= ratio) return hex;
  const { l, c, h } = toOklch(hex);
  const candidates = steps.flatMap((step) => [l - step, l + step]);
  return candidates
    .filter((lightness) => lightness >= 0 && lightness <= 1)
    .map((lightness) => fromOklch({ l: lightness, c, h }))
    .find((candidate) => lowestContrast(candidate, others) >= ratio);
}

const steps = Array.from({ length: 200 }, (_, i) => (i + 1) * 0.005);

/** `share` of one colour laid over another. */
export function mix(over: string, under: string, share: number): string {
  const [a, b] = [channels(over), channels(under)];
  return hexOf(a.map((value, i) => value * share + (b[i] ?? 0) * (1 - share)));
}

const channels = (hex: string) =>
  [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255);

const hexOf = (values: number[]) =>
  `#${values
    .map((value) =>
      Math.round(clamp(value) * 255)
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`;

const clamp = (value: number) => Math.min(1, Math.max(0, value));

const linearOf = (hex: string) =>
  channels(hex).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)) as Linear;

const gammaOf = (v: number) => (v <= 0.0031308 ? v * 12.92 : 1.055 * v ** (1 / 2.4) - 0.055);

/** Björn Ottosson's matrices, between linear sRGB and OKLab. */
export function toOklch(hex: string): Oklch {
  const [r, g, b] = linearOf(hex);
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  const lightness = 0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s;
  const greenRed = 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s;
  const blueYellow = 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s;
  const hue = (Math.atan2(blueYellow, greenRed) * 180) / Math.PI;
  return { l: lightness, c: Math.hypot(greenRed, blueYellow), h: (hue + 360) % 360 };
}

/** The nearest colour a screen shows: chroma gives way where there is no such colour. */
export function fromOklch({ l, c, h }: Oklch): string {
  for (let share = 1; share > 0; share -= 0.05) {
    const linear = linearFrom({ l, c: c * share, h });
    if (linear.every((value) => value >= -0.0005 && value <= 1.0005)) {
      return hexOf(linear.map((value) => gammaOf(clamp(value))));
    }
  }
  return hexOf(linearFrom({ l: clamp(l), c: 0, h }).map((value) => gammaOf(clamp(value))));
}

function linearFrom({ l: lightness, c, h }: Oklch): Linear {
  const angle = (h * Math.PI) / 180;
  const [a, b] = [c * Math.cos(angle), c * Math.sin(angle)];
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
}
