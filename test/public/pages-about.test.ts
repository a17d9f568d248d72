// The pages about one thing: a component, a maintenance, a month; and what the front page tells of plans.
import { describe, expect, it } from 'vitest';
import { componentPage } from '../../src/public/component-page.ts';
import { editionOf } from '../../src/public/editions.ts';
import { historyPage, monthPage } from '../../src/public/history-pages.ts';
import { homePage } from '../../src/public/home.ts';
import { maintenancePage } from '../../src/public/incident-pages.ts';
import { days, minutes, plus } from '../../src/shared/clock.ts';
import { escapeHtml } from '../../src/shared/text.ts';
import type { Document } from '../../src/public/types.ts';
import type { PublicSnapshot } from '../../src/status/types.ts';
import {
  at,
  calmSnapshot,
  idOf,
  maintenance,
  publicSnapshot,
  runningSnapshot,
} from '../support/public-snapshot.ts';
import { publicSite } from '../support/public-fixtures.ts';

const html = (document: Document) => String(document.body);
const home = (snapshot: PublicSnapshot) => html(homePage(editionOf(snapshot)));
const main = (page: string) => page.slice(page.indexOf('<main'), page.indexOf('</main>'));

const words = (page: string) =>
  main(page)
    .replaceAll(/<svg[\s\S]*?<\/svg>/g, '')
    .replaceAll(/<\/?(b|i|bdi|span|a)\b[^>]*>/g, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ');

const shownWith = (shown: Partial<PublicSnapshot['page']['shown']>, more = publicSnapshot()) => ({
  ...more,
  page: { ...more.page, shown: { ...more.page.shown, ...shown } },
});

describe('the front page', () => {
  it('goes from what is wrong to what is planned to what is past', () => {
    const marks = [
      'Major System Outage',
      'Card payments failing in Europe',
      'id="components-title"',
      'class="days"',
      'id="upcoming-title"',
      'id="past-title"',
      'id="updates"',
    ];
    const page = main(home(publicSnapshot()));
    const places = marks.map((mark) => page.indexOf(mark));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(places).not.toContain(-1);
  });

  it('tells of maintenance under way before the components, in full', () => {
    const page = home(runningSnapshot());
    expect(page.indexOf('Maintenance in progress')).toBeLessThan(page.indexOf('components-title'));
    expect(words(page)).toContain('Service Under Maintenance');
    expect(words(page)).toContain('Started 22 Nov 2026, 14:00 UTC Planned end 16:00 UTC Takes 2 h');
    expect(words(page)).toContain('Scheduled maintenance is currently in progress.');
    expect(page).not.toContain('id="upcoming-title"');
  });

  it('names five plans and counts the others', () => {
    const plans = Array.from({ length: 8 }, (_, i) =>
      maintenance({ id: idOf(`plan ${i}`), title: `Plan ${i}` }),
    );
    const text = words(home(calmSnapshot({ maintenances: plans })));
    expect(text).toContain('Plan 4');
    expect(text).not.toContain('Plan 5');
    expect(text).toContain('3 more in the calendar');
  });

  it('gives each component a list of its eventful days beside the drawing', () => {
    const text = words(home(publicSnapshot()));
    expect(text).toContain(
      '20 November: degraded performance, 43 min, 1 incident Slow search results',
    );
    expect(text).toContain('days without trouble.');
    expect(text.match(/Uptime of the past 90 days = /g)).toHaveLength(1);
  });

  it('shows what is switched on, and no more', () => {
    const bare = home(shownWith({ bars: false, percentages: false, pastDays: 3 }));
    expect(bare).not.toContain('class="days"');
    expect(bare).not.toContain('% uptime');
    expect(bare).not.toContain('Uptime of the past');
    expect(bare.match(/<section class="day">/g)).toHaveLength(3);
    const barsOnly = home(shownWith({ percentages: false }));
    expect(barsOnly).toContain('class="days"');
    expect(barsOnly).not.toContain('% uptime');
  });

  it('leaves the history of a component without showcase alone', () => {
    const base = publicSnapshot();
    const components = base.components.map((one) => ({ ...one, showcase: one.name === 'API' }));
    expect(home({ ...base, components }).match(/class="days"/g)).toHaveLength(1);
  });

  it('shows no day it does not know whole', () => {
    const page = home({ ...publicSnapshot(), recentSince: '2026-11-20' });
    expect(page.match(/<section class="day">/g)).toHaveLength(3);
  });

  it.each([
    [true, 'This update is late: it was promised by 14:45 UTC'],
    [false, ''],
  ])('owns up to a promise that passed (switched %s), or claims nothing', (overdue, said) => {
    const late = shownWith({ overdue }, { ...publicSnapshot(), at: plus(at, minutes(40)) });
    const text = words(home(late));
    expect(text).toContain(said);
    expect(text).not.toContain('Next update by');
    if (!overdue) expect(text).not.toContain('promised');
  });

  it('says of which time it is when the database is silent', () => {
    const text = words(home({ ...publicSnapshot(), frozenAt: at }));
    expect(text).toContain('Shown as of 22 Nov 2026, 14:20 UTC');
  });

  it('speaks with no components at all', () => {
    const empty = calmSnapshot({ components: [], groups: [], uptimes: [], maintenances: [] });
    expect(words(home(empty))).toContain('No components are listed yet.');
  });

  it('holds what programs read in Statuspage’s markup', () => {
    const page = home(publicSnapshot());
    expect(page).toMatch(/class="incident unresolved-incident[^"]*"/);
    expect(page).toMatch(/class="actual-title"[^>]*>Card payments failing in Europe</);
    const unix = plus(at, -minutes(5)).getTime();
    expect(page).toMatch(
      new RegExp(
        `class="update [^"]*"[\\s\\S]*?<small>[\\s\\S]*?<span data-datetime-unix="${unix}">`,
      ),
    );
  });
});

describe('the head', () => {
  it('tells previews and search engines what there is', () => {
    const page = home(publicSnapshot());
    for (const tag of [
      '<meta property="og:title" content="Major System Outage · Acme Status">',
      '<meta property="og:description" content="Major System Outage. 1 open incident.">',
      '<meta property="og:url" content="https://status.example.com/">',
      '<link rel="canonical" href="https://status.example.com/">',
      '<meta property="og:image" content="https://status.example.com/og.png?v=',
      '<meta name="twitter:card" content="summary_large_image">',
      '<meta name="theme-color"',
    ]) {
      expect(page).toContain(tag);
    }
    expect(page).not.toContain('noindex');
  });

  it('carries the operator’s logo, links and footer', () => {
    const base = publicSnapshot();
    const links = ['Docs', 'Shop', 'Terms'].map((label) => ({
      label,
      url: `https://example.com/${label}`,
    }));
    const look = { ...base.page.look, links, footer: 'An **imprint** <b>x</b>' };
    const logo = { path: '/logo/abc.png', width: 120, height: 40 };
    const page = home({ ...base, page: { ...base.page, look, logo } });
    expect(page).toContain('<img src="/logo/abc.png" width="120" height="40" alt="Acme Status">');
    const [top = '', below = ''] = page.split('<main');
    expect(top).toContain('>Shop</a>');
    expect(top).not.toContain('>Terms</a>');
    expect(below).toContain('>Terms</a>');
    expect(below).toContain('An <strong>imprint</strong> &lt;b&gt;x&lt;/b&gt;');
  });
});

describe('a component page', () => {
  const snapshot = publicSnapshot();
  const component = snapshot.components.find((one) => one.name === 'Card payments');
  if (!component) throw new Error('There is no such component.');
  const page = html(componentPage(editionOf(snapshot), component));
  const text = words(page);

  it('tells state, days and months in words, and what touched it', () => {
    expect(text).toContain('Part of Payments');
    expect(text).toContain('Major outage');
    expect(text).toContain('22 November major outage, 33 min, partial outage, 31 min, 1 incident');
    expect(text).toMatch(/November 2026 99\.\d\d% 1 h 4 min/);
    expect(text).toContain('September 2026 100% None');
    expect(text).toContain('Card payments failing in Europe');
    expect(text).not.toContain('Slow search results');
  });

  it('shows no numbers where the page shows none', () => {
    const bare = shownWith({ bars: false, percentages: false });
    const other = html(componentPage(editionOf(bare), component));
    expect(other).not.toContain('99.');
    expect(other).not.toContain('class="days"');
    expect(words(other)).toContain('22 November major outage, 33 min');
  });
});

const planOf = (more: Parameters<typeof maintenance>[0]) =>
  words(html(maintenancePage(editionOf(publicSnapshot()), maintenance(more))));

describe('a maintenance page', () => {
  it('tells the window, who is affected, and what was said', () => {
    const text = planOf({});
    expect(text).toContain('Starts 25 Nov 2026, 22:00 UTC Ends 26 Nov, 00:00 UTC Takes 2 h');
    expect(text).toContain('Exports: under maintenance');
    expect(text).toContain('We are moving exports and analytics');
    expect(text).toContain('Add to a calendar');
  });

  it('tells how long it took once it is over', () => {
    const startedAt = plus(at, -days(1));
    const completedAt = plus(startedAt, minutes(95));
    const text = planOf({ state: 'completed', startedAt, completedAt });
    expect(text).toContain('Started 21 Nov 2026, 14:20 UTC Ended 15:55 UTC Took 1 h 35 min');
    expect(text).not.toContain('under maintenance');
  });
});

describe('the history', () => {
  const months = [
    { month: '2026-11', incidents: 5, maintenances: 1 },
    { month: '2026-10', incidents: 0, maintenances: 0 },
  ];

  it('counts incidents and maintenances, and carries the list that programs read', () => {
    const json = JSON.stringify({ months: [{ name: 'November', incidents: ['<"&'] }] });
    const page = html(historyPage(editionOf(publicSnapshot()), months, json));
    expect(words(page)).toContain('November 5 incidents, 1 maintenance October No incidents');
    expect(page).toContain('<div data-react-class="HistoryIndex" data-react-props="');
    expect(page).toContain(escapeHtml(json));
  });

  it('lists a month’s maintenances among its incidents', () => {
    const { recentIncidents } = publicSnapshot();
    const done = maintenance({
      state: 'completed',
      scheduledFor: plus(at, -days(4)),
      startedAt: plus(at, -days(4)),
      completedAt: plus(at, -days(4) + minutes(30)),
    });
    const past = { incidents: recentIncidents, maintenances: [done] };
    const text = words(html(monthPage(editionOf(publicSnapshot()), months, '2026-11', past)));
    expect(text).toContain('18 November Wednesday Database upgrade');
    expect(text).toContain('Scheduled maintenance: completed lasted 30 min');
    expect(text.indexOf('Database upgrade')).toBeLessThan(text.indexOf('Webhooks delayed'));
  });

  it('answers over HTTP, the live document too', async () => {
    const site = await publicSite();
    const answer = await site.get('/history');
    expect(answer.status).toBe(200);
    const props = /data-react-props="([^"]*)"/.exec(await answer.text())?.[1] ?? '';
    const { months: told } = JSON.parse(props.replaceAll('&quot;', '"')) as { months: unknown[] };
    expect(told).toHaveLength(1);
    const live = await site.get('/live.json');
    expect(await live.json()).toEqual({ at: expect.any(Number), v: expect.any(String) });
    const [component] = site.snapshots.current().components;
    expect((await site.get(`/components/${component?.id ?? ''}`)).status).toBe(200);
    for (const path of ['/components/zzzzzzzzzzzz', '/maintenance/zzzzzzzzzzzz', '/de']) {
      expect((await site.get(path)).status, path).toBe(404);
    }
  });
});
