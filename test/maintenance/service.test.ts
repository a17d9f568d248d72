// What people do: announce, move, note, complete, cancel, correct, and series of it all.
import { beforeEach, describe, expect, it } from 'vitest';
import { events } from '../../src/db/schema.ts';
import { systemActor } from '../../src/events/types.ts';
import { declare } from '../../src/incidents/service.ts';
import { seriesOf } from '../../src/maintenance/read.ts';
import {
  cancel,
  changeMaintenance,
  correctMaintenanceUpdate,
  endSeries,
  publishMaintenanceUpdate,
  reschedule,
  schedule,
} from '../../src/maintenance/service.ts';
import type { MaintenanceUpdateInput } from '../../src/maintenance/types.ts';
import { minutes, plus } from '../../src/shared/clock.ts';
import { type Planner, planner, quickMail } from './planner.ts';

let desk: Planner;
beforeEach(async () => {
  desk = await planner();
});

const say = (id: string, input: Partial<MaintenanceUpdateInput>) =>
  publishMaintenanceUpdate(
    desk.kernel,
    systemActor,
    id,
    { state: 'in_progress', notify: true, ...input },
    quickMail,
  );

const faultOf = async (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: { code: string; fields: Record<string, string> }) => ({
      code: error.code,
      fields: Object.keys(error.fields),
    }),
  );

describe('announcing', () => {
  it('is one public event, an update, a mail and nothing on the components yet', async () => {
    const { maintenancePublicId: id, maintenanceId } = await desk.schedule();
    const { maintenance, updates, components } = await desk.detail(id);
    expect(maintenance).toMatchObject({
      state: 'scheduled',
      title: 'Database upgrade',
      version: 1,
    });
    expect(updates).toHaveLength(1);
    expect(updates[0]).toMatchObject({ state: 'scheduled', deliverNotifications: true });
    expect(updates[0]?.affected).toEqual([
      { code: desk.payments, name: 'Payments', oldStatus: 'operational', newStatus: 'operational' },
    ]);
    expect(components.map(({ name, status }) => [name, status])).toEqual([
      ['Payments', 'under_maintenance'],
    ]);
    expect(await desk.statusOf(desk.payments)).toBe('operational');
    const told = (await desk.kernel.db.read.select().from(events)).filter(
      (event) => event.subject === 'maintenance',
    );
    expect(told).toMatchObject([
      { kind: 'maintenance.scheduled', isPublic: true, subjectId: maintenanceId },
    ]);
    expect(await desk.owed()).toHaveLength(1);
  });

  it('twice with the same key makes one, and the same key for another is refused', async () => {
    const once = () => desk.schedule({ idempotencyKey: 'abc', sent: { a: 1 } });
    expect(await once()).toEqual(await once());
    expect(await desk.all()).toHaveLength(1);
    expect(await desk.mails()).toHaveLength(1);
    const other = desk.schedule({ idempotencyKey: 'abc', sent: { a: 2 } });
    expect(await faultOf(other)).toMatchObject({ code: 'mismatch' });
  });

  it('twice with the same key is answered alike although its start has passed since', async () => {
    const soon = {
      scheduledFor: new Date('2026-11-22T12:01:00.000Z'),
      scheduledUntil: new Date('2026-11-22T12:02:00.000Z'),
    };
    const once = () => desk.schedule({ ...soon, idempotencyKey: 'abc' });
    const made = await once();
    desk.kernel.clock.set('2026-11-22T12:03:00.000Z');
    expect(await once()).toEqual(made);
  });

  it.each([
    [{ scheduledUntil: new Date('2026-11-24T02:00:00Z') }, 'scheduledUntil'],
    [{ scheduledFor: new Date('2026-11-22T11:00:00Z') }, 'scheduledFor'],
    [
      { scheduledFor: new Date('2026-11-01'), scheduledUntil: new Date('2026-11-02') },
      'scheduledUntil',
    ],
    [{ scheduledUntil: new Date('2027-11-24T02:00:00Z') }, 'scheduledUntil'],
    [
      { scheduledFor: new Date('2050-01-01'), scheduledUntil: new Date('2050-01-02') },
      'scheduledFor',
    ],
    [{ components: { '000000000000': 'major_outage' as const } }, 'components'],
    [{ reminders: [0] }, 'reminders'],
    [{ reminders: [1, 2, 3, 4, 5, 6] }, 'reminders'],
    [{ rule: 'FREQ=SECONDLY' }, 'rule'],
  ])('%j is refused at its field', async (more, field) => {
    expect(await faultOf(desk.schedule(more))).toEqual({ code: 'invalid', fields: [field] });
    expect(await desk.all()).toEqual([]);
  });

  it('may begin at once', async () => {
    const { maintenancePublicId: id } = await desk.schedule({
      state: 'in_progress',
      scheduledFor: new Date('2026-11-22T12:00:00Z'),
    });
    expect((await desk.detail(id)).maintenance.startedAt).toEqual(new Date('2026-11-22T12:00:00Z'));
    expect(await desk.statusOf(desk.payments)).toBe('under_maintenance');
  });
});

