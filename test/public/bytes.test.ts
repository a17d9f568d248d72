// The byte map: one consistent set of documents, made anew when the snapshot is, and never in the publisher's way.
import { describe, expect, it } from 'vitest';
import { systemActor } from '../../src/events/types.ts';
import { retract } from '../../src/incidents/service.ts';
import { createPublicBytes } from '../../src/public/bytes.ts';
import type { Catalogue } from '../../src/public/document-set.ts';
import type { Document } from '../../src/public/types.ts';
import type { PublicSnapshot } from '../../src/status/types.ts';
import { onEnd } from '../support/kernel.ts';
import { declareIncident, publicSite, sayMore } from '../support/public-fixtures.ts';

const text = (body: string): Document => ({ body, contentType: 'text/plain; charset=utf-8' });

/** The newest words in a snapshot. */
const newest = ({ recentIncidents }: PublicSnapshot) =>
  recentIncidents[0]?.updates[0]?.body ?? 'nothing';

/** Slow enough for the making to take turns with others. */
function slowly(snapshot: PublicSnapshot): Document {
  const until = performance.now() + 5;
  while (performance.now() < until);
  return text(newest(snapshot));
}

async function mapOf(catalogue: Partial<Catalogue>) {
  const { kernel, snapshots } = await publicSite();
  const errors: unknown[] = [];
  const log = { ...kernel.log, error: (fields: object) => void errors.push(fields) };
  const all = { fixed: {}, rare: [], ...catalogue };
  const clock = { ...kernel.clock, monotonic: () => performance.now() };
  const bytes = createPublicBytes({ ...kernel, log, clock }, snapshots, all);
  onEnd(() => bytes.stop());
  await bytes.settled();
  const read = (path: string) => bytes.ready(path)?.plain.toString();
  const refresh = async () => {
    await snapshots.refresh();
    await bytes.settled();
  };
  return { kernel, snapshots, bytes, read, refresh, errors };
}

describe('the set of documents', () => {
  it('is swapped whole: no document is newer than another', async () => {
    const names = Array.from({ length: 12 }, (_, i) => `/${i}`);
    const { kernel, read, refresh } = await mapOf({
      fixed: Object.fromEntries(names.map((name) => [name, slowly])),
    });
    const seen = new Set<string>();
    const over = new AbortController();
    const watching = (async () => {
      while (!over.signal.aborted) {
        const now = new Set(names.map(read));
        expect(now.size).toBe(1);
        seen.add([...now].join());
        await new Promise((turn) => setImmediate(turn));
      }
    })();
    const { incidentPublicId } = await declareIncident(kernel, { body: 'first' });
    await refresh();
    await sayMore(kernel, incidentPublicId, { body: 'second' });
    await refresh();
    await new Promise((later) => setTimeout(later, 10));
    over.abort();
    await watching;
    expect([...seen]).toEqual(['nothing', 'first', 'second']);
  });

  it('is made once for many commits at once, of the last of them', async () => {
    let made = 0;
    const { kernel, read, bytes, snapshots } = await mapOf({
      fixed: { '/': (snapshot) => ((made += 1), text(newest(snapshot))) },
    });
    made = 0;
    const { incidentPublicId } = await declareIncident(kernel);
    for (let i = 1; i <= 20; i += 1) await sayMore(kernel, incidentPublicId, { body: `${i}` });
    await snapshots.refresh();
    await bytes.settled();
    expect(read('/')).toBe('20');
    expect(made).toBeLessThan(21);
  });

  it('is not made while whoever publishes waits for an answer', async () => {
    let isWaiting = false;
    let madeMeanwhile = 0;
    const { kernel, refresh } = await mapOf({
      fixed: {
        '/': (snapshot) => {
          if (isWaiting) madeMeanwhile += 1;
          return text(newest(snapshot));
        },
      },
    });
    isWaiting = true;
    await declareIncident(kernel);
    isWaiting = false;
    expect(madeMeanwhile).toBe(0);
    await refresh();
  });

  it('keeps the last of a document that cannot be made, and makes the others', async () => {
    let isBroken = false;
    const { kernel, read, refresh, errors } = await mapOf({
      fixed: {
        '/a': (snapshot) => {
          if (isBroken) throw new Error('a fault of ours');
          return text(newest(snapshot));
        },
        '/b': (snapshot) => text(newest(snapshot)),
      },
    });
    isBroken = true;
    await declareIncident(kernel, { body: 'news' });
    await refresh();
    expect([read('/a'), read('/b')]).toEqual(['nothing', 'news']);
    expect(errors).toHaveLength(1);
  });

  it('has those rare documents in it that are asked for often just now', async () => {
    const { kernel, read, refresh } = await mapOf({
      rare: [
        {
          path: '/incidents/:id',
          make: (_, snapshot, id) =>
            text(snapshot.recentIncidents.find((one) => one.id === id)?.title ?? ''),
          warm: ({ openIncidents }) => openIncidents.map(({ id }) => id),
        },
      ],
    });
    const { incidentPublicId } = await declareIncident(kernel, { title: 'Warm' });
    await refresh();
    expect(read(`/incidents/${incidentPublicId}`)).toBe('Warm');
    await sayMore(kernel, incidentPublicId, { state: 'resolved' });
    await refresh();
    expect(read(`/incidents/${incidentPublicId}`)).toBeUndefined();
  });

  it('lends unchanged documents their compressed bytes', async () => {
    const { kernel, bytes, refresh } = await mapOf({
      fixed: { '/same': () => text('the same '.repeat(100)) },
    });
    for (let i = 0; i < 100 && !bytes.ready('/same')?.wholes.gzip; i += 1) {
      await new Promise((later) => setTimeout(later, 5));
    }
    const before = bytes.ready('/same');
    await declareIncident(kernel);
    await refresh();
    const after = bytes.ready('/same');
    expect(after).not.toBe(before);
    expect(after?.wholes.gzip?.bytes).toBe(before?.wholes.gzip?.bytes);
  });
});

