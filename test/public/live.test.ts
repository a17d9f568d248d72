// What open pages ask for: other bytes exactly when there is something to see, and a way to tell the newer.
import { describe, expect, it } from 'vitest';
import { editionOf } from '../../src/public/editions.ts';
import { homePage, liveDocument, stampOf } from '../../src/public/home.ts';
import { minutes, plus } from '../../src/shared/clock.ts';
import type { PublicSnapshot } from '../../src/status/types.ts';
import { calmSnapshot, publicSnapshot } from '../support/public-snapshot.ts';

const live = (snapshot: PublicSnapshot) =>
  JSON.parse(String(liveDocument(snapshot).body)) as { at: number; v: string };

describe('/live.json', () => {
  it('is tiny, and the same for the same page', () => {
    expect(String(liveDocument(publicSnapshot()).body).length).toBeLessThan(64);
    expect(live(publicSnapshot())).toEqual(live(publicSnapshot()));
  });

  it('keeps its version while only time passes', () => {
    const now = publicSnapshot();
    const later = publicSnapshot({ at: plus(now.at, minutes(5)) });
    expect(live(later).v).toBe(live(now).v);
    expect(live(later).at).toBeGreaterThan(live(now).at);
  });

  it.each<[string, Partial<PublicSnapshot>]>([
    ['an incident ends', { openIncidents: [] }],
    ['a maintenance is called off', { maintenances: [] }],
    ['a component changes', { components: calmSnapshot().components }],
    ['the database falls silent', { frozenAt: new Date('2026-11-22T14:19:00Z') }],
  ])('has another version when %s', (_, more) => {
    expect(live(publicSnapshot(more)).v).not.toBe(live(publicSnapshot()).v);
  });

  it('has another version for a change that the front page does not show', () => {
    const { page } = publicSnapshot();
    const changed = { ...page, updatedAt: plus(page.updatedAt, 1) };
    expect(live(publicSnapshot({ page: changed })).v).not.toBe(live(publicSnapshot()).v);
  });

  it('tells of the same moment as the page itself', () => {
    const snapshot = publicSnapshot();
    expect(homePage(editionOf(snapshot)).body).toContain(`<body data-stamp="${stampOf(snapshot)}"`);
    expect(live(snapshot).at).toBe(stampOf(snapshot));
  });
});
