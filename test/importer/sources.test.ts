// Where a page is read from: its history, its management API, and what goes wrong on the way.
import { describe, expect, it } from 'vitest';
import type { ServerResponse } from 'node:http';
import { readImportCall } from '../../src/importer/call.ts';
import { baseOf } from '../../src/importer/live.ts';
import { apiBase } from '../../src/importer/management.ts';
import { newHouse } from './house.ts';
import {
  closed,
  components,
  held,
  ids,
  open,
  page,
  pageId,
  publicDocuments,
  serveDocuments,
} from './statuspage.ts';

const numbered = (n: number) => ({
  ...closed,
  id: `nc${String(n).padStart(10, '0')}`,
  name: `Number ${n}`,
  incident_updates: closed.incident_updates.map((update, i) => ({
    ...update,
    id: `pd${String(n).padStart(9, '0')}${i}`,
  })),
});

const months = (incidents: { id: string }[]) => ({
  months: [{ name: 'November', year: 2026, incidents: incidents.map(({ id }) => ({ code: id })) }],
});

describe('a page with more than its 50 newest incidents', () => {
  it('is read back through its history', async () => {
    const { run, snapshot, kernel } = await newHouse();
    const all = Array.from({ length: 60 }, (_, n) => numbered(n));
    const theirs = await serveDocuments({
      ...publicDocuments(),
      '/api/v2/incidents.json': { page, incidents: all.slice(0, 50) },
      '/history.json?page=1': months(all.slice(0, 55)),
      '/history.json?page=2': months(all.slice(55)),
      '/history.json': { months: [] },
      ...Object.fromEntries(all.map((one) => [`/incidents/${one.id}.json`, one])),
    });
    const said = await run(theirs.url);
    expect(said).toContain('incidents: 61 added');
    expect(said).not.toContain('did not come');
    const asked = theirs.asked.filter(({ path }) => path.startsWith('/incidents/'));
    expect(asked).toHaveLength(10);
    const { components: shown } = await snapshot();
    expect(shown).toHaveLength(3);
    kernel.clock.advance(1);
  });

  it('that keeps no history says so', async () => {
    const { run } = await newHouse();
    const theirs = await serveDocuments({
      ...publicDocuments(),
      '/api/v2/incidents.json': {
        page,
        incidents: Array.from({ length: 50 }, (_, n) => numbered(n)),
      },
    });
    const said = await run(theirs.url);
    expect(said).toContain('The page keeps no history.json');
    expect(said).toContain('What happened before 2026-11-10 did not come');
  });
});

describe('the management API', () => {
  const v1 = `/v1/pages/${pageId}`;
  const documents = () => ({
    [v1]: { id: pageId, name: 'Northwind', subdomain: 'northwind', time_zone: 'Etc/UTC' },
    [`${v1}/components?per_page=100&page=1`]: components.filter((one) => !one.group),
    [`${v1}/component-groups?per_page=100&page=1`]: [
      { id: ids.group, name: 'Storefront', components: [ids.shop, ids.api], position: 1 },
    ],
    [`${v1}/incidents?limit=100&page=1`]: Array.from({ length: 100 }, (_, n) => numbered(n)),
    [`${v1}/incidents?limit=100&page=2`]: [
      open,
      held,
      {
        ...numbered(100),
        postmortem_body: '<p>A cache was full.</p>',
        postmortem_published_at: '2026-11-12T10:00:00.000Z',
      },
      { ...numbered(101), postmortem_body: 'A draft.', postmortem_published_at: null },
    ],
    [`${v1}/subscribers?limit=100&page=0`]: [
      { id: 'sb1bcdfghjkl', mode: 'email', email: 'ada@example.test', components: [ids.shop] },
      { id: 'sb2bcdfghjkl', mode: 'sms', phone_number: '202-555-0105' },
      {
        id: 'sb3bcdfghjkl',
        mode: 'email',
        email: 'gone@example.test',
        quarantined_at: '2026-01-01',
      },
    ],
  });

  it('is read to its last page, with groups, maintenance, post-mortems and subscribers', async () => {
    const { run, snapshot } = await newHouse();
    const theirs = await serveDocuments(documents());
    const said = await run(`${theirs.url}/v1`, '--key', 'k3y', '--page', pageId);
    expect(said).toContain('incidents: 103 added');
    expect(said).toContain('maintenances: 1 added');
    expect(said).toContain('subscribers: 1 added');
    expect(said).toContain('1 subscribers do not use email');
    expect(said).toContain('1 subscribers are quarantined or unconfirmed');
    expect(new Set(theirs.asked.map(({ authorization }) => authorization))).toEqual(
      new Set(['OAuth k3y']),
    );
    const now = await snapshot();
    expect(now.components.map(({ name, groupId }) => [name, groupId])).toEqual([
      ['Shop', ids.group],
      ['Shop API', ids.group],
      ['Warehouse', null],
    ]);
    const told = (id: number) => now.recentIncidents.find((one) => one.title === `Number ${id}`);
    expect(told(100)?.updates[0]?.body).toBe('### Post-mortem\n\nA cache was full.');
    expect(told(100)?.resolvedAt).toEqual(new Date(closed.resolved_at));
    expect(JSON.stringify(now)).not.toContain('A draft.');
  });

  it('is given time when it asks for it', async () => {
    const { run, waits } = await newHouse();
    let refusals = 2;
    const busy = (response: ServerResponse) => {
      refusals -= 1;
      if (refusals >= 0) {
        response.writeHead(refusals === 1 ? 420 : 429, { 'Retry-After': '7' }).end();
      } else {
        response.end(JSON.stringify([open]));
      }
    };
    const theirs = await serveDocuments({
      ...documents(),
      [`${v1}/incidents?limit=100&page=1`]: busy,
    });
    expect(await run('--api', theirs.url, '--key', 'k', '--page', pageId)).toContain(
      'incidents: 1 added',
    );
    expect(waits).toEqual([7000, 7000]);
  });

  it('that refuses the key is told so, without the key', async () => {
    const { run, rows } = await newHouse();
    const before = await rows();
    const theirs = await serveDocuments({
      [v1]: (response: ServerResponse) => response.writeHead(401).end('{"error":"no"}'),
    });
    const asking = run(theirs.url, '--key', 'k3y', '--page', pageId);
    await expect(asking).rejects.toThrow(/refuses \(401\): is the key right/);
    await expect(asking).rejects.not.toThrow(/k3y/);
    expect(await rows()).toEqual(before);
  });
});

