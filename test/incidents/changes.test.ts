import { Driver } from '../../src/db/driver.ts';
import { describe, expect, it } from 'vitest';
import { databaseFile } from '../../src/db/open.ts';
import { publicKey } from '../../src/events/store.ts';
import { incidentTimeline, updateRevisions } from '../../src/incidents/read.ts';
import { changeDetails, correctUpdate } from '../../src/incidents/service.ts';
import type { UpdateInput } from '../../src/incidents/types.ts';
import { minutes } from '../../src/shared/clock.ts';
import { everything, lead, newsroom, subscribeSomebody } from './newsroom.ts';

describe('a correction', () => {
  it('changes words alone and keeps what they were', async () => {
    const room = await newsroom();
    const { kernel } = room;
    const { incidentPublicId: id, updatePublicId, updateId } = await room.declare();
    const [before] = (await room.detail(id)).updates;
    const key = await publicKey(kernel.db.read);
    kernel.clock.advance(minutes(7));
    await correctUpdate(kernel, lead, id, updatePublicId, { body: 'Corrected.', revision: 0 });
    const { incident, updates } = await room.detail(id);
    const now = kernel.clock.now();
    const corrected = { body: 'Corrected.', editedAt: now, updatedAt: now, revisions: 1 };
    expect(updates).toEqual([{ ...before, ...corrected }]);
    expect(incident).toMatchObject({ version: 2, updatedAt: now });
    expect(await updateRevisions(kernel.db.read, updateId)).toEqual([
      { body: 'We are looking into it.', replacedAt: now, replacedByName: 'Lee' },
    ]);
    expect(await publicKey(kernel.db.read)).toBeGreaterThan(key);
  });

  it('is refused over a correction not seen, and says nothing without a difference', async () => {
    const room = await newsroom();
    const { incidentPublicId: id, updatePublicId } = await room.declare();
    const correct = (body: string, revision?: number) =>
      correctUpdate(room.kernel, lead, id, updatePublicId, { body, revision });
    await correct('We are looking into it.', 0);
    expect((await room.detail(id)).updates[0]).toMatchObject({ revisions: 0, editedAt: null });
    await correct('One.', 0);
    await expect(correct('Two.', 0)).rejects.toMatchObject({ code: 'conflict' });
    await correct('Three.');
    expect((await room.detail(id)).updates[0]).toMatchObject({ body: 'Three.', revisions: 2 });
  });

  it('finds an update only within its incident', async () => {
    const room = await newsroom();
    const { updatePublicId } = await room.declare();
    const { incidentPublicId: other } = await room.declare();
    const wrong = correctUpdate(room.kernel, lead, other, updatePublicId, { body: 'x' });
    await expect(wrong).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('changing details', () => {
  it('tells each on the timeline, and nothing that stayed', async () => {
    const room = await newsroom();
    const { incidentPublicId: id, incidentId } = await room.declare();
    const input = { title: 'Cards fail', severity: 1, targetMinutes: 30 } as const;
    await changeDetails(room.kernel, lead, id, 1, input);
    const timeline = await incidentTimeline(room.kernel.db.read, incidentId);
    expect(timeline.slice(-2).map(({ kind, data }) => [kind, data])).toEqual([
      ['incident.title_changed', { before: 'Card payments are failing', after: 'Cards fail' }],
      ['incident.severity_changed', { before: 2, after: 1 }],
    ]);
    await changeDetails(room.kernel, lead, id, 2, input);
    expect((await room.detail(id)).incident.version).toBe(2);
    const late = changeDetails(room.kernel, lead, id, 1, { title: 'Lost' });
    await expect(late).rejects.toMatchObject({ code: 'conflict' });
  });

  it('overrides the impact, and gives it back', async () => {
    const room = await newsroom();
    const { incidentPublicId: id } = await room.declare();
    const impact = async () => (await room.detail(id)).incident.impact;
    await changeDetails(room.kernel, lead, id, undefined, { impactOverride: 'critical' });
    expect(await impact()).toBe('critical');
    await changeDetails(room.kernel, lead, id, undefined, { impactOverride: null });
    expect(await impact()).toBe('minor');
  });

  it('goes together with an update', async () => {
    const room = await newsroom();
    const { incidentPublicId: id } = await room.declare();
    await room.say(id, { version: 1, details: { title: 'Cards fail', impactOverride: 'major' } });
    const expected = { title: 'Cards fail', impact: 'major', state: 'identified', version: 2 };
    expect((await room.detail(id)).incident).toMatchObject(expected);
  });
});

describe('a publish that fails halfway', () => {
  it.each([
    ['incident_updates', 'insert'],
    ['incidents', 'update'],
    ['incident_components', 'insert'],
    ['component_impacts', 'insert'],
    ['components', 'update'],
    ['status_intervals', 'insert'],
    ['events', 'insert'],
    ['notifications', 'insert'],
    ['deliveries', 'insert'],
    ['email_drafts', 'insert'],
    ['idempotency_keys', 'insert'],
  ])('at %s leaves nothing', async (table, verb) => {
    const room = await newsroom();
    await subscribeSomebody(room);
    const { incidentPublicId: id } = await room.declare();
    const before = await everything(room);
    const connection = new Driver(databaseFile(room.kernel.dataDir));
    connection.exec(
      `create trigger stop before ${verb} on ${table} begin select raise(abort, 'stop'); end`,
    );
    const input: Partial<UpdateInput> = {
      components: { [room.api]: 'major_outage' },
      idempotencyKey: 'k',
      email: { kind: 'release' },
    };
    await expect(room.say(id, input)).rejects.toThrow();
    expect(await everything(room)).toEqual(before);
    connection.exec('drop trigger stop');
    connection.close();
    await room.say(id, input);
    expect((await everything(room)).notifications).toHaveLength(1);
  });
});