describe('while it runs', () => {
  it('components follow, the worst of incidents and maintenance winning, and are let go', async () => {
    const { maintenancePublicId: id } = await desk.schedule();
    await say(id, { state: 'in_progress' });
    expect(await desk.statusOf(desk.payments)).toBe('under_maintenance');
    const { kernel } = desk;
    await declare(kernel, systemActor, {
      title: 'x',
      severity: 2,
      visibility: 'public',
      state: 'investigating',
      body: 'x',
      components: { [desk.payments]: 'major_outage' },
      nextUpdateBy: plus(kernel.clock.now(), minutes(30)),
      email: { kind: 'none', reason: 'a test' },
    });
    expect(await desk.statusOf(desk.payments)).toBe('major_outage');
    await say(id, { state: 'verifying', body: 'We look whether all is well.' });
    await say(id, { state: 'completed' });
    expect(await desk.statusOf(desk.payments)).toBe('major_outage');
    const { updates } = await desk.detail(id);
    expect(updates.map(({ affected }) => [affected[0]?.oldStatus, affected[0]?.newStatus])).toEqual(
      [
        ['under_maintenance', 'operational'],
        ['under_maintenance', 'under_maintenance'],
        ['operational', 'under_maintenance'],
        ['operational', 'operational'],
      ],
    );
  });

  it('changed components show at once', async () => {
    const { maintenancePublicId: id } = await desk.schedule();
    await say(id, {});
    await changeMaintenance(desk.kernel, systemActor, id, undefined, {
      components: { [desk.api]: 'partial_outage' },
    });
    expect(await desk.statusOf(desk.payments)).toBe('operational');
    expect(await desk.statusOf(desk.api)).toBe('partial_outage');
  });

  it('only its end can be moved', async () => {
    const { maintenancePublicId: id } = await desk.schedule();
    await say(id, {});
    const window = { scheduledFor: new Date('2026-11-24T02:00:00Z'), notify: true };
    await reschedule(desk.kernel, systemActor, id, {
      ...window,
      scheduledUntil: new Date('2026-11-24T06:00:00Z'),
    });
    const { maintenance, updates } = await desk.detail(id);
    expect(maintenance.state).toBe('in_progress');
    expect(updates[0]?.body).toBe(
      'This maintenance is now expected to end at 24 Nov 2026, 06:00 UTC.',
    );
    const started = reschedule(desk.kernel, systemActor, id, {
      scheduledFor: new Date('2026-11-25T02:00:00Z'),
      scheduledUntil: new Date('2026-11-25T06:00:00Z'),
      notify: true,
    });
    expect(await faultOf(started)).toEqual({ code: 'invalid', fields: ['scheduledFor'] });
  });
});

