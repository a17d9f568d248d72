// A component's days: what is drawn, what is told, and that neither says more than is known.
import { describe, expect, it } from 'vitest';
import { barHeight, barsModel } from '../../src/public/bars.ts';
import { formulaOf } from '../../src/public/component-models.ts';
import { editionOf } from '../../src/public/editions.ts';
import { defaultExtras } from '../../src/settings/types.ts';
import { days, hours, minutes } from '../../src/shared/clock.ts';
import type { PublicDay } from '../../src/status/types.ts';
import { publicSnapshot, uptimeOf } from '../support/public-snapshot.ts';

const snapshot = publicSnapshot();
const edition = editionOf(snapshot);
const barsOf = (trouble: Parameters<typeof uptimeOf>[0], known = 90) =>
  barsModel(edition, { componentId: 'x', ...uptimeOf(trouble, known) });

/** Heights of a path's upright lines by day. */
const heights = (path = '') =>
  [...path.matchAll(/M(\d+) (\d+)v-(\d+)/g)].map(([, day, , height]) => [
    Number(day),
    Number(height),
  ]);

const told = (bars: ReturnType<typeof barsOf>) =>
  bars.told.map(
    (day) =>
      `${day.date}: ${[...day.spans.map(({ text }) => text), day.counts].filter(Boolean).join(', ')}`,
  );

describe('the bars', () => {
  it('are one line for ninety quiet days', () => {
    const bars = barsOf({});
    expect(bars).toMatchObject({ known: 'M0 16h90', unknown: '', rest: '', marks: [], told: [] });
    expect(bars.others).toEqual(['90 days without trouble.']);
  });

  it('show a two-minute outage, and say it', () => {
    const bars = barsOf({ 3: { spent: { partial_outage: minutes(2) }, events: [incident('a')] } });
    expect(bars.known).toBe('M0 16h86M87 16h3');
    expect(bars.marks.map(({ key }) => key)).toEqual(['partial_outage']);
    expect(heights(bars.marks[0]?.path)).toEqual([[86, 8]]);
    expect(told(bars)).toEqual(['19 November: partial outage, 2 min, 1 incident']);
    expect(bars.others).toEqual(['89 days without trouble.']);
  });

  it('give a long outage its part of the day, the worst lowest', () => {
    const spent = { major_outage: hours(12), degraded_performance: hours(3) };
    const bars = barsOf({ 10: { spent } });
    expect(bars.marks.map(({ key, path }) => [key, heights(path)])).toEqual([
      ['major_outage', [[79, barHeight / 2]]],
      ['degraded_performance', [[79, 8]]],
    ]);
    expect(told(bars)).toEqual(['12 November: major outage, 12 h, degraded performance, 3 h']);
  });

  it('fill a day that was nothing but outage, and never leave the drawing', () => {
    const whole = barsOf({ 5: { spent: { major_outage: days(1) } } });
    expect(heights(whole.marks[0]?.path)).toEqual([[84, barHeight]]);
    expect(whole.rest).toBe('');
    const three = {
      major_outage: hours(22),
      partial_outage: hours(1),
      degraded_performance: hours(1),
    };
    const crowded = barsOf({ 5: { spent: three } });
    const all = crowded.marks.flatMap(({ path }) => heights(path)).map(([, height]) => height ?? 0);
    expect(all.reduce((sum, height) => sum + height, 0)).toBeLessThanOrEqual(barHeight);
  });

  it('are grey where nothing is known', () => {
    const bars = barsOf({}, 40);
    expect(bars.unknown).toBe('M0 16h50');
    expect(bars.known).toBe('M50 16h40');
    expect(bars.others).toEqual(['40 days without trouble.', '50 days without data.']);
  });

  it('name what touched a day, and count the rest', () => {
    const events = [
      incident('a'),
      incident('b'),
      { ...incident('c'), kind: 'maintenance' as const },
    ];
    const [day] = barsOf({ 1: { events, more: 2 } }).told;
    expect(day?.counts).toBe('4 incidents, 1 maintenance');
    expect(day?.events.map(({ url }) => url)).toEqual([
      '/incidents/a',
      '/incidents/b',
      '/maintenance/c',
    ]);
    expect(day?.more).toBe('and 2 more');
  });
});

const incident = (id: string): PublicDay['events'][number] => ({ kind: 'incident', id, title: id });

describe('uptime', () => {
  it.each([
    [1, '100%'],
    [0.99999, '99.99%'],
    [0.9998, '99.98%'],
    [0.5, '50%'],
    [0, '0%'],
  ])('of %d reads %s: never rounded up to the whole', (share, text) => {
    expect(edition.speech.percent(share)).toBe(text);
  });

  it.each([
    [{}, 'major outage + 0.3 × partial outage'],
    [
      { partial_outage: 1, degraded_performance: 0.1, under_maintenance: 0 },
      'major outage + partial outage + 0.1 × degraded performance',
    ],
    [{ partial_outage: 0 }, 'major outage'],
  ])('is printed with the weights %o', (weights, sum) => {
    const page = { ...snapshot.page, weights: { ...defaultExtras.weights, ...weights } };
    expect(formulaOf(editionOf({ ...snapshot, page }))).toBe(
      `Uptime of the past 90 days = 1 − (${sum}) ÷ time on record.`,
    );
  });
});
