// What somebody asks for, what they have already, and how the two meet.
import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { notifications, subscriberComponents, subscribers } from '../../src/db/schema.ts';
import { systemActor } from '../../src/events/types.ts';
import { claim } from '../../src/notifications/claim.ts';
import { hours } from '../../src/shared/clock.ts';
import { covers, type Choices, widened } from '../../src/subscribers/rules.ts';
import {
  addConfirmed,
  confirm,
  readConfirm,
  readManage,
  saveManage,
} from '../../src/subscribers/service.ts';
import { manageToken } from '../../src/subscribers/tokens.ts';
import { makeComponent, makeIncident } from '../notifications/fixtures.ts';
import { testKernel, type TestKernel } from '../support/kernel.ts';
import { ask, confirmLink, gone, joined, sentKinds, subscriberOf, visit } from './fixtures.ts';

/** `im` with components 1 and 2, following 7: `has('im', [1, 2], [7])`. */
const has = (topics: string, componentIds: number[] = [], incidentIds: number[] = []): Choices => ({
  wantsIncidents: topics.includes('i'),
  wantsMaintenance: topics.includes('m'),
  componentIds,
  incidentIds,
});
const wish = (topics: string, componentIds: number[] = [], incidentId: number | null = null) => ({
  wantsIncidents: topics.includes('i'),
  wantsMaintenance: topics.includes('m'),
  componentIds,
  incidentId,
});

describe('a wish', () => {
  it.each([
    ['all of all', has('im'), wish('im'), true, has('im')],
    ['less than all', has('im'), wish('i', [1]), true, has('im')],
    ['one of those chosen', has('im', [1, 2]), wish('m', [2]), true, has('im', [1, 2])],
    ['another component', has('im', [1]), wish('im', [2]), false, has('im', [1, 2])],
    ['every component', has('im', [1]), wish('im'), false, has('im')],
    ['the other topic', has('i'), wish('m'), false, has('im')],
    ['the other topic of some', has('i', [1]), wish('m', [2]), false, has('im', [1, 2])],
    ['an incident of all', has('i'), wish('', [], 7), true, has('i', [], [7])],
    ['an incident of some', has('i', [1]), wish('', [], 7), false, has('i', [1], [7])],
    ['an incident followed', has('m', [], [7]), wish('', [], 7), true, has('m', [], [7])],
    ['another incident', has('', [], [7]), wish('', [], 8), false, has('', [], [7, 8])],
    ['all, by a follower', has('', [], [7]), wish('im'), false, has('im', [], [7])],
    ['some, by a follower', has('', [], [7]), wish('i', [1]), false, has('i', [1], [7])],
  ])('for %s', (_, before, wanted, isCovered, after) => {
    expect(covers(before, wanted)).toBe(isCovered);
    expect(widened(before, wanted)).toEqual(after);
    expect(covers(after, wanted)).toBe(true);
  });
});

async function withIncident(visibility: 'public' | 'private' = 'public') {
  const kernel = await testKernel();
  const incident = await makeIncident(kernel);
  await kernel.db.write(async (tx) => {
    tx.run(sql`update incidents set visibility = ${visibility}, published_at = started_at`);
  });
  return { kernel, incident };
}

const asks = (kernel: TestKernel, more: object) => ask(kernel, 'jane@example.com', more);

async function joinedBy(kernel: TestKernel) {
  return confirm(kernel, await confirmLink(kernel, 'jane@example.com'), visit);
}

describe('asking for something in particular', () => {
  it('waits, is told on the page behind the link, and counts by its button', async () => {
    const kernel = await testKernel();
    const id = await makeComponent(kernel, 'API');
    const [row] = kernel.db.read.all<{ publicId: string }>(
      sql`select public_id as publicId from components where id = ${id}`,
    );
    const componentIds = [row?.publicId ?? ''];
    await asks(kernel, { componentIds, topics: ['maintenance'] });
    expect(await kernel.db.read.select().from(subscriberComponents)).toEqual([]);
    const link = await confirmLink(kernel, 'jane@example.com');
    expect(await readConfirm(kernel, link)).toEqual({
      email: 'jane@example.com',
      topics: ['maintenance'],
      components: ['API'],
      incident: undefined,
    });
    expect(await joinedBy(kernel)).toMatchObject({ topics: ['maintenance'], componentIds });
    expect(await subscriberOf(kernel)).toMatchObject({ wish: null, wantsIncidents: false });
  });

  it('follows one incident and nothing else', async () => {
    const { kernel, incident } = await withIncident();
    await asks(kernel, { incidentId: incident.publicId, topics: ['incidents'] });
    expect(await joinedBy(kernel)).toMatchObject({
      topics: [],
      componentIds: [],
      incidents: [{ id: incident.publicId, title: 'Elevated error rates', isOver: false }],
    });
  });

  it('knows a private incident as little as one that is not there', async () => {
    const { kernel, incident } = await withIncident('private');
    const faces = await Promise.all(
      [incident.publicId, 'bcdfghjklmnp', 'x'].map((incidentId) =>
        asks(kernel, { incidentId }).then(
          () => 'accepted',
          (error: Error) => JSON.stringify([error.message, error]),
        ),
      ),
    );
    expect(new Set(faces).size).toBe(1);
    expect(faces[0]).toContain('"incident"');
  });

  it('hides the title of a followed incident that is private by now', async () => {
    const { kernel, incident } = await withIncident();
    await asks(kernel, { incidentId: incident.publicId });
    const { token } = await joinedBy(kernel);
    await kernel.db.write(
      async (tx) => void tx.run(sql`update incidents set visibility = 'private'`),
    );
    expect((await readManage(kernel, token)).incidents).toEqual([]);
  });

  it('takes the newest words for the link that was sent already', async () => {
    const kernel = await testKernel();
    await asks(kernel, {});
    await asks(kernel, { topics: ['incidents'] });
    expect(await sentKinds(kernel)).toEqual(['confirmation']);
    expect(await joinedBy(kernel)).toMatchObject({ topics: ['incidents'] });
  });
});