const rare = (make: Catalogue['rare'][number]['make']) => ({ path: '/old/:id', make });

const wantedFrom = (among: Catalogue['rare'][number]) => (value: string) => ({
  among,
  path: `/old/${value}`,
  value,
});

describe('rare documents', () => {
  it('are made from words no older than what has been seen elsewhere', async () => {
    const past = rare((_, snapshot) => text(newest(snapshot)));
    const { kernel, bytes } = await mapOf({ rare: [past] });
    const old = wantedFrom(past);
    await bytes.rare(old('a'));
    expect(bytes.ready('/old/a')?.plain.toString()).toBe('nothing');
    await declareIncident(kernel, { body: 'news' });
    for (let i = 0; i < 100 && bytes.ready('/old/a'); i += 1) {
      await new Promise((later) => setTimeout(later, 5));
    }
    expect(bytes.ready('/old/a')).toBeUndefined();
    expect((await bytes.rare(old('a')))?.plain.toString()).toBe('news');
  });

  it('are served as they last were while the database does not answer, and say so', async () => {
    let isBroken = false;
    const past = rare(() => {
      if (isBroken) throw new Error('no database');
      return text('of the past');
    });
    const { kernel, bytes, snapshots, refresh } = await mapOf({ rare: [past] });
    const old = wantedFrom(past);
    await bytes.rare(old('a'));
    isBroken = true;
    await declareIncident(kernel);
    await refresh();
    const served = await bytes.rare(old('a'));
    expect(served?.plain.toString()).toBe('of the past');
    await expect(bytes.rare(old('b'))).rejects.toThrow('no database');
    isBroken = false;
    await refresh();
    expect(snapshots.current().frozenAt).toBeUndefined();
    expect((await bytes.rare(old('a')))?.plain.toString()).toBe('of the past');
  });

  it('are not served as they last were once something was taken back', async () => {
    let isBroken = false;
    const past = rare((_reader, snapshot) => {
      if (isBroken) throw new Error('no database');
      return text(newest(snapshot));
    });
    const { kernel, bytes, refresh } = await mapOf({ rare: [past] });
    const old = wantedFrom(past);
    const { incidentPublicId } = await declareIncident(kernel, { body: 'secret' });
    await refresh();
    expect((await bytes.rare(old('a')))?.plain.toString()).toBe('secret');
    await retract(kernel, systemActor, incidentPublicId, undefined);
    await refresh();
    isBroken = true;
    await expect(bytes.rare(old('a'))).rejects.toThrow('no database');
  });
});

it('a publication is in every document within moments', async () => {
  const { kernel, bytes, snapshots } = await publicSite();
  const { incidentPublicId } = await declareIncident(kernel);
  await snapshots.refresh();
  await bytes.settled();
  const paths = [
    '/',
    '/feed.rss',
    '/feed.atom',
    '/api/v2/summary.json',
    `/incidents/${incidentPublicId}`,
  ];
  await sayMore(kernel, incidentPublicId, { body: 'Freshly said.' });
  const began = performance.now();
  const isSaid = () =>
    paths.every((path) => bytes.ready(path)?.plain.toString().includes('Freshly said.'));
  while (!isSaid() && performance.now() - began < 5000) {
    await new Promise((turn) => setImmediate(turn));
  }
  expect(isSaid()).toBe(true);
  // A tenth of a second on a machine of its own; `test/bench` measures it.
  expect(performance.now() - began).toBeLessThan(2000);
});

it('while frozen, documents say of which time they are', async () => {
  const { kernel, snapshots } = await publicSite();
  const frozenAt = new Date('2026-11-22T13:58:00Z');
  const frozen = {
    ...snapshots,
    current: () => frozenSnapshot,
    onChange: () => () => {},
  };
  const frozenSnapshot = { ...snapshots.current(), frozenAt };
  const bytes = createPublicBytes(kernel, frozen);
  onEnd(() => bytes.stop());
  await bytes.settled();
  const summary = bytes.ready('/api/v2/summary.json');
  expect(summary?.common.join('\n')).toContain('x-forthright-as-of\n2026-11-22T13:58:00.000Z');
});
