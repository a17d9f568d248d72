// The first view is one request of few kilobytes. Deterministic: a page made by hand, compressed as it is served.
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { editionOf } from '../../src/public/editions.ts';
import { homePage } from '../../src/public/home.ts';
import { componentPage } from '../../src/public/component-page.ts';
import { incidentPage } from '../../src/public/incident-pages.ts';
import type { PublicSnapshot } from '../../src/status/types.ts';
import { calmSnapshot, publicSnapshot, runningSnapshot } from '../support/public-snapshot.ts';

const most = 11 * 1024;

const sizes = (html: string) => ({
  gzip: gzipSync(html).byteLength,
  brotli: brotliCompressSync(html, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 5 },
  }).byteLength,
});

describe('the first view', () => {
  it.each<[string, () => PublicSnapshot]>([
    ['during an outage', publicSnapshot],
    ['on a quiet day', calmSnapshot],
    ['during maintenance', runningSnapshot],
  ])('%s is at most 11 KB on the wire, with its style and nothing to wait for', (_, make) => {
    const html: string = homePage(editionOf(make())).body;
    const { gzip, brotli } = sizes(html);
    expect(gzip).toBeLessThan(most);
    expect(brotli).toBeLessThan(most);
    const head = html.slice(0, html.indexOf('</head>'));
    expect(head).not.toMatch(/rel="(stylesheet|preload|modulepreload)"/);
    expect(head.match(/<style>/g)).toHaveLength(1);
    expect(html.match(/<script [^>]*>/g)).toEqual([
      expect.stringMatching(/^<script type="module" src="\/assets\/public\.js\?v=\w+">$/),
    ]);
  });

  it('holds for the other pages that people are sent to', () => {
    const snapshot = publicSnapshot();
    const edition = editionOf(snapshot);
    const [incident] = snapshot.openIncidents;
    const [component] = snapshot.components;
    if (!incident || !component) throw new Error('The page has neither incident nor component.');
    for (const page of [incidentPage(edition, incident), componentPage(edition, component)]) {
      const { gzip, brotli } = sizes(String(page.body));
      expect(Math.max(gzip, brotli)).toBeLessThan(most);
    }
  });

  it('grows by little with sixty components', () => {
    const small = publicSnapshot();
    const components = Array.from({ length: 5 }, (_, i) =>
      small.components.map((one) => ({
        ...one,
        id: `${i}${one.id.slice(1)}`,
        name: `${one.name} ${i}`,
        groupId: null,
        position: i + 1,
      })),
    ).flat();
    const html = homePage(editionOf(publicSnapshot({ components }))).body;
    expect(components).toHaveLength(60);
    expect(sizes(html).gzip).toBeLessThan(14 * 1024);
  });
});