async function follower() {
  const { kernel, incident } = await withIncident();
  await asks(kernel, { incidentId: incident.publicId });
  await joinedBy(kernel);
  kernel.clock.advance(hours(2));
  return { kernel, before: await subscriberOf(kernel) };
}

describe('asking for more, once confirmed (S-61)', () => {
  it('changes nothing by itself, and is mailed as a question that may go out', async () => {
    const { kernel, before } = await follower();
    await asks(kernel, {});
    const { wish: waiting, confirmSentAt: _, updatedAt: __, ...rest } = await subscriberOf(kernel);
    expect(waiting).toMatchObject({ wantsIncidents: true, wantsMaintenance: true });
    expect(before).toMatchObject(rest);
    const claimed = await claim(kernel, 'boot', 'direct', 10);
    expect(claimed.map((one) => one.notification.kind)).toContain('confirmation');
  });

  it('counts by the button, keeps what was had and owed, and uses the link up', async () => {
    const { kernel, before } = await follower();
    await asks(kernel, {});
    const link = await confirmLink(kernel);
    const { topics, incidents } = await confirm(kernel, link, visit);
    expect([topics, incidents.length]).toEqual([['incidents', 'maintenance'], 1]);
    expect(await subscriberOf(kernel)).toMatchObject({
      state: 'confirmed',
      confirmedSeq: before.confirmedSeq,
      wish: null,
    });
    await expect(confirm(kernel, link, visit)).rejects.toMatchObject(gone);
  });

  it('mails that nothing is left to confirm when that is so', async () => {
    const { kernel } = await joined();
    await asks(kernel, { topics: ['maintenance'] });
    expect((await sentKinds(kernel)).at(-1)).toBe('already_subscribed');
    expect((await subscriberOf(kernel)).wish).toBeNull();
  });

  it('writes the same number of mails, whatever is known', async () => {
    const kernel = await testKernel();
    await kernel.db.write((tx) => addConfirmed(tx, kernel, systemActor, ['jane@example.com']));
    await kernel.db.write(
      async (tx) => void (await tx.update(subscribers).set({ wantsMaintenance: false })),
    );
    for (const email of ['jane@example.com', 'new@example.com']) await ask(kernel, email, {});
    expect(await kernel.db.read.select().from(notifications)).toHaveLength(2);
  });
});

async function confirmed() {
  const { kernel, row } = await joined();
  return { kernel, token: manageToken(kernel.secretKey, row, kernel.clock.now()) };
}

describe('the manage page', () => {
  it('takes topics away and brings them back', async () => {
    const { kernel, token } = await confirmed();
    const saved = await saveManage(kernel, token, { topics: ['maintenance'] }, visit);
    expect(saved.topics).toEqual(['maintenance']);
    const both = await saveManage(kernel, token, { topics: ['incidents', 'maintenance'] }, visit);
    expect(both.topics).toEqual(['incidents', 'maintenance']);
  });

  it('leaves alone what a form does not speak of', async () => {
    const { kernel, token } = await confirmed();
    await saveManage(kernel, token, { topics: ['maintenance'] }, visit);
    expect((await saveManage(kernel, token, { componentIds: [] }, visit)).topics).toEqual([
      'maintenance',
    ]);
  });

  it('refuses to leave nothing, which is what unsubscribing is for', async () => {
    const { kernel, token } = await confirmed();
    await expect(saveManage(kernel, token, { topics: [] }, visit)).rejects.toMatchObject({
      fields: { topic: /at least one/ },
    });
  });

  it('ends a follow, and keeps one that is still wanted', async () => {
    const { kernel, incident } = await withIncident();
    await asks(kernel, { incidentId: incident.publicId });
    const { token } = await joinedBy(kernel);
    const kept = await saveManage(
      kernel,
      token,
      { topics: [], incidentIds: [incident.publicId] },
      visit,
    );
    expect(kept.incidents).toHaveLength(1);
    const ended = await saveManage(
      kernel,
      token,
      { topics: ['incidents'], incidentIds: [] },
      visit,
    );
    expect(ended.incidents).toEqual([]);
  });
});
