import * as feedsmith from 'feedsmith';
import Parser from 'rss-parser';
import { describe, expect, it } from 'vitest';
import { systemActor } from '../../src/events/types.ts';
import { createComponent } from '../../src/components/service.ts';
import { correctUpdate } from '../../src/incidents/service.ts';
import { minutes } from '../../src/shared/clock.ts';
import {
  declareIncident,
  publicSite,
  type PublicSite,
  sayMore,
} from '../support/public-fixtures.ts';

const text = async (site: PublicSite, path: string) => (await site.get(path)).text();

interface Entry {
  id: string;
  title: string;
  link: string;
  html: string;
  categories: string[];
  published: string;
  updated: string;
}

const iso = (date: unknown) => new Date(String(date)).toISOString();

/** The three feeds, each read by a library that had no part in writing it. */
async function readAll(site: PublicSite): Promise<Record<string, Entry[]>> {
  const parser = new Parser({ customFields: { item: ['updated', 'published', 'atom:updated'] } });
  const [rss, atom] = [await text(site, '/feed.rss'), await text(site, '/feed.atom')];
  const { items } = await parser.parseString(rss);
  const rssItems = items.map((item): Record<string, unknown> => ({ ...item }));
  const smithAtom = feedsmith.parseAtomFeed(atom);
  const smithRss = feedsmith.parseRssFeed(rss);
  const json = feedsmith.parseJsonFeed(JSON.parse(await text(site, '/feed.json')));
  return {
    'rss by rss-parser': rssItems.map((item) => ({
      id: String(item['guid']),
      title: String(item['title']),
      link: String(item['link']),
      html: String(item['content']),
      categories: (item['categories'] as string[] | undefined) ?? [],
      published: iso(item['isoDate']),
      updated: iso(item['atom:updated']),
    })),
    'rss by feedsmith': (smithRss.items ?? []).map((item) => ({
      id: item.guid?.value ?? '',
      title: item.title ?? '',
      link: item.link ?? '',
      html: item.description ?? '',
      categories: (item.categories ?? []).map((category) => category.name ?? ''),
      published: iso(item.pubDate),
      updated: iso(item.atom?.updated),
    })),
    'atom by feedsmith': (smithAtom.entries ?? []).map((entry) => ({
      id: entry.id ?? '',
      title: typeof entry.title === 'string' ? entry.title : (entry.title?.value ?? ''),
      link: entry.links?.[0]?.href ?? '',
      html: typeof entry.content === 'string' ? entry.content : (entry.content?.value ?? ''),
      categories: (entry.categories ?? []).map((category) => category.term ?? ''),
      published: iso(entry.published),
      updated: iso(entry.updated),
    })),
    'json by feedsmith': (json.items ?? []).map((item) => ({
      id: String(item.id),
      title: item.title ?? '',
      link: item.url ?? '',
      html: item.content_html ?? '',
      categories: item.tags ?? [],
      published: iso(item.date_published),
      updated: iso(item.date_modified),
    })),
  };
}

const plain = (value: string) => value.replaceAll('\ufdd0', '').replaceAll(/\s+/g, ' ').trim();

const seconds = (entry: Entry) => ({
  ...entry,
  published: entry.published.slice(0, 19),
  updated: entry.updated.slice(0, 19),
});

