// Feeds with one entry per update. An entry's id never changes; a correction moves only its `updated`.
import { maintenanceLabels, stateLabels, statusLabels } from '../shared/labels.ts';
import { type Category, Feed } from 'feed';
import { cleanText, escapeHtml } from '../shared/text.ts';
import { utcFull } from '../shared/time.ts';
import type { IncidentState, MaintenanceState } from '../shared/words.ts';
import type { PublicSnapshot, PublicUpdate } from '../status/types.ts';
import { oncePerSnapshot, wordsToHtml } from './rendered.ts';
import type { Document } from './types.ts';
import { isMaintenance, type Told } from './v2-objects.ts';
import { impactLabels, updateAnchor } from './words.ts';

const entriesShown = 50;

interface Entry {
  id: string;
  title: string;
  url: string;
  html: string;
  components: string[];
  published: Date;
  updated: Date;
}

export const feedDocuments: Record<string, (snapshot: PublicSnapshot) => Document> = {
  'feed.rss': (snapshot) => ({
    body: escapeStandIns(xmlFeed(snapshot, 'rss').rss2()),
    contentType: 'application/rss+xml; charset=utf-8',
    isOpen: true,
  }),
  'feed.atom': (snapshot) => ({
    body: escapeStandIns(xmlFeed(snapshot, 'atom').atom1()),
    contentType: 'application/atom+xml; charset=utf-8',
    isOpen: true,
  }),
  'feed.json': (snapshot) => ({
    body: JSON.stringify(jsonFeed(snapshot)),
    contentType: 'application/feed+json; charset=utf-8',
    isOpen: true,
  }),
};

type AnyUpdate = PublicUpdate<IncidentState | MaintenanceState>;

const labels = { ...stateLabels, ...maintenanceLabels };

/** The newest updates of all incidents and maintenances, newest first. */
const entries = oncePerSnapshot((snapshot): Entry[] => {
  const stories: Told[] = [...snapshot.recentIncidents, ...snapshot.recentMaintenances];
  return stories
    .flatMap((story) => story.updates.map((update: AnyUpdate) => ({ story, update })))
    .toSorted((a, b) => b.update.displayAt.getTime() - a.update.displayAt.getTime())
    .slice(0, entriesShown)
    .map(({ story, update }) => toEntry(snapshot, story, update));
});

function toEntry(snapshot: PublicSnapshot, story: Told, update: AnyUpdate): Entry {
  const place = isMaintenance(story) ? 'maintenance' : 'incidents';
  return {
    id: `urn:forthright:update:${update.id}`,
    title: `[${labels[update.state]}] ${story.title}`,
    url: `${snapshot.page.url}/${place}/${story.id}#${updateAnchor(update.id)}`,
    html: entryHtml(snapshot, story, update),
    components: componentNames(snapshot, story, update),
    published: update.displayAt,
    updated: update.updatedAt > update.displayAt ? update.updatedAt : update.displayAt,
  };
}

/** Those the update speaks of; of a maintenance, whose updates need not, those it is about. */
function componentNames(snapshot: PublicSnapshot, story: Told, update: AnyUpdate): string[] {
  const spokenOf = update.affected.map((one) => one.name);
  if (spokenOf.length > 0 || !isMaintenance(story)) return [...new Set(spokenOf)];
  const ids = new Set(story.components.map(({ id }) => id));
  return snapshot.components.filter(({ id }) => ids.has(id)).map(({ name }) => name);
}

function entryHtml(snapshot: PublicSnapshot, story: Told, update: AnyUpdate): string {
  // What is only planned says of components how they are, not what will become of them.
  const statuses = new Map(
    update.state === 'scheduled' ? [] : update.affected.map((one) => [one.name, one.newStatus]),
  );
  const components = componentNames(snapshot, story, update).map((name) => {
    const status = statuses.get(name);
    return status ? `${escapeHtml(name)}: ${statusLabels[status].toLowerCase()}` : escapeHtml(name);
  });
  const first = [`<strong>${headOf(story)}</strong>`, ...components].join(' · ');
  const promise = update.nextUpdateBy
    ? `<p>Next update by ${utcFull(update.nextUpdateBy)}.</p>`
    : '';
  const edited = update.editedAt ? ' <em>(edited)</em>' : '';
  return `<p>${first}${edited}</p>\n${wordsToHtml(update.body)}\n${promise}`.trim();
}

