// Colours that can be read, and CSS that nothing typed can break out of.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  contrast,
  fromOklch,
  lowestContrast,
  nearestReadable,
  ratioText,
  toOklch,
} from '../../src/settings/colour.ts';
import { linkTo } from '../../src/settings/links.ts';
import { accentFault, accentIn, lookStyle, schemes } from '../../src/settings/look.ts';
import { lookForm, shownForm } from '../../src/settings/forms.ts';
import { defaultExtras, type PageLook } from '../../src/settings/types.ts';
import { parse } from '../../src/shared/form.ts';
import { AppError } from '../../src/shared/errors.ts';

const look = (part: Partial<PageLook>): PageLook => ({ ...defaultExtras.look, ...part });

describe('colours', () => {
  // Ratios from WCAG's own examples and its reference formula.
  it.each([
    ['#000000', '#ffffff', 21],
    ['#ffffff', '#ffffff', 1],
    ['#777777', '#ffffff', 4.48],
    ['#767676', '#ffffff', 4.54],
    ['#ff0000', '#ffffff', 4],
    ['#0000ff', '#ffffff', 8.59],
  ])('%s on %s: %d', (one, other, ratio) => {
    expect(contrast(one, other)).toBeCloseTo(ratio, 1);
    expect(contrast(other, one)).toBe(contrast(one, other));
  });

  it.each(['#1d4ed8', '#ff8800', '#00ff00', '#000000', '#ffffff', '#808080', '#7c3aed'])(
    '%s is the same after a way through OKLCH',
    (hex) => expect(fromOklch(toOklch(hex))).toBe(hex),
  );

  it('OKLCH is that of CSS', () => {
    const { l, c, h } = toOklch('#ff0000');
    expect([l.toFixed(3), c.toFixed(3), h.toFixed(1)]).toEqual(['0.628', '0.258', '29.2']);
  });

  it('a ratio never reads better than it is', () => expect(ratioText(4.4999)).toBe('4.4:1'));

  it('the nearest readable one keeps its hue and is not overdone', () => {
    const found = nearestReadable('#7dd3fc', ['#ffffff'], 4.5) ?? '';
    expect(contrast(found, '#ffffff')).toBeGreaterThanOrEqual(4.5);
    expect(contrast(found, '#ffffff')).toBeLessThan(4.8);
    expect(Math.abs(toOklch(found).h - toOklch('#7dd3fc').h)).toBeLessThan(8);
    expect(nearestReadable('#123456', ['#ffffff'], 4.5)).toBe('#123456');
    expect(nearestReadable('#808080', ['#ffffff', '#000000'], 8)).toBeUndefined();
  });
});

describe('the schemes', () => {
  const css = readFileSync(join(import.meta.dirname, '../../views/assets/tokens.css'), 'utf8');
  const token = (name: string, which: number) => {
    const found = [
      ...css.matchAll(new RegExp(`--${name}: oklch\\(([\\d.]+) ([\\d.]+) ([\\d.]+)\\)`, 'g')),
    ];
    const [, l, c, h] = found[which] ?? [];
    return fromOklch({ l: Number(l), c: Number(c), h: Number(h) });
  };

  it.each([
    ['light', 0],
    ['dark', 1],
  ] as const)('%s stands on the tokens of the page', (name, which) => {
    const { grounds, ink } = schemes[name];
    expect(grounds).toEqual([token('page', which), token('surface', which)]);
    expect(ink).toBe(token('on-accent', which));
    expect(accentFault(token('accent', which), schemes[name])).toBeUndefined();
  });
});

describe('an accent', () => {
  it('too pale is refused with its ratio and the nearest that is not', () => {
    const fault = accentFault('#ffcc00', schemes.light) ?? '';
    expect(fault).toMatch(
      /On the light page its contrast is 1\.\d:1; .* need 4\.5:1 .* is #[0-9a-f]{6}\./,
    );
    const better = /#[0-9a-f]{6}/.exec(fault)?.[0] ?? '';
    expect(accentFault(better, schemes.light)).toBeUndefined();
    expect(accentFault('#ffcc00', schemes.dark)).toBeUndefined();
    expect(accentFault('#1d4ed8', schemes.dark)).toContain('On the dark page');
  });

  it('serves both schemes when only one is chosen', () => {
    const chosen = look({ accent: '#1d4ed8' });
    expect(accentIn(chosen, 'light')).toBe('#1d4ed8');
    const dark = accentIn(chosen, 'dark') ?? '';
    expect(lowestContrast(dark, schemes.dark.grounds)).toBeGreaterThanOrEqual(4.5);
    expect(accentIn(look({}), 'light')).toBeUndefined();
  });
});

