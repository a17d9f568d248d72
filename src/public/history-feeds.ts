// `/history.rss` and `/history.atom` in Statuspage's shape, for readers that were subscribed to one.
import { cleanText } from '../shared/text.ts';
import type { PublicSnapshot } from '../status/types.ts';
import { type HistoryEntry, historyEntries } from './history-entries.ts';
import { atomDate, rssDate } from './statuspage-times.ts';
import type { Document } from './types.ts';

export const historyFeedDocuments: Record<string, (snapshot: PublicSnapshot) => Document> = {
  'history.atom': (snapshot) => ({
    body: atom(snapshot),
    contentType: 'application/atom+xml; charset=utf-8',
    isOpen: true,
  }),
  'history.rss': (snapshot) => ({
    body: rss(snapshot),
    contentType: 'application/rss+xml; charset=utf-8',
    isOpen: true,
  }),
};

function atom(snapshot: PublicSnapshot): string {
  const { name, url } = snapshot.page;
  const host = tagHost(url);
  const entries = historyEntries(snapshot);
  return `<?xml version="1.0" encoding="UTF-8"?>
<feed xml:lang="en-US" xmlns="http://www.w3.org/2005/Atom">
  <id>tag:${host},2005:/history</id>
  <link rel="alternate" type="text/html" href="${escapeXml(url)}"/>
  <link rel="self" type="application/atom+xml" href="${escapeXml(url)}/history.atom"/>
  <title>${escapeXml(titleOf(name))}</title>
  <updated>${atomDate(snapshot.page.timeZone, updatedAt(snapshot, entries))}</updated>
  <author>
    <name>${escapeXml(name)}</name>
  </author>
${entries.map((entry) => atomEntry(snapshot, host, entry)).join('')}</feed>
`;
}

const atomEntry = ({ page }: PublicSnapshot, host: string, entry: HistoryEntry) => `  <entry>
    <id>tag:${host},2005:Incident/${entry.number}</id>
    <published>${atomDate(page.timeZone, entry.published)}</published>
    <updated>${atomDate(page.timeZone, entry.updated)}</updated>
    <link rel="alternate" type="text/html" href="${escapeXml(entry.url)}"/>
    <title>${escapeXml(entry.title)}</title>
    <content type="html">${escapeXml(entry.html)}</content>
  </entry>
`;

function rss(snapshot: PublicSnapshot): string {
  const { name, url, timeZone } = snapshot.page;
  const entries = historyEntries(snapshot);
  return `<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/">
  <channel>
    <title>${escapeRss(titleOf(name))}</title>
    <link>${escapeRss(url)}</link>
    <description>Statuspage</description>
    <pubDate>${rssDate(timeZone, updatedAt(snapshot, entries))}</pubDate>
${entries.map((entry) => rssItem(timeZone, entry)).join('')}  </channel>
</rss>
`;
}

function rssItem(zone: string, entry: HistoryEntry): string {
  const end = entry.maintenanceEnd
    ? `\n      <maintenanceEndDate>${rssDate(zone, entry.maintenanceEnd)}</maintenanceEndDate>`
    : '';
  return `    <item>
      <title>${escapeRss(entry.title)}</title>
      <description>
${escapeRss(entry.html)}      </description>
      <pubDate>${rssDate(zone, entry.published)}</pubDate>${end}
      <link>${escapeRss(entry.url)}</link>
      <guid>${escapeRss(entry.url)}</guid>
    </item>
`;
}

const titleOf = (name: string) => `${name} Status - Incident History`;

/** When the page last changed, or an entry did: a feed is never older than what it holds. */
const updatedAt = (snapshot: PublicSnapshot, entries: HistoryEntry[]) =>
  new Date(
    Math.max(snapshot.page.updatedAt.getTime(), ...entries.map((entry) => entry.updated.getTime())),
  );

/** A tag URI (RFC 4151) is made of a DNS name, without a port. */
function tagHost(url: string): string {
  const { hostname } = new URL(url);
  return /^[a-z0-9.-]+$/i.test(hostname) ? hostname : 'localhost';
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** Text for XML. Quotes stay, and in RSS only the single one is escaped, as at Statuspage. */
const escapeXml = (text: string) => cleanText(text).replaceAll(/[&<>]/g, (c) => entities[c] ?? c);

const escapeRss = (text: string) => escapeXml(text).replaceAll("'", '&apos;');
