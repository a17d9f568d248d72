// Who is owed what, by topic, component and followed incident: in SQL, and at the claim.
import { eq } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { maintenances, subscriberIncidents, subscribers } from '../../src/db/schema.ts';
import type { Kernel } from '../../src/db/kernel.ts';
import { systemActor } from '../../src/events/types.ts';
import { countOwed } from '../../src/notifications/audience-store.ts';
import { claim } from '../../src/notifications/outbox.ts';
import { reasonAgainst } from '../../src/notifications/rules.ts';
import {
  countAudience,
  releaseToSubscribers,
  retryFailed,
} from '../../src/notifications/service.ts';
import { hours, plus } from '../../src/shared/clock.ts';
import { testKernel, type TestKernel } from '../support/kernel.ts';
import {
  addMany,
  addSubscribers,
  choose,
  idOf,
  leave,
  mail,
  makeComponent,
  makeIncident,
  release,
  sent,
  settle,
  statesOf,
} from './fixtures.ts';

async function wants(kernel: Kernel, email: string, incidents: boolean, maintenance: boolean) {
  const change = { wantsIncidents: incidents, wantsMaintenance: maintenance };
  await kernel.db.write(async (tx) => {
    await tx.update(subscribers).set(change).where(eq(subscribers.email, email));
  });
}

async function follow(kernel: Kernel, email: string, incidentId: number) {
  const subscriberId = await idOf(kernel, email);
  await kernel.db.write(async (tx) => {
    await tx.insert(subscriberIncidents).values({ subscriberId, incidentId });
  });
}

async function makeMaintenance(kernel: TestKernel): Promise<number> {
  const now = kernel.clock.now();
  const [row] = await kernel.db.write((tx) =>
    tx
      .insert(maintenances)
      .values({
        publicId: kernel.ids.publicId(),
        title: 'Database upgrade',
        state: 'scheduled',
        scheduledFor: plus(now, hours(24)),
        scheduledUntil: plus(now, hours(26)),
        autoStart: true,
        autoComplete: true,
        reminders: [],
        notifies: true,
        backfilled: false,
        createdAt: now,
        updatedAt: now,
        version: 1,
      })
      .returning(),
  );
  if (!row) throw new Error('no maintenance');
  return row.id;
}

const releaseMaintenance = (kernel: Kernel, maintenanceId: number, componentIds: number[]) =>
  kernel.db.write((tx) =>
    releaseToSubscribers(tx, kernel, systemActor, {
      kind: 'maintenance',
      maintenanceId,
      mail,
      componentIds,
    }),
  );

/** Somebody of each kind. `f` follow one incident, and of them `f-only` nothing else. */
async function everyKind() {
  const kernel = await testKernel();
  const api = await makeComponent(kernel, 'API');
  const web = await makeComponent(kernel, 'Web app');
  const incident = await makeIncident(kernel);
  const other = await makeIncident(kernel, 'Another');
  const names = ['all', 'inc', 'mnt', 'api', 'api-mnt', 'f-only', 'f-web', 'f-other', 'gone'];
  await addSubscribers(kernel, ...names.map((name) => `${name}@x.test`));
  await wants(kernel, 'inc@x.test', true, false);
  await wants(kernel, 'mnt@x.test', false, true);
  await choose(kernel, 'api@x.test', api);
  await choose(kernel, 'api-mnt@x.test', api);
  await wants(kernel, 'api-mnt@x.test', false, true);
  await wants(kernel, 'f-only@x.test', false, false);
  await follow(kernel, 'f-only@x.test', incident.id);
  await choose(kernel, 'f-web@x.test', web);
  await follow(kernel, 'f-web@x.test', incident.id);
  await wants(kernel, 'f-other@x.test', false, false);
  await follow(kernel, 'f-other@x.test', other.id);
  await follow(kernel, 'gone@x.test', incident.id);
  await leave(kernel, 'gone@x.test');
  return { kernel, incident, ids: { api, web } };
}

const reachedBy = async (kernel: Kernel, id: number) =>
  Object.keys(await statesOf(kernel, id)).map((email) => email.split('@')[0]);

describe('an incident', () => {
  it.each([
    ['without components', [] as const, ['all', 'inc', 'api', 'f-only', 'f-web']],
    ['of the API', ['api'] as const, ['all', 'inc', 'api', 'f-only', 'f-web']],
    ['of the web app', ['web'] as const, ['all', 'inc', 'f-only', 'f-web']],
  ])('%s reaches who wants incidents, and its followers', async (_, names, expected) => {
    const { kernel, incident, ids } = await everyKind();
    const componentIds = names.map((name) => ids[name]);
    const about = { incidentId: incident.id, componentIds };
    expect(await countAudience(kernel.db.read, about)).toBe(expected.length);
    const id = await release(kernel, incident.id, { componentIds });
    expect(await reachedBy(kernel, id)).toEqual(expected);
  });

  it('reaches its followers to the end, and nobody else by having been followed', async () => {
    const { kernel, incident, ids } = await everyKind();
    await release(kernel, incident.id, { componentIds: [ids.api] });
    const componentIds = [ids.web];
    const last = await release(kernel, incident.id, { componentIds, stage: 'resolved' });
    expect(await reachedBy(kernel, last)).toEqual(['all', 'inc', 'api', 'f-only', 'f-web']);
    const next = await release(kernel, (await makeIncident(kernel, 'Next')).id, { componentIds });
    expect(await reachedBy(kernel, next)).toEqual(['all', 'inc', 'f-web']);
  });

  it('reaches who was owed an earlier message, though they want maintenance only by now', async () => {
    const { kernel, incident } = await everyKind();
    await release(kernel, incident.id);
    await wants(kernel, 'inc@x.test', false, true);
    const last = await release(kernel, incident.id, { stage: 'resolved' });
    expect(await reachedBy(kernel, last)).toContain('inc');
  });
});

