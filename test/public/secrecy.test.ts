// S-40 and S-43: two databases that differ only in what is not public answer alike, byte for byte.
import { describe, expect, it } from 'vitest';
import { systemActor } from '../../src/events/types.ts';
import { changeDetails, correctUpdate, retract } from '../../src/incidents/service.ts';
import { reply } from '../../src/public/documents.ts';
import { minutes } from '../../src/shared/clock.ts';
import { addConfirmed } from '../../src/subscribers/service.ts';
import {
  declareIncident,
  foretoldIds,
  publicSite,
  type PublicSite,
  sayMore,
} from '../support/public-fixtures.ts';

type Secretly = (site: PublicSite, step: number) => Promise<void>;

/** The same public story in any site; `between` happens unseen after each public step. */
async function tell(between: Secretly): Promise<PublicSite> {
  const site = await publicSite();
  const { clock } = site.kernel;
  await between(site, 1);
  clock.set('2026-11-20T10:00:00.000Z');
  const old = await declareIncident(site.kernel, { title: 'Slow search', components: {} });
  await between(site, 2);
  clock.set('2026-11-20T10:30:00.000Z');
  await sayMore(site.kernel, old.incidentPublicId, { state: 'resolved', body: 'Over.' });
  await between(site, 3);
  clock.set('2026-11-22T14:00:00.000Z');
  const open = await declareIncident(site.kernel);
  await between(site, 4);
  clock.set('2026-11-22T14:20:00.000Z');
  await sayMore(site.kernel, open.incidentPublicId);
  await correctUpdate(site.kernel, systemActor, open.incidentPublicId, open.updatePublicId, {
    body: 'Corrected.',
  });
  clock.set('2026-11-22T14:25:00.000Z');
  await between(site, 5);
  clock.set('2026-11-22T14:26:00.000Z');
  return site;
}

/** Verbs that nobody outside may notice, with ids of their own. */
async function actInPrivate(site: PublicSite, step: number): Promise<void> {
  const kernel = { ...site.kernel, ids: foretoldIds(`private ${step}`) };
  const hidden = { visibility: 'private', title: 'SECRET breach', body: 'SECRET words' } as const;
  const { incidentPublicId } = await declareIncident(kernel, hidden);
  site.kernel.clock.advance(minutes(1));
  await sayMore(kernel, incidentPublicId, { body: 'SECRET news' });
  await changeDetails(kernel, systemActor, incidentPublicId, undefined, { title: 'SECRET title' });
  await kernel.db.write((tx) =>
    addConfirmed(tx, kernel, systemActor, [`secret${step}@example.test`]),
  );
  const snapshot = site.snapshots.current();
  for (const { id } of snapshot.openIncidents) {
    await changeDetails(kernel, systemActor, id, undefined, { targetMinutes: 45 });
  }
}

/** Every anonymous GET there is: new public routes join by being in the list. */
function pathsOf(site: PublicSite): string[] {
  const { components, recentIncidents } = site.snapshots.current();
  const stories = [...recentIncidents, ...components].map(({ id }) => id);
  const values: Record<string, string[]> = {
    ':id': [...stories, ...privateIds].flatMap((id) => [id, `${id}.json`]),
    ':month': ['2026-11', '2026-10'],
    ':token': ['unknown'],
    ':name': ['public.js'],
  };
  return site.routes
    .filter(({ method, surface }) => method === 'GET' && ['public', 'visitor'].includes(surface))
    .flatMap(({ path }) => {
      const [parameter] = /:\w+/.exec(path) ?? [];
      if (parameter === undefined) return [path];
      const known = values[parameter];
      if (!known) throw new Error(`Say which values ${parameter} of ${path} takes.`);
      return known.map((value) => path.replace(parameter, value));
    });
}

/** What a private incident was given in the site that has them. */
const privateIds = [foretoldIds('private 1').publicId()];

async function answerOf(site: PublicSite, path: string, headers: Record<string, string> = {}) {
  const answer = await site.get(path, headers);
  return { status: answer.status, headers: [...answer.headers], body: await answer.text() };
}

/** What the byte map answers before any route is looked for: in every encoding, and to whoever has it. */
function mapped(site: PublicSite, path: string) {
  const prepared = site.bytes.ready(path);
  if (!prepared) return undefined;
  const asked = { ifNoneMatch: undefined, ifModifiedSince: undefined };
  const replies = ['identity', 'gzip', 'br'].map((acceptEncoding) =>
    reply(prepared, { ...asked, acceptEncoding }, site.kernel.clock),
  );
  return { replies, unchanged: [...prepared.unchanged] };
}

describe('what is not public', () => {
  it('changes no byte, header or status of any anonymous answer', async () => {
    const plain = await tell(async () => {});
    const full = await tell(actInPrivate);
    const paths = pathsOf(plain);
    expect(paths.length).toBeGreaterThan(15);
    for (const path of paths) {
      const answer = await answerOf(full, path);
      expect(answer, path).toEqual(await answerOf(plain, path));
      expect(answer.body, path).not.toContain('SECRET');
      expect(mapped(full, path), path).toEqual(mapped(plain, path));
    }
  });

  it('is noticed by this very comparison when it is public', async () => {
    const plain = await tell(async () => {});
    const other = await tell(async (site, step) => {
      const kernel = { ...site.kernel, ids: foretoldIds(`other ${step}`) };
      await declareIncident(kernel, { components: {}, state: 'resolved', nextUpdateBy: null });
    });
    const different = [];
    for (const path of ['/', '/feed.atom', '/api/v2/summary.json']) {
      const [a, b] = [await answerOf(plain, path), await answerOf(other, path)];
      if (a.body !== b.body) different.push(path);
    }
    expect(different).toContain('/feed.atom');
  });

  it('nor does anything a request carries beside its path', async () => {
    const site = await tell(async () => {});
    for (const path of pathsOf(site)) {
      const plain = await answerOf(site, path);
      const dressed = await answerOf(site, `${path}?lang=de&callback=x`, {
        Cookie: 'sid=abc; __Host-sid=def',
        'Accept-Language': 'de',
        'User-Agent': 'other',
        'X-Forwarded-Host': 'evil.example',
        'X-Original-URL': '/admin',
        Origin: 'https://evil.example',
      });
      expect(dressed, path).toEqual(plain);
    }
  });

  it('goes away with a retraction, from caches that ask too', async () => {
    const site = await tell(async () => {});
    await site.snapshots.refresh();
    const [open] = site.snapshots.current().openIncidents;
    const path = `/incidents/${open?.id ?? ''}`;
    const etag = (await site.get(path)).headers.get('etag') ?? '';
    await retract(site.kernel, systemActor, open?.id ?? '', undefined);
    const after = await site.get(path, { 'If-None-Match': etag });
    expect(after.status).toBe(404);
    expect(await (await site.get('/feed.atom')).text()).not.toContain('Payments failing');
  });
});