describe('moves', () => {
  it('are told in plain words, mailed as moved, with a version that counts', async () => {
    const { maintenancePublicId: id } = await desk.schedule();
    await publishMaintenanceUpdate(
      desk.kernel,
      systemActor,
      id,
      {
        version: 1,
        state: 'scheduled',
        notify: true,
        window: {
          scheduledFor: new Date('2026-11-25T02:00:00Z'),
          scheduledUntil: new Date('2026-11-25T03:00:00Z'),
        },
      },
      quickMail,
    );
    expect((await desk.mails()).at(-1)).toBe('rescheduled: Database upgrade');
    const { updates, maintenance } = await desk.detail(id);
    expect(updates[0]?.body).toBe(
      'This maintenance has been moved. It now takes place from 25 Nov 2026, 02:00 UTC to 25 Nov 2026, 03:00 UTC.',
    );
    expect(maintenance.scheduledUntil.toISOString()).toBe('2026-11-25T03:00:00.000Z');
    expect(await faultOf(say(id, { version: 1 }))).toMatchObject({ code: 'conflict' });
  });

  it('that do not exist are refused', async () => {
    const { maintenancePublicId: id } = await desk.schedule();
    await say(id, { state: 'completed' });
    expect(await faultOf(say(id, { state: 'in_progress' }))).toMatchObject({ fields: ['state'] });
    await say(id, { state: 'completed', body: 'One more word.' });
    expect((await desk.detail(id)).updates).toHaveLength(3);
  });

  it('sent twice with one key happen once, though the state has moved on since', async () => {
    const { maintenancePublicId: id } = await desk.schedule();
    const complete = () => say(id, { state: 'in_progress', idempotencyKey: 'k', version: 1 });
    const first = await complete();
    await say(id, { state: 'completed' });
    expect(await complete()).toEqual(first);
    expect((await desk.detail(id)).updates).toHaveLength(3);
  });
});

describe('a correction', () => {
  it('changes words alone, and keeps what they were in the record', async () => {
    const { maintenancePublicId: id, updatePublicId } = await desk.schedule();
    desk.kernel.clock.advance(minutes(5));
    const body = 'Payments pause for five minutes.';
    await correctMaintenanceUpdate(desk.kernel, systemActor, id, updatePublicId, { body });
    const [update] = (await desk.detail(id)).updates;
    expect(update).toMatchObject({ body, editedAt: desk.kernel.clock.now() });
    expect((await desk.detail(id)).maintenance.updatedAt).toEqual(desk.kernel.clock.now());
    const [event] = (await desk.kernel.db.read.select().from(events)).slice(-1);
    expect(event?.kind).toBe('maintenance.corrected');
    expect(event?.data).toContain('Payments pause for a moment.');
    const stale = { body: 'Mine.', seen: 'Payments pause for a moment.' };
    const again = correctMaintenanceUpdate(desk.kernel, systemActor, id, updatePublicId, stale);
    expect(await faultOf(again)).toMatchObject({ code: 'conflict' });
  });
});

const starts = async () =>
  (await desk.all()).map((one) => `${one.scheduledFor.toISOString().slice(0, 10)} ${one.state}`);

