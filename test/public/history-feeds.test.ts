// Statuspage's history feeds: their exact text, their order and dates, and that any words are safe in them.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as feedsmith from 'feedsmith';
import { describe, expect, it } from 'vitest';
import { historyFeedDocuments } from '../../src/public/history-feeds.ts';
import { wordsHtml } from '../../src/public/history-entries.ts';
import { hours, plus } from '../../src/shared/clock.ts';
import type { PublicSnapshot } from '../../src/status/types.ts';
import { at, incident, maintenance, snapshotOf, update } from '../support/snapshots.ts';

const atom = (snapshot: PublicSnapshot) =>
  String(historyFeedDocuments['history.atom']?.(snapshot).body);
const rss = (snapshot: PublicSnapshot) =>
  String(historyFeedDocuments['history.rss']?.(snapshot).body);

const entriesOf = (snapshot: PublicSnapshot) =>
  feedsmith.parseAtomFeed(atom(snapshot)).entries ?? [];
const titlesOf = (snapshot: PublicSnapshot) =>
  entriesOf(snapshot).map((entry) => (entry.title as { value: string }).value ?? entry.title);
const htmlOf = (snapshot: PublicSnapshot) => {
  const content = entriesOf(snapshot)[0]?.content as { value: string } | string | undefined;
  return typeof content === 'string' ? content : (content?.value ?? '');
};

const slow = incident("Search isn't fast", [
  update('resolved', '2026-11-06T10:00:59.999Z', { body: 'Over.' }),
  update('identified', '2026-11-06T09:40', { body: 'Still <at> it.\n\nMore & more.' }),
  update('identified', '2026-11-06T09:20', { body: 'Found.' }),
  update('investigating', '2026-11-06T09:00:01.500Z', { body: 'Looking.' }),
]);

