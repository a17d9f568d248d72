// A path per locale: what a second folder of words brings, and that one language needs no switch.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixedPages, rarePages } from '../../src/public/page-documents.ts';
import type { Document } from '../../src/public/types.ts';
import { readLanguages } from '../../src/web/language.ts';
import { packagePath } from '../../src/shared/paths.ts';
import { readFileSync } from 'node:fs';
import { temporaryFolder } from '../support/kernel.ts';
import { publicSnapshot } from '../support/public-snapshot.ts';

/** English, and an Arabic that knows only a few words: the others are said in English. */
function twoLanguages() {
  const folder = temporaryFolder();
  for (const locale of ['en', 'ar']) mkdirSync(join(folder, locale));
  for (const name of ['page.json', 'subscribe.json']) {
    writeFileSync(join(folder, 'en', name), readFileSync(packagePath('views/words/en', name)));
  }
  const few = {
    language: 'العربية',
    direction: 'rtl',
    components: 'المكونات',
    headline: { major_system_outage: 'عطل كبير' },
    open_two: 'حادثان مفتوحان',
    open_one: 'حادث واحد مفتوح',
  };
  writeFileSync(join(folder, 'ar', 'page.json'), JSON.stringify(few));
  return [...readLanguages(folder).values()];
}

const text = (document: Document | undefined) => String(document?.body);
const snapshot = publicSnapshot();

describe('a second language', () => {
  it('has the pages of its own below its path, and the first keeps its', () => {
    const all = twoLanguages();
    expect(Object.keys(fixedPages(all))).toEqual([
      '/live.json',
      '/',
      '/subscribe',
      '/ar',
      '/ar/subscribe',
    ]);
    expect(rarePages(all).map(({ path }) => path)).toEqual([
      '/incidents/:id',
      '/maintenance/:id',
      '/components/:id',
      '/history',
      '/history/:month',
      '/ar/incidents/:id',
      '/ar/maintenance/:id',
      '/ar/components/:id',
      '/ar/history',
      '/ar/history/:month',
    ]);
  });

  it('is spoken: words, direction, dates, links; the rest in English', () => {
    const html = text(fixedPages(twoLanguages())['/ar']?.(snapshot));
    expect(html).toContain('<html lang="ar" dir="rtl">');
    expect(html).toContain('<h1>عطل كبير</h1>');
    expect(html).toContain('حادث واحد مفتوح');
    expect(html).toContain('المكونات');
    expect(html).toContain('نوفمبر');
    expect(html).toContain('Past incidents');
    const [open] = snapshot.openIncidents;
    expect(html).toContain(`href="/ar/incidents/${open?.id ?? ''}"`);
    expect(html).toContain('href="/ar/history"');
    // Feeds, calendar and API are in one place for everyone.
    expect(html).toContain('href="/calendar.ics"');
    expect(html).not.toContain('href="/ar/calendar.ics"');
  });

  it('is told to search engines, and offered on every page of both', async () => {
    const all = twoLanguages();
    const rare = rarePages(all);
    const [open] = snapshot.openIncidents;
    const id = open?.id ?? '';
    for (const [prefix, locale] of [
      ['', 'en-GB'],
      ['/ar', 'ar'],
    ]) {
      const made = rare.find(({ path }) => path === `${prefix}/incidents/:id`);
      const html = text(await made?.make(undefined as never, snapshot, id));
      const there = 'https://status.example.com';
      expect(html).toContain(`<html lang="${locale}"`);
      expect(html).toContain(`<link rel="canonical" href="${there}${prefix}/incidents/${id}">`);
      for (const [language, path] of [
        ['en', ''],
        ['ar', '/ar'],
        ['x-default', ''],
      ]) {
        expect(html).toContain(
          `<link rel="alternate" hreflang="${language}" href="${there}${path}/incidents/${id}">`,
        );
      }
      expect(html).toContain(`<a href="/ar/incidents/${id}" lang="ar" hreflang="ar"`);
    }
  });
});

describe('one language alone', () => {
  it('has no switch and no alternates', () => {
    const [english] = twoLanguages();
    const html = text(fixedPages(english ? [english] : [])['/']?.(snapshot));
    expect(html).not.toContain('hreflang');
  });
});

describe('the words', () => {
  it('say nothing in the views themselves', () => {
    const views = ['home', 'incident', 'maintenance', 'component', 'history', 'month', 'layout'];
    const parts = [
      'affected',
      'bars',
      'component',
      'day',
      'facts',
      'scale',
      'timeline',
      'told',
      'window',
    ];
    for (const name of [...views, ...parts.map((part) => `parts/${part}`)]) {
      const source = readFileSync(packagePath(`views/public/${name}.eta`), 'utf8');
      const said = source
        .replaceAll(/<%[\s\S]*?%>/g, '')
        .replaceAll(/<title>[^<]*|Status History - (Atom|RSS) Feed|incident updates|API/g, '')
        .replaceAll(/<[^>]*>/g, ' ');
      expect(said.match(/[A-Za-z]{3,}/g) ?? [], name).toEqual([]);
    }
  });
});
