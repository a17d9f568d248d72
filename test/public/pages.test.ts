import { describe, expect, it } from 'vitest';
import { systemActor } from '../../src/events/types.ts';
import { createComponent, setBaseline } from '../../src/components/service.ts';
import { correctUpdate } from '../../src/incidents/service.ts';
import { readSettings, saveSettings } from '../../src/settings/service.ts';
import { escapeHtml } from '../../src/shared/text.ts';
import { days, minutes } from '../../src/shared/clock.ts';
import {
  componentNamed,
  declareIncident,
  publicSite,
  type PublicSite,
  sayMore,
} from '../support/public-fixtures.ts';

const read = async (site: PublicSite, path: string) => (await site.get(path)).text();

/** What a reader sees: no markup, no doubled spaces. */
const words = (html: string) =>
  html
    .replaceAll(/<(style|svg)[\s\S]*?<\/\1>/g, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ');

describe('the home page', () => {
  it('tells headline, open incidents, components, past days and how to follow, in this order', async () => {
    const site = await publicSite();
    const first = await declareIncident(site.kernel);
    site.kernel.clock.advance(minutes(12));
    await sayMore(site.kernel, first.incidentPublicId, { body: 'A certificate **expired**.' });
    const html = await read(site, '/');
    const marks = [
      'Major System Outage',
      'Payments failing',
      'Critical impact',
      'Next update by',
      'Identified',
      'A certificate <strong>expired</strong>.',
      'Investigating',
      'We are looking into failed card payments.',
      'id="components-title"',
      'Commerce',
      'Past incidents',
      'Get updates</h2>',
    ];
    const places = marks.map((mark) => html.indexOf(mark, html.indexOf('<main')));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(places).not.toContain(-1);
    expect(words(html)).toContain('Next update by 14:42 UTC');
    expect(html).toContain(
      '<time datetime="2026-11-22T14:42:00.000Z" data-format="clock">14:42 UTC',
    );
    expect(html).toMatch(/role="status"/);
    expect(html).toContain('favicon-critical.svg');
  });

  it('speaks when there is nothing to tell', async () => {
    const site = await publicSite();
    const html = await read(site, '/');
    expect(words(html)).toContain('All Systems Operational No open incidents.');
    expect(html.match(/No incidents reported\./g)).toHaveLength(14);
    expect(html).not.toContain('Next update by');
    expect(html).toContain('favicon-none.svg');
  });

  it('names the day of a promise that is not today', async () => {
    const site = await publicSite();
    const nextUpdateBy = new Date('2026-11-23T09:30:00.000Z');
    await declareIncident(site.kernel, { nextUpdateBy });
    expect(words(await read(site, '/'))).toContain('Next update by 23 Nov, 09:30 UTC');
  });

  it('says when an update was corrected', async () => {
    const site = await publicSite();
    const { incidentPublicId, updatePublicId } = await declareIncident(site.kernel);
    site.kernel.clock.set('2026-11-22T14:52:00.000Z');
    await correctUpdate(site.kernel, systemActor, incidentPublicId, updatePublicId, {
      body: 'Only cards.',
    });
    for (const path of ['/', `/incidents/${incidentPublicId}`]) {
      expect(words(await read(site, path)), path).toContain('edited 14:52 UTC');
    }
  });

  it('keeps a resolved incident on its day for two weeks', async () => {
    const site = await publicSite();
    const { incidentPublicId } = await declareIncident(site.kernel);
    site.kernel.clock.advance(minutes(43));
    await sayMore(site.kernel, incidentPublicId, { state: 'resolved', body: 'It is over.' });
    const text = words(await read(site, '/'));
    expect(text).toContain('Payments failing');
    expect(text).toContain('lasted 43 min');
    expect(text).toContain('It is over.');
    expect(text).not.toContain('Next update by');
    site.kernel.clock.advance(days(14));
    const [, past = ''] = (await read(site, '/')).split('id="past-title"');
    expect(past).not.toContain('Payments failing');
    expect(words(await read(site, '/history/2026-11'))).toContain('Payments failing');
  });

  it('groups by the day of the page, not of UTC', async () => {
    const site = await publicSite();
    const { version, ...form } = await readSettings(site.kernel.db.read);
    await saveSettings(site.kernel, systemActor, version, {
      ...form,
      timeZone: 'Pacific/Auckland',
    });
    await declareIncident(site.kernel);
    const html = await read(site, '/history/2026-11');
    expect(html).toContain('23 November');
    expect(html).not.toContain('22 November');
  });

  it('hides a component that only shows when degraded, until it is', async () => {
    const site = await publicSite();
    const quiet = await createComponent(site.kernel, systemActor, {
      name: 'Fallback',
      description: '',
      groupId: null,
      startDate: null,
      showcase: true,
      onlyShowIfDegraded: true,
    });
    const list = async () =>
      /<ul class="components"[\s\S]*<section aria-labelledby="past/.exec(
        await read(site, '/'),
      )?.[0];
    expect(await list()).not.toContain('Fallback');
    const { publicId, version } = await componentNamed(site.kernel, quiet.name);
    await setBaseline(site.kernel, systemActor, publicId, version, 'partial_outage');
    expect(await list()).toContain('Fallback');
  });

  it('announces its feeds', async () => {
    const html = await read(await publicSite(), '/');
    for (const [type, path] of [
      ['application/rss+xml', '/feed.rss'],
      ['application/atom+xml', '/feed.atom'],
      ['application/feed+json', '/feed.json'],
      ['text/calendar', '/calendar.ics'],
    ]) {
      expect(html).toContain(
        `<link rel="alternate" type="${type}" href="https://status.example.com${path}"`,
      );
    }
    // Statuspage's own titles: readers look for them.
    const there = 'https://status.example.com';
    expect(html).toContain(
      `<link rel="alternate" type="application/atom+xml" href="${there}/history.atom" title="Acme Status Status History - Atom Feed">`,
    );
    expect(html).toContain(
      `<link rel="alternate" type="application/rss+xml" href="${there}/history.rss" title="Acme Status Status History - RSS Feed">`,
    );
  });
});

