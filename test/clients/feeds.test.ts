// Four feed readers from npm over every feed of a listening server.
import { Readable } from 'node:stream';
import { parseFeed } from '@rowanmanning/feed-parser';
import FeedParser from 'feedparser';
import * as feedsmith from 'feedsmith';
import Parser from 'rss-parser';
import { describe, expect, it } from 'vitest';
import { ensureDefaultComponents } from '../../src/components/service.ts';
import { moveMaintenance, scheduleMaintenance } from '../support/maintenance.ts';
import { componentNamed, declareIncident, sayMore } from '../support/public-fixtures.ts';
import { startSite, untilShown } from '../support/site.ts';

interface Read {
  title: string;
  titles: string[];
  links: string[];
  ids: string[];
}

const textOf = (text: unknown) =>
  typeof text === 'string' ? text : ((text as { value?: string } | undefined)?.value ?? '');

const readers: Record<string, (xml: string, url: string) => Promise<Read>> = {
  async 'rss-parser'(xml) {
    const { title = '', items } = await new Parser().parseString(xml);
    return {
      title,
      titles: items.map((item) => item.title ?? ''),
      links: items.map((item) => item.link ?? ''),
      ids: items.map((item) => item.guid ?? (item as { id?: string }).id ?? ''),
    };
  },
  async feedparser(xml, url) {
    const parser = Readable.from([xml]).pipe(new FeedParser({ feedurl: url }));
    const read: Read = { title: '', titles: [], links: [], ids: [] };
    parser.on('meta', (meta: { title: string | null }) => (read.title = meta.title ?? ''));
    for await (const item of parser) {
      const { title, link, guid } = item as Record<string, string>;
      read.titles.push(title ?? '');
      read.links.push(link ?? '');
      read.ids.push(guid ?? '');
    }
    return read;
  },
  async '@rowanmanning/feed-parser'(xml) {
    const feed = parseFeed(xml);
    return {
      title: feed.title ?? '',
      titles: feed.items.map((item) => item.title ?? ''),
      links: feed.items.map((item) => item.url ?? ''),
      ids: feed.items.map((item) => item.id ?? ''),
    };
  },
  async feedsmith(xml) {
    const { format, feed } = feedsmith.parseFeed(xml);
    if (format === 'rss') {
      const items = feed.items ?? [];
      return {
        title: feed.title ?? '',
        titles: items.map((item) => item.title ?? ''),
        links: items.map((item) => item.link ?? ''),
        ids: items.map((item) => item.guid?.value ?? ''),
      };
    }
    if (format !== 'atom') throw new Error(`This is ${format}.`);
    const entries = feed.entries ?? [];
    return {
      title: textOf(feed.title),
      titles: entries.map((entry) => textOf(entry.title)),
      links: entries.map((entry) => entry.links?.[0]?.href ?? ''),
      ids: entries.map((entry) => entry.id ?? ''),
    };
  },
};

async function eventfulSite() {
  const site = await startSite();
  const { kernel } = site;
  await kernel.db.write((tx) => ensureDefaultComponents(tx, kernel));
  const { incidentPublicId } = await declareIncident(kernel, { title: `Slow & "odd" <it's>` });
  site.clock.advance(60_000);
  await sayMore(kernel, incidentPublicId, { state: 'resolved', body: 'Over.' });
  site.clock.advance(60_000);
  const payments = await componentNamed(kernel, 'Payments');
  const { maintenancePublicId } = await scheduleMaintenance(kernel, payments.publicId);
  site.clock.advance(60_000);
  await moveMaintenance(kernel, maintenancePublicId, 'in_progress');
  await untilShown(site, 'in_progress');
  return site;
}

describe('real feed readers', () => {
  it('read one entry for each story of the history feeds, one for each update of ours', async () => {
    const site = await eventfulSite();
    const stories = ['Database upgrade', `Slow & "odd" <it's>`];
    const updates = [
      '[In progress] Database upgrade',
      '[Scheduled] Database upgrade',
      `[Resolved] Slow & "odd" <it's>`,
      `[Investigating] Slow & "odd" <it's>`,
    ];
    const links = new Set<string>();
    for (const path of ['/history.rss', '/history.atom', '/feed.rss', '/feed.atom']) {
      const answer = await fetch(site.url + path);
      expect(answer.status).toBe(200);
      const xml = await answer.text();
      for (const [name, read] of Object.entries(readers)) {
        const said = `${name} on ${path}`;
        const found = await read(xml, site.url + path);
        expect(found.titles, said).toEqual(path.startsWith('/history') ? stories : updates);
        expect(found.title, said).toMatch(/ Status - Incident History$|: incident updates$/);
        expect(new Set(found.ids).size, said).toBe(found.titles.length);
        for (const link of found.links) links.add(link);
      }
    }
    for (const link of links) expect((await fetch(link)).status, link).toBe(200);
  });

  it('read the JSON feed', async () => {
    const site = await eventfulSite();
    const feed = feedsmith.parseJsonFeed(await (await fetch(`${site.url}/feed.json`)).json());
    expect(feed.items?.[0]).toMatchObject({
      title: '[In progress] Database upgrade',
      tags: ['Payments'],
    });
  });
});