/** What kind of news it is: an incident's impact, or a maintenance with its window. */
const headOf = (story: Told) =>
  isMaintenance(story)
    ? `Scheduled maintenance, ${utcFull(story.scheduledFor)} to ${utcFull(story.scheduledUntil)}`
    : impactLabels[story.impact];

function xmlFeed(snapshot: PublicSnapshot, kind: 'rss' | 'atom'): Feed {
  const { page } = snapshot;
  const feed = new Feed({
    id: `urn:forthright:page:${page.id}`,
    title: standIn(`${page.name}: incident updates`),
    description: standIn(
      `Every update about incidents and maintenance of ${page.name}, newest first.`,
    ),
    link: `${page.url}/`,
    feed: `${page.url}/feed.${kind}`,
    updated: page.updatedAt,
    language: 'en',
    generator: 'Forthright',
    author: { name: standIn(page.name) },
  });
  for (const entry of entries(snapshot)) {
    feed.addItem({
      id: entry.id,
      title: standIn(entry.title),
      link: entry.url,
      published: entry.published,
      date: entry.updated,
      category: entry.components.map((name): Category => categoryOf(kind, standIn(name))),
      ...(kind === 'atom'
        ? { content: standIn(entry.html) }
        : {
            description: standIn(entry.html),
            extensions: [{ name: 'atom:updated', objects: { _text: entry.updated.toISOString() } }],
          }),
    });
  }
  return feed;
}

const categoryOf = (kind: 'rss' | 'atom', name: string): Category =>
  kind === 'atom' ? { term: name } : { name };

function jsonFeed(snapshot: PublicSnapshot) {
  const { page } = snapshot;
  return {
    version: 'https://jsonfeed.org/version/1.1',
    title: `${cleanText(page.name)}: incident updates`,
    home_page_url: `${page.url}/`,
    feed_url: `${page.url}/feed.json`,
    description: `Every update about incidents and maintenance of ${cleanText(page.name)}, newest first.`,
    language: 'en',
    authors: [{ name: cleanText(page.name), url: `${page.url}/` }],
    items: entries(snapshot).map((entry) => ({
      id: entry.id,
      url: entry.url,
      title: cleanText(entry.title),
      content_html: entry.html,
      date_published: entry.published.toISOString(),
      date_modified: entry.updated.toISOString(),
      tags: entry.components.map(cleanText),
    })),
  };
}

// The library escapes unevenly: `<` in attributes and the second `]]>` of a text pass, `&amp;` is
// collapsed. So text goes through it with stand-ins (Unicode noncharacters) for what XML minds, and
// these are escaped once, at the end.
const entities = ['&amp;', '&lt;', '&gt;', '&quot;', '&#39;'];
const minded = '&<>"\'';
const firstStandIn = 0xfdd0;
const standIns = /[\ufdd0-\ufdd4]/g;

const standIn = (text: string) =>
  cleanText(text)
    .replaceAll(standIns, '')
    .replaceAll(/[&<>"']/g, (c) => String.fromCharCode(firstStandIn + minded.indexOf(c)));

/** CDATA sections become plain escaped text, and titles say that they are text, not HTML. */
const escapeStandIns = (xml: string) =>
  xml
    .replaceAll('<![CDATA[', '')
    .replaceAll(']]>', '')
    .replaceAll('<title type="html">', '<title type="text">')
    .replaceAll(standIns, (c) => entities[c.charCodeAt(0) - firstStandIn] ?? '');
