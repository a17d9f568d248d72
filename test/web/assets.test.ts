import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { assetRoutes, assetUrl, readAssets } from '../../src/web/assets.ts';
import { renderText } from '../../src/web/views.ts';
import { temporaryFolder } from '../support/kernel.ts';
import { askRoutes, testSite } from '../support/web.ts';

it('only plain files of known types are served (T17)', () => {
  const folder = temporaryFolder();
  for (const name of ['a.css', '.hidden.css', 'notes.txt', 'b.js']) {
    writeFileSync(join(folder, name), name);
  }
  mkdirSync(join(folder, 'folder.css'));
  symlinkSync('/etc/passwd', join(folder, 'link.css'));
  expect([...readAssets(folder).keys()].toSorted()).toEqual(['a.css', 'b.js']);
});

it('are kept for ever under the URL with their hash, briefly under any other', async () => {
  const ask = askRoutes(await testSite(), assetRoutes);
  const known = await ask(assetUrl('error.css'));
  expect(known.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  expect(known.headers.get('content-type')).toBe('text/css; charset=utf-8');
  const stale = await ask('/assets/error.css?v=0');
  expect([stale.status, stale.headers.get('cache-control')]).toEqual([200, 'public, max-age=60']);
  for (const path of ['/assets/nothing.css', '/assets/..%2ferror.eta', '/assets/__proto__']) {
    expect((await ask(path)).status).toBe(404);
  }
});

it('models cannot reach what Eta prints raw (T10)', () => {
  const model = { title: '<b>', message: '&', style: '', requestId: '', signIn: false, home: '/' };
  expect(renderText('error', model)).toContain('&lt;b&gt;');
  expect(() => renderText('error', { ...model, __blocks: {} })).toThrow('__blocks');
});