describe('/history.atom', () => {
  it("is Statuspage's, to the letter", () => {
    const number = /Incident\/(\d+)/.exec(atom(snapshotOf({ incidents: [slow] })))?.[1];
    expect(Number(number)).toBeGreaterThan(2 ** 20);
    expect(Number(number)).toBeLessThan(2 ** 48);
    expect(atom(snapshotOf({ incidents: [slow] }))).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<feed xml:lang="en-US" xmlns="http://www.w3.org/2005/Atom">
  <id>tag:status.example.com,2005:/history</id>
  <link rel="alternate" type="text/html" href="https://status.example.com"/>
  <link rel="self" type="application/atom+xml" href="https://status.example.com/history.atom"/>
  <title>Example Status - Incident History</title>
  <updated>2026-11-22T14:00:00Z</updated>
  <author>
    <name>Example</name>
  </author>
  <entry>
    <id>tag:status.example.com,2005:Incident/${number}</id>
    <published>2026-11-06T10:00:59Z</published>
    <updated>2026-11-06T10:00:59Z</updated>
    <link rel="alternate" type="text/html" href="https://status.example.com/incidents/${slow.id}"/>
    <title>Search isn't fast</title>
    <content type="html">&lt;p&gt; &lt;small&gt;Nov &lt;var data-var='date'&gt; 6&lt;/var&gt;, &lt;var data-var='time'&gt;10:00&lt;/var&gt; UTC&lt;/small&gt;&lt;br&gt; &lt;strong&gt;Resolved&lt;/strong&gt; - Over. &lt;/p&gt; &lt;p&gt; &lt;small&gt;Nov &lt;var data-var='date'&gt; 6&lt;/var&gt;, &lt;var data-var='time'&gt;09:40&lt;/var&gt; UTC&lt;/small&gt;&lt;br&gt; &lt;strong&gt;Update&lt;/strong&gt; - Still &amp;lt;at&amp;gt; it.&lt;br /&gt;&lt;br /&gt;More &amp;amp; more. &lt;/p&gt; &lt;p&gt; &lt;small&gt;Nov &lt;var data-var='date'&gt; 6&lt;/var&gt;, &lt;var data-var='time'&gt;09:20&lt;/var&gt; UTC&lt;/small&gt;&lt;br&gt; &lt;strong&gt;Identified&lt;/strong&gt; - Found. &lt;/p&gt; &lt;p&gt; &lt;small&gt;Nov &lt;var data-var='date'&gt; 6&lt;/var&gt;, &lt;var data-var='time'&gt;09:00&lt;/var&gt; UTC&lt;/small&gt;&lt;br&gt; &lt;strong&gt;Investigating&lt;/strong&gt; - Looking. &lt;/p&gt;</content>
  </entry>
</feed>
`);
  });

  it.each([
    ['http://127.0.0.1:8199', '127.0.0.1'],
    ['http://localhost:3000', 'localhost'],
    ['http://[::1]:3000', 'localhost'],
  ])('has ids that are tag URIs for %s too', (url, host) => {
    expect(atom(snapshotOf({ url }))).toContain(`<id>tag:${host},2005:/history</id>`);
  });
});

describe('/history.rss', () => {
  it("is Statuspage's, to the letter", () => {
    const upgrade = maintenance(
      'Upgrade',
      ['2026-10-09T12:00', '2026-10-09T16:00'],
      [update('scheduled', '2026-10-01T10:00', { body: "We'll be quick." })],
    );
    expect(rss(snapshotOf({ maintenances: [upgrade], timeZone: 'America/Chicago' })))
      .toBe(`<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/">
  <channel>
    <title>Example Status - Incident History</title>
    <link>https://status.example.com</link>
    <description>Statuspage</description>
    <pubDate>Sun, 22 Nov 2026 08:00:00 -0600</pubDate>
    <item>
      <title>Upgrade</title>
      <description>
&lt;p&gt;&lt;strong&gt;THIS IS A SCHEDULED EVENT Oct &lt;var data-var=&apos;date&apos;&gt; 9&lt;/var&gt;, &lt;var data-var=&apos;time&apos;&gt;07:00&lt;/var&gt; - &lt;var data-var=&apos;time&apos;&gt;11:00&lt;/var&gt; CDT&lt;/strong&gt;&lt;/p&gt; &lt;p&gt; &lt;small&gt;Oct &lt;var data-var=&apos;date&apos;&gt; 1&lt;/var&gt;, &lt;var data-var=&apos;time&apos;&gt;05:00&lt;/var&gt; CDT&lt;/small&gt;&lt;br&gt; &lt;strong&gt;Scheduled&lt;/strong&gt; - We&apos;ll be quick. &lt;/p&gt;      </description>
      <pubDate>Fri, 09 Oct 2026 07:00:00 -0500</pubDate>
      <maintenanceEndDate>Fri, 09 Oct 2026 11:00:00 -0500</maintenanceEndDate>
      <link>https://status.example.com/incidents/${upgrade.id}</link>
      <guid>https://status.example.com/incidents/${upgrade.id}</guid>
    </item>
  </channel>
</rss>
`);
  });
});

describe('the entries', () => {
  it('name a window over two days at both ends', () => {
    const long = maintenance(
      'Move',
      ['2026-05-30T22:00', '2026-06-01T04:00'],
      [update('scheduled', '2026-05-20T10:00')],
    );
    expect(htmlOf(snapshotOf({ maintenances: [long] }))).toContain(
      "THIS IS A SCHEDULED EVENT May <var data-var='date'>30</var>, <var data-var='time'>22:00</var> UTC &nbsp;-&nbsp; Jun <var data-var='date'> 1</var>, <var data-var='time'>04:00</var> UTC</strong>",
    );
  });

  it('stop naming the window once it has begun', () => {
    const running = maintenance(
      'Upgrade',
      ['2026-11-22T13:00', '2026-11-22T15:00'],
      [update('in_progress', '2026-11-22T13:00'), update('scheduled', '2026-11-20T10:00')],
    );
    const html = htmlOf(snapshotOf({ maintenances: [running] }));
    expect(html).not.toContain('SCHEDULED EVENT');
    expect(html).toMatch(/<strong>In progress<\/strong>.*<strong>Scheduled<\/strong>/s);
  });

  it('stand by their date, but an open incident by its start and what is planned by its window', () => {
    const open = incident('open since the 1st', [
      update('identified', '2026-11-22T13:00'),
      update('investigating', '2026-11-01T10:00'),
    ]);
    const closed = incident('closed on the 10th', [
      update('resolved', '2026-11-10T10:00'),
      update('investigating', '2026-10-01T10:00'),
    ]);
    const ahead = maintenance(
      'planned for the 30th',
      ['2026-11-30T10:00', '2026-11-30T11:00'],
      [update('scheduled', '2026-10-15T10:00')],
    );
    const done = maintenance(
      'done on the 5th',
      ['2026-11-04T23:00', '2026-11-05T01:00'],
      [update('completed', '2026-11-05T02:00'), update('scheduled', '2026-10-15T10:00')],
    );
    const off = maintenance(
      'called off',
      ['2026-11-29T10:00', '2026-11-29T11:00'],
      [update('cancelled', '2026-11-21T02:00'), update('scheduled', '2026-10-15T10:00')],
    );
    const snapshot = snapshotOf({ incidents: [open, closed], maintenances: [ahead, done, off] });
    expect(titlesOf(snapshot)).toEqual([
      'planned for the 30th',
      'closed on the 10th',
      'done on the 5th',
      'open since the 1st',
    ]);
    expect(entriesOf(snapshot).map((entry) => String(entry.published))).toEqual([
      '2026-11-30T10:00:00Z',
      '2026-11-10T10:00:00Z',
      '2026-11-05T02:00:00Z',
      '2026-11-22T13:00:00Z',
    ]);
  });

  it('are 25 at most, and none makes the feed older than itself', () => {
    const incidents = Array.from({ length: 40 }, (_, i) =>
      incident(`${i}`, [update('resolved', plus(at('2026-11-22T10:00'), hours(i)).toISOString())]),
    );
    const snapshot = snapshotOf({ incidents });
    expect(titlesOf(snapshot)).toHaveLength(25);
    expect(titlesOf(snapshot)[0]).toBe('39');
    expect(atom(snapshot)).toContain('</title>\n  <updated>2026-11-24T01:00:00Z</updated>');
  });

  it('keep their id through every change', () => {
    const before = entriesOf(snapshotOf({ incidents: [slow] }))[0]?.id;
    const renamed = { ...slow, title: 'Other', updates: slow.updates.slice(1) };
    expect(entriesOf(snapshotOf({ incidents: [renamed] }))[0]?.id).toBe(before);
  });

  it.each([
    '<script>alert(1)</script>',
    ']]> and <![CDATA[ x ]]>',
    'AT&T &amp; &lt;b&gt; "double" \'single\'',
    'control \u0000\u0008\u001f \ufffe \ud800 end',
    'Zahlung 💳 \u202egnp.exe',
  ])('are well-formed and hold %j as words', (words) => {
    const hostile = incident(words, [update('investigating', '2026-11-22T13:00', { body: words })]);
    const snapshot = snapshotOf({ incidents: [hostile], name: words });
    // oxlint-disable-next-line no-control-regex
    const shown = words.toWellFormed().replaceAll(/[\u0000-\u001f\ufffe]/g, '');
    expect(titlesOf(snapshot)[0]).toBe(shown);
    expect(htmlOf(snapshot)).not.toMatch(/<(?!\/?(?:p|small|br|strong|var)\b)/);
    const rssFeed = feedsmith.parseRssFeed(rss(snapshot));
    expect(rssFeed.items?.[0]?.title).toBe(shown);
    for (const text of [atom(snapshot), rss(snapshot)]) {
      expect(text).not.toMatch(/<script|<!\[CDATA/);
      // oxlint-disable-next-line no-control-regex
      expect(text).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/);
    }
  });
});

describe("an author's words inside a paragraph", () => {
  it.each([
    ['Plain.', 'Plain.'],
    ['One\nline', 'One<br />line'],
    ['One\n\nTwo', 'One<br /><br />Two'],
    ['**Bold** and `code`', '<strong>Bold</strong> and <code>code</code>'],
    [
      '[Docs](https://example.com/a?b=1&c=2)',
      '<a href="https://example.com/a?b=1&amp;c=2" rel="nofollow noopener">Docs</a>',
    ],
    ['- one\n- two\n\nEnd', '- one<br />- two<br /><br />End'],
    ['# Head\n\nText', 'Head<br /><br />Text'],
    ['> Said', 'Said'],
    ['```\na < b\nc\n```\n\nEnd', 'a &lt; b<br />c<br /><br />End'],
    ['A\n\n---\n\nB', 'A<br /><br />B'],
    ['', ''],
  ])('%j', (body, html) => expect(wordsHtml(body)).toBe(html));
});

const sample = join(
  import.meta.dirname,
  '../../../shared/contracts/samples/github-history-2026-08-22.atom',
);

/** A document's elements with their attributes' names, each kind of entry once. */
const structureOf = (xml: string) => {
  const tags = [...xml.matchAll(/<(\/?[\w:]+)((?:\s+[\w:]+="[^"]*")*)\s*\/?>/g)].map(
    ([, name, attributes = '']) =>
      [name, ...[...attributes.matchAll(/([\w:]+)=/g)].map((match) => match[1])].join(' '),
  );
  return tags.slice(0, tags.indexOf('/entry') + 1);
};

const real = () => readFileSync(sample, 'utf8');

/** An entry's first update with its words left out. */
const marks = (html: string) =>
  /<p> <small>.*?<\/p>/s
    .exec(html)?.[0]
    .replaceAll(/>[^<]*?(?=<)/g, (text) => (/^> ?(?: - .*)?$/s.test(text) ? '>' : '>…'));

describe.skipIf(!existsSync(sample))('the structure against a real feed', () => {
  it('has the same elements and attributes in the same order', () => {
    expect(structureOf(atom(snapshotOf({ incidents: [slow] })))).toEqual(structureOf(real()));
  });

  it('has the same marks in an entry', () => {
    const ours = htmlOf(snapshotOf({ incidents: [slow] }));
    const [theirs] = feedsmith.parseAtomFeed(real()).entries ?? [];
    const content = theirs?.content as { value: string } | string;
    expect(marks(ours)).toBe(marks(typeof content === 'string' ? content : content.value));
  });

  it('gives every real entry an id and dates of the form we give', () => {
    const form = /<id>tag:[\w.-]+,2005:Incident\/\d+<\/id>\n {4}<published>[\d-]+T[\d:]+Z</g;
    expect(real().match(form)).toHaveLength(25);
    expect(atom(snapshotOf({ incidents: [slow] })).match(form)).toHaveLength(1);
  });
});