describe('the style of a look', () => {
  it('is nothing for ours', () => expect(lookStyle(look({}))).toBe(''));

  it('holds what was chosen', () => {
    const chosen = look({
      accent: '#1d4ed8',
      properties: { font: 'serif', radius: '0', column: '52', 'text-scale': '110' },
    });
    const css = lookStyle(chosen);
    expect(css).toMatch(/^:root\{--font:'Iowan Old Style',[^}]*;--radius:0px;--radius-s:0px;/);
    expect(css).toContain('--column:52rem;font-size:110%;--accent:#1d4ed8;--on-accent:#fcfcfc;');
    expect(css).toMatch(/@media\(prefers-color-scheme:dark\)\{:root\{--accent:#[0-9a-f]{6};/);
  });

  it.each([
    ['accent', 'red;}</style><script>alert(1)</script>'],
    ['accent', '#fff'],
    ['accentDark', 'url(https://evil.example)'],
  ])('never holds a %s like %s', (name, value) => {
    expect(lookStyle(look({ [name]: value }))).toBe('');
  });

  it.each([
    ['radius', '8px}body{display:none'],
    ['radius', '99'],
    ['column', '-1'],
    ['text-scale', '1e2'],
    ['font', 'Comic Sans'],
    ['font', 'constructor'],
    ['background', 'url(x)'],
    ['__proto__', '1'],
  ])('never holds a property %s of %s', (name, value) => {
    expect(lookStyle(look({ properties: { [name]: value } }))).toBe('');
  });
});

describe('the forms', () => {
  const typed = {
    accent: ' #1D4ED8 ',
    accentDark: '',
    properties: { font: '', radius: '4' },
    footer: ' Run by **us**.\r\n',
    links: [
      { label: 'Home', url: 'https://acme.example/a b' },
      { label: '', url: '' },
    ],
  };
  const faults = (change: object, form: typeof lookForm | typeof shownForm = lookForm) => {
    try {
      parse(form, { ...typed, ...change });
      return {};
    } catch (error) {
      return error instanceof AppError ? error.fields : {};
    }
  };

  it('read a look', () => {
    expect(parse(lookForm, typed)).toEqual({
      accent: '#1d4ed8',
      accentDark: '',
      properties: { radius: '4' },
      footer: 'Run by **us**.',
      links: [{ label: 'Home', url: 'https://acme.example/a b' }],
    });
  });

  it.each([
    [{ accent: '#ffcc00' }, 'accent'],
    [{ accent: 'blue' }, 'accent'],
    [{ accentDark: '#000033' }, 'accentDark'],
    [{ properties: { radius: '17' } }, 'properties.radius'],
    [{ properties: { font: 'Papyrus' } }, 'properties.font'],
    [{ footer: 'x'.repeat(5001) }, 'footer'],
    [{ links: [{ label: 'x', url: 'javascript:alert(1)' }] }, 'links.0.url'],
    [{ links: [{ label: 'x', url: '' }] }, 'links.0.url'],
    [{ links: [{ label: '', url: 'https://a.example' }] }, 'links.0.label'],
    [{ links: [{ label: 'two\nlines', url: 'https://a.example' }] }, 'links.0.label'],
    [{ accent: ['#1d4ed8', '#1d4ed8'] }, 'accent'],
  ])('refuse %j at %s', (change, field) => {
    expect(Object.keys(faults(change))).toEqual([field]);
  });

  it.each([
    ['https://acme.example/', true],
    ['HTTP://acme.example', true],
    ['//acme.example', false],
    ['javascript:alert(1)', false],
    ['https://user:pass@acme.example', false],
    ['data:text/html,x', false],
    ['https://', false],
    ['mailto:a@b.example', false],
  ])('take %s as a link: %s', (url, taken) => expect(linkTo(url) !== undefined).toBe(taken));

  it('weights are whole percent from 0 to 100', () => {
    const shown = { bars: 'on', percentages: '', overdue: 'on', pastDays: '7' };
    const weights = { partial_outage: '30', degraded_performance: '0', under_maintenance: '100' };
    expect(parse(shownForm, { ...shown, weights })).toEqual({
      bars: true,
      percentages: false,
      overdue: true,
      pastDays: 7,
      weights: { partial_outage: 0.3, degraded_performance: 0, under_maintenance: 1 },
    });
    expect(() =>
      parse(shownForm, { ...shown, weights: { ...weights, partial_outage: '101' } }),
    ).toThrow();
    expect(() => parse(shownForm, { ...shown, pastDays: '31', weights })).toThrow();
  });
});