describe('a maintenance', () => {
  it.each([
    ['without components', [] as const, ['all', 'mnt', 'api', 'api-mnt', 'f-web']],
    ['of the API', ['api'] as const, ['all', 'mnt', 'api', 'api-mnt']],
    ['of the web app', ['web'] as const, ['all', 'mnt', 'f-web']],
  ])('%s reaches who wants maintenance, never followers', async (_, names, expected) => {
    const { kernel, ids } = await everyKind();
    const componentIds = names.map((name) => ids[name]);
    const id = await releaseMaintenance(kernel, await makeMaintenance(kernel), componentIds);
    expect(await reachedBy(kernel, id)).toEqual(expected);
    const audience = { topic: 'maintenance', incidentId: null, componentIds, earlierIds: [] };
    expect(await countOwed(kernel.db.read, { ...audience, topic: 'maintenance' })).toBe(
      expected.length,
    );
  });
});

describe('at the claim', () => {
  const confirmed = { state: 'confirmed' as const, confirmedSeq: 5, suppressed: false };
  it.each([
    ['an incident, to the confirmed', 'incident', confirmed, undefined],
    ['to who confirmed after it', 'incident', { ...confirmed, confirmedSeq: 11 }, /came back/],
    [
      'a maintenance to who confirmed after it',
      'maintenance',
      { ...confirmed, confirmedSeq: 11 },
      /came back/,
    ],
    [
      'to the unsubscribed',
      'maintenance',
      { ...confirmed, state: 'unsubscribed' as const },
      /unsub/,
    ],
    ['to the pending', 'incident', { ...confirmed, state: 'pending' as const }, /not confirmed/],
    ['to the suppressed', 'confirmation', { ...confirmed, suppressed: true }, /suppression/],
    ['to the quarantined', 'manage_link', { ...confirmed, state: 'quarantined' as const }, /quar/],
    ['a question to who has answered', 'confirmation', { ...confirmed, hasWish: false }, /already/],
    [
      'a question to who asked for more',
      'confirmation',
      { ...confirmed, hasWish: true },
      undefined,
    ],
    [
      'a question to who left',
      'confirmation',
      { ...confirmed, state: 'unsubscribed' as const },
      undefined,
    ],
    ['to the erased', 'incident', undefined, /erased/],
  ] as const)('%s', (_, kind, subscriber, expected) => {
    const reason = reasonAgainst(kind, 10, subscriber);
    if (expected === undefined) expect(reason).toBeUndefined();
    else expect(reason).toMatch(expected);
  });
});

it('sends the newer word on a maintenance only once the older one has arrived', async () => {
  const kernel = await testKernel();
  await addSubscribers(kernel, 'a@x.test');
  const maintenanceId = await makeMaintenance(kernel);
  await releaseMaintenance(kernel, maintenanceId, []);
  const [first] = await claim(kernel, 'boot', 'bulk', 1);
  if (!first) throw new Error('nothing was claimed');
  const newer = await releaseMaintenance(kernel, maintenanceId, []);
  expect(await claim(kernel, 'boot', 'bulk', 1)).toEqual([]);
  await settle(kernel, 'boot', first, sent);
  expect(await claim(kernel, 'boot', 'bulk', 1)).toMatchObject([{ notification: { id: newer } }]);
});

it('does not bring an older word on a maintenance after a newer one', async () => {
  const kernel = await testKernel();
  await addSubscribers(kernel, 'a@x.test');
  const maintenanceId = await makeMaintenance(kernel);
  const older = await releaseMaintenance(kernel, maintenanceId, []);
  const [first] = await claim(kernel, 'boot', 'bulk', 1);
  if (!first) throw new Error('nothing was claimed');
  await settle(kernel, 'boot', first, { ...sent, state: 'failed', code: 550 });
  await releaseMaintenance(kernel, maintenanceId, []);
  await expect(retryFailed(kernel, systemActor, older)).rejects.toMatchObject({
    code: 'conflict',
    message: 'A newer message of this maintenance has gone out since.',
  });
});

it('counts many without holding up everything else meanwhile', async () => {
  const kernel = await testKernel();
  await addMany(kernel, 45_000);
  let turns = 0;
  const others = setInterval(() => (turns += 1), 0);
  const everyone = {
    topic: 'incidents' as const,
    incidentId: null,
    componentIds: [],
    earlierIds: [],
  };
  expect(await countOwed(kernel.db.read, everyone)).toBe(45_000);
  clearInterval(others);
  expect(turns).toBeGreaterThan(1);
});