describe('what is no Statuspage', () => {
  it.each([
    ['HTML', (r: ServerResponse) => r.end('<!doctype html>'), /answers with an HTML page/],
    ['no JSON', (r: ServerResponse) => r.end('hello'), /something that is no JSON/],
    ['other JSON', (r: ServerResponse) => r.end('{"hello":1}'), /is no Statuspage document/],
    ['an error', (r: ServerResponse) => r.writeHead(404).end(), /answers 404/],
  ])('answers %s', async (_, answer, message) => {
    const { run } = await newHouse();
    const theirs = await serveDocuments({ '/api/v2/summary.json': answer });
    await expect(run(theirs.url)).rejects.toThrow(message);
  });

  it('does not answer at all', async () => {
    const { run } = await newHouse();
    await expect(run('http://127.0.0.1:9')).rejects.toThrow(/does not answer/);
  });

  it('spoils one thing: the others come', async () => {
    const { run } = await newHouse();
    const documents = publicDocuments();
    const broken = { ...closed, id: 'nc9brkncdnt0', created_at: 'yesterday' };
    const silent = { ...closed, id: 'nc8slntcdnt0', name: 'Silent', incident_updates: [] };
    const theirs = await serveDocuments({
      ...documents,
      '/api/v2/incidents.json': { page, incidents: [broken, silent, closed] },
    });
    const said = await run(theirs.url);
    expect(said).toContain('incidents: 2 added');
    expect(said).toContain('The incident nc9brkncdnt0 could not be read: created_at');
    expect(said).toContain('"Silent" (nc8slntcdnt0) has no update that can be read');
  });
});

it.each([
  ['https://status.example.com', 'https://status.example.com'],
  ['https://status.example.com/', 'https://status.example.com'],
  ['https://status.example.com/api/v2', 'https://status.example.com'],
  ['https://status.example.com/api/v2/summary.json', 'https://status.example.com'],
  ['https://status.example.com/incidents/abc', 'https://status.example.com'],
  ['https://example.com/status/history?page=2', 'https://example.com/status'],
])('the base of %s', (address, base) => expect(baseOf(address)).toBe(base));

it.each([
  ['https://api.statuspage.io', 'https://api.statuspage.io/v1'],
  ['https://api.statuspage.io/v1/', 'https://api.statuspage.io/v1'],
])('the API at %s', (address, base) => expect(apiBase(address)).toBe(base));

describe('the call', () => {
  it.each([
    [[], /Name a folder or an address/],
    [['a', 'b'], /Name one folder or address/],
    [['a', '--key', 'k'], /--key needs --page/],
    [['--page', 'p'], /--page needs --key/],
    [['folder', '--key', 'k', '--page', 'p'], /address of an API/],
    [['a', '--since', 'monday'], /--since takes a day/],
    [['a', '--adopt-page', '--keep-page'], /Adopt the page or keep it/],
    [['a', '--nonsense'], /nonsense/],
  ])('%j is refused', (args, message) => {
    expect(() => readImportCall(args, {})).toThrow(message);
  });

  it('takes the key from the environment', () => {
    const call = readImportCall(['--page', 'p'], { STATUSPAGE_API_KEY: 'secret' });
    expect(call).toMatchObject({ key: 'secret', sourcePageId: 'p', place: '', page: 'if-fresh' });
  });
});