describe('a series', () => {
  const weekly = { rule: 'FREQ=WEEKLY', autoComplete: true, reminders: [60] };

  it('always has its next occurrence in sight, announced without a mail of its own', async () => {
    const { maintenancePublicId: id } = await desk.schedule(weekly);
    expect(await starts()).toEqual(['2026-11-24 scheduled']);
    await desk.at('2026-11-24T02:00:00Z');
    expect(await starts()).toEqual(['2026-11-24 in_progress', '2026-12-01 scheduled']);
    await desk.at('2026-11-24T04:00:00Z');
    await desk.at('2026-12-01T01:00:00Z');
    await desk.at('2026-12-01T02:00:00Z');
    expect(await starts()).toEqual([
      '2026-11-24 completed',
      '2026-12-01 in_progress',
      '2026-12-08 scheduled',
    ]);
    expect(await desk.mails()).toEqual([
      'announced: Database upgrade',
      'started: Database upgrade',
      'completed: Database upgrade',
      'reminder 60: Database upgrade',
      'started: Database upgrade',
    ]);
    const [first, second, third] = await desk.all();
    expect([first?.seriesId, second?.seriesId, third?.seriesId]).toEqual([id, id, id]);
    expect([first?.rrule, second?.rrule]).toEqual([null, null]);
    expect((await seriesOf(desk.kernel.db.read, third ?? first!))?.series?.rule).toBe(
      'FREQ=WEEKLY',
    );
    const detail = await desk.detail(third?.publicId ?? '');
    expect(detail.components.map(({ name }) => name)).toEqual(['Payments']);
    expect(detail.updates[0]?.body).toBe('Payments pause for a moment.');
  });

  it('ends with COUNT', async () => {
    await desk.schedule({ ...weekly, rule: 'FREQ=WEEKLY;COUNT=2' });
    await desk.at('2026-11-24T02:00:00Z');
    await desk.at('2026-11-24T04:00:00Z');
    await desk.at('2026-12-01T02:00:00Z');
    expect(await starts()).toHaveLength(2);
  });

  it('after weeks of being down goes on with what is still to come', async () => {
    await desk.schedule(weekly);
    await desk.at('2026-12-16T09:00:00Z');
    await desk.tick();
    expect(await starts()).toEqual(['2026-11-24 completed', '2026-12-22 scheduled']);
    expect(await desk.mails()).toHaveLength(2);
  });

  it('keeps its days when one occurrence is moved', async () => {
    const { maintenancePublicId: id } = await desk.schedule(weekly);
    await reschedule(desk.kernel, systemActor, id, {
      scheduledFor: new Date('2026-11-25T02:00:00Z'),
      scheduledUntil: new Date('2026-11-25T04:00:00Z'),
      notify: false,
    });
    await desk.at('2026-11-25T02:00:00Z');
    expect(await starts()).toEqual(['2026-11-25 in_progress', '2026-12-01 scheduled']);
  });

  it('goes on when one occurrence is cancelled', async () => {
    const { maintenancePublicId: id } = await desk.schedule(weekly);
    await cancel(desk.kernel, systemActor, id, { notify: false, scope: 'one' });
    expect(await starts()).toEqual(['2026-11-24 cancelled', '2026-12-01 scheduled']);
  });

  it('is over when all of it is cancelled, from any of its occurrences', async () => {
    const { maintenancePublicId: id } = await desk.schedule(weekly);
    await desk.at('2026-11-24T02:00:00Z');
    await cancel(desk.kernel, systemActor, id, { notify: false, scope: 'series' });
    expect(await starts()).toEqual(['2026-11-24 cancelled', '2026-12-01 cancelled']);
    expect(await desk.statusOf(desk.payments)).toBe('operational');
    await desk.at('2026-12-01T02:00:00Z');
    expect(await starts()).toHaveLength(2);
  });

  it('can be left to end with what is announced', async () => {
    const { maintenancePublicId: id } = await desk.schedule(weekly);
    await endSeries(desk.kernel, systemActor, id);
    await desk.at('2026-11-24T02:00:00Z');
    expect(await starts()).toEqual(['2026-11-24 in_progress']);
    expect(await faultOf(endSeries(desk.kernel, systemActor, id))).toMatchObject({
      code: 'conflict',
    });
  });
});

describe('cancelling', () => {
  it('is told and mailed, and lets components go', async () => {
    const { maintenancePublicId: id } = await desk.schedule();
    await say(id, {});
    await cancel(desk.kernel, systemActor, id, { notify: false, scope: 'one', body: 'Not today.' });
    const { maintenance, updates } = await desk.detail(id);
    expect(maintenance).toMatchObject({ state: 'cancelled' });
    expect(updates[0]).toMatchObject({ state: 'cancelled', body: 'Not today.' });
    expect(await desk.statusOf(desk.payments)).toBe('operational');
    const twice = cancel(desk.kernel, systemActor, id, { notify: false, scope: 'one' });
    expect(await faultOf(twice)).toMatchObject({ code: 'invalid' });
  });
});

describe('the mail of an announcement', () => {
  it('is composed from the shipped template, and only who wants maintenance is owed it', async () => {
    await schedule(desk.kernel, systemActor, desk.input());
    expect(await desk.mails()).toEqual(['[Acme Status] Maintenance: Database upgrade']);
  });
});