describe('an incident page', () => {
  it('holds every update under the anchor that feeds point to', async () => {
    const site = await publicSite();
    const first = await declareIncident(site.kernel);
    const second = await sayMore(site.kernel, first.incidentPublicId);
    const html = await read(site, `/incidents/${first.incidentPublicId}`);
    for (const { updatePublicId } of [first, second]) {
      expect(html).toContain(`id="update-${updatePublicId}"`);
    }
  });

  it('is found when it is older than the snapshot remembers', async () => {
    const site = await publicSite();
    const old = await declareIncident(site.kernel, { title: 'Long ago' });
    await sayMore(site.kernel, old.incidentPublicId, { state: 'resolved' });
    site.kernel.clock.advance(days(400));
    for (let i = 0; i < 50; i += 1) await declareIncident(site.kernel, { components: {} });
    await site.snapshots.refresh();
    const known = site.snapshots.current().recentIncidents.map((incident) => incident.id);
    expect(known).not.toContain(old.incidentPublicId);
    expect(words(await read(site, `/incidents/${old.incidentPublicId}`))).toContain('Long ago');
  });
});

describe('what people type', () => {
  const hostile = `<script>alert('x')</script>"><img src=x onerror=alert(1)> <%= it %> {{x}} &amp;`;

  it('shows as text, and nothing on any page runs', async () => {
    const site = await publicSite();
    const { version, ...form } = await readSettings(site.kernel.db.read);
    await saveSettings(site.kernel, systemActor, version, {
      ...form,
      name: hostile.slice(0, 80),
      supportContact: `javascript:alert(1) ${hostile}`,
    });
    const component = await createComponent(site.kernel, systemActor, {
      name: hostile,
      description: hostile,
      groupId: null,
      startDate: null,
      showcase: true,
      onlyShowIfDegraded: false,
    });
    const { incidentPublicId } = await declareIncident(site.kernel, {
      title: hostile,
      body: `${hostile}\n\n[link](javascript:alert(1)) ![i](https://evil.example/x.png)`,
      components: { [component.publicId]: 'partial_outage' },
    });
    const paths = [
      '/',
      `/incidents/${incidentPublicId}`,
      '/history/2026-11',
      '/history',
      '/subscribe',
    ];
    for (const path of paths) {
      const answer = await site.get(path);
      const html = await answer.text();
      expect(html, path).toContain(escapeHtml(hostile.slice(0, 80)).slice(0, 40));
      expect(html.match(/<script/g), path).toHaveLength(1);
      expect(html, path).not.toMatch(/<img|\son\w+=["']|\sstyle=|href="javascript:/i);
      const policy = answer.headers.get('content-security-policy') ?? '';
      expect(policy).toMatch(/style-src 'self' 'sha256-[\w+/=]{44}'/);
      expect(policy).not.toContain('unsafe');
    }
  });

  it.each([
    ['help@example.com', 'href="mailto:help@example.com"'],
    ['https://example.com/help', 'href="https://example.com/help"'],
    ['Call 0800 123', 'Call 0800 123'],
    ['javascript:alert(1)', 'Need help? javascript:alert(1)'],
  ])('as the support contact %s becomes %s', async (supportContact, wanted) => {
    const site = await publicSite();
    const { version, ...form } = await readSettings(site.kernel.db.read);
    await saveSettings(site.kernel, systemActor, version, { ...form, supportContact });
    expect(await read(site, '/')).toContain(wanted);
  });
});