describe('the feeds', () => {
  it('hold one entry per update, newest first, the same in each format', async () => {
    const site = await publicSite();
    const first = await declareIncident(site.kernel);
    site.kernel.clock.advance(minutes(10));
    const second = await sayMore(site.kernel, first.incidentPublicId);
    const feeds = await readAll(site);
    const page = `https://status.example.com/incidents/${first.incidentPublicId}`;
    for (const [name, entries] of Object.entries(feeds)) {
      expect(entries, name).toMatchObject([
        {
          id: `urn:forthright:update:${second.updatePublicId}`,
          title: '[Identified] Payments failing',
          link: `${page}#update-${second.updatePublicId}`,
          published: '2026-11-22T14:10:00.000Z',
        },
        {
          id: `urn:forthright:update:${first.updatePublicId}`,
          title: '[Investigating] Payments failing',
          link: `${page}#update-${first.updatePublicId}`,
          categories: ['Payments'],
          published: '2026-11-22T14:00:00.000Z',
        },
      ]);
      expect(entries[1]?.html, name).toMatch(
        /^\s*<p><strong>Critical impact<\/strong> · Payments: major outage<\/p>/,
      );
      expect(entries.map(seconds), name).toEqual(feeds['json by feedsmith']?.map(seconds));
    }
  });

  it('keep an id through a correction; only the text and the update time move', async () => {
    const site = await publicSite();
    const { incidentPublicId, updatePublicId } = await declareIncident(site.kernel);
    const before = await readAll(site);
    site.kernel.clock.advance(minutes(7));
    await correctUpdate(site.kernel, systemActor, incidentPublicId, updatePublicId, {
      body: 'Only card payments.',
    });
    const after = await readAll(site);
    for (const name of Object.keys(before)) {
      const [old, now] = [before[name]?.[0], after[name]?.[0]];
      expect(now, name).toMatchObject({ id: old?.id, title: old?.title, link: old?.link });
      expect(now?.published, name).toBe(old?.published);
      expect(now?.updated, name).toBe('2026-11-22T14:07:00.000Z');
      expect(now?.html, name).toContain('(edited)');
      expect(now?.html, name).toContain('Only card payments.');
      expect(now?.html, name).not.toContain('failed card payments');
    }
  });

  const hostile = [
    '<script>alert(1)</script>',
    ']]> and ]]> again',
    'AT&T &amp; <b>"quoted"</b> \'single\'',
    '&lt;script&gt; &#60;',
    'Zahlung 💳 失敗 \u202egnp.exe',
    'control \u0001\u0008 \ufffe \ufdd0 end',
    '<![CDATA[ x ]]> <?xml ?> <!-- -->',
  ];

  it.each(hostile)('are well-formed and escaped once for %j', async (words) => {
    const site = await publicSite();
    const cleaned = words
      // oxlint-disable-next-line no-control-regex
      .replaceAll(/[\u0001\u0008\ufffe]/g, '')
      .replaceAll('\ufdd0', '');
    const { publicId } = await createComponent(site.kernel, systemActor, {
      name: words.replaceAll(/\p{Cc}/gu, ''),
      description: '',
      groupId: null,
      showcase: true,
      onlyShowIfDegraded: false,
      startDate: null,
    });
    await declareIncident(site.kernel, {
      title: words,
      body: words,
      components: { [publicId]: 'partial_outage' },
    });
    const xml = await text(site, '/feed.atom');
    expect(xml).not.toContain('<![CDATA[');
    expect(xml).not.toContain('<script');
    for (const [name, entries] of Object.entries(await readAll(site))) {
      expect(entries, name).toHaveLength(1);
      expect(plain(entries[0]?.title ?? ''), name).toBe(plain(`[Investigating] ${cleaned}`));
      expect(entries[0]?.categories.map(plain), name).toEqual([plain(cleaned)]);
      expect(entries[0]?.html, name).not.toMatch(/<script|<b>|<!\[CDATA/);
    }
  });

  it.each([
    ['/feed.rss', 'application/rss+xml; charset=utf-8'],
    ['/feed.atom', 'application/atom+xml; charset=utf-8'],
    ['/feed.json', 'application/feed+json; charset=utf-8'],
  ])('%s says what it is, open to scripts', async (path, type) => {
    const site = await publicSite();
    const answer = await site.get(path);
    expect(answer.headers.get('content-type')).toBe(type);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('end at 50 entries, and an empty one is a feed too', async () => {
    const site = await publicSite();
    for (const entries of Object.values(await readAll(site))) expect(entries).toEqual([]);
    const { incidentPublicId } = await declareIncident(site.kernel);
    for (let i = 0; i < 52; i += 1) {
      site.kernel.clock.advance(minutes(1));
      await sayMore(site.kernel, incidentPublicId, { body: `Update ${i}` });
    }
    for (const entries of Object.values(await readAll(site))) {
      expect(entries).toHaveLength(50);
      expect(entries[0]?.html).toContain('Update 51');
    }
  });
});
