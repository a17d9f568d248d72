// Time alone: reminders, start and end, once each, whatever happens to the process or its clock (F-12, F-14).
import { beforeEach, describe, expect, it } from 'vitest';
import { systemActor } from '../../src/events/types.ts';
import { reschedule, schedule } from '../../src/maintenance/service.ts';
import { tickMaintenance } from '../../src/maintenance/tick.ts';
import { createPulse } from '../../src/pulse.ts';
import { testKernel } from '../support/kernel.ts';
import { type Planner, planner, quickMail } from './planner.ts';

let desk: Planner;
beforeEach(async () => {
  desk = await planner();
});

const bodies = async (id: string) =>
  (await desk.detail(id)).updates.map((update) => `${update.state}: ${update.body}`).toReversed();

describe('a maintenance left alone', () => {
  it('reminds, begins, and is over when that was chosen, with Statuspage’s words', async () => {
    const { maintenancePublicId: id } = await desk.schedule({ autoComplete: true });
    for (const moment of [
      '2026-11-23T01:59:59Z',
      '2026-11-23T02:00:02Z',
      '2026-11-23T02:00:07Z',
      '2026-11-24T01:00:01Z',
      '2026-11-24T02:00:03Z',
    ]) {
      await desk.at(moment);
    }
    expect(await desk.statusOf(desk.payments)).toBe('under_maintenance');
    await desk.at('2026-11-24T04:00:04Z');
    await desk.at('2026-11-24T04:00:09Z');
    expect(await bodies(id)).toEqual([
      'scheduled: Payments pause for a moment.',
      'scheduled: Maintenance will begin as scheduled in 24 hours.',
      'scheduled: Maintenance will begin as scheduled in 60 minutes.',
      'in_progress: Scheduled maintenance is currently in progress. We will provide updates as necessary.',
      'completed: The scheduled maintenance has been completed.',
    ]);
    expect(await desk.mails()).toEqual([
      'announced: Database upgrade',
      'reminder 1440: Database upgrade',
      'reminder 60: Database upgrade',
      'started: Database upgrade',
      'completed: Database upgrade',
    ]);
    expect(await desk.statusOf(desk.payments)).toBe('operational');
    const { maintenance } = await desk.detail(id);
    expect(maintenance.startedAt?.toISOString()).toBe('2026-11-24T02:00:03.000Z');
    expect(maintenance.completedAt?.toISOString()).toBe('2026-11-24T04:00:04.000Z');
  });

  it('waits for a person to complete it, unless told otherwise', async () => {
    const { maintenancePublicId: id } = await desk.schedule();
    await desk.at('2026-11-24T02:00:00Z');
    await desk.at('2026-11-25T02:00:00Z');
    expect((await desk.detail(id)).maintenance.state).toBe('in_progress');
  });

  it('does not begin by itself when that was not chosen', async () => {
    const { maintenancePublicId: id } = await desk.schedule({ autoStart: false, reminders: [] });
    await desk.at('2026-11-24T02:30:00Z');
    expect((await desk.detail(id)).maintenance.state).toBe('scheduled');
  });

  it('mails nobody when that was chosen, and still speaks on the page', async () => {
    const { maintenancePublicId: id } = await desk.schedule({ notifies: false });
    await desk.at('2026-11-24T01:00:00Z');
    await desk.at('2026-11-24T02:00:00Z');
    expect(await desk.mails()).toEqual([]);
    expect(await bodies(id)).toHaveLength(3);
    expect((await desk.detail(id)).updates.some((one) => one.deliverNotifications)).toBe(false);
  });
});

it('is driven by the one pulse', async () => {
  const { maintenancePublicId: id } = await desk.schedule({ notifies: false });
  desk.kernel.clock.set('2026-11-24T02:00:00Z');
  await createPulse(desk.kernel).beat();
  expect((await desk.detail(id)).maintenance.state).toBe('in_progress');
});

describe('reminders', () => {
  it('that passed before the announcement are not given', async () => {
    await desk.schedule({
      scheduledFor: new Date('2026-11-22T12:30:00Z'),
      scheduledUntil: new Date('2026-11-22T13:00:00Z'),
    });
    await desk.at('2026-11-22T12:10:00Z');
    expect(await desk.mails()).toEqual(['announced: Database upgrade']);
  });

  it('after a gap come as the nearest alone, with the time that is truly left', async () => {
    const { maintenancePublicId: id } = await desk.schedule();
    await desk.at('2026-11-24T01:40:00Z');
    await desk.at('2026-11-24T01:40:05Z');
    expect(await desk.mails()).toEqual([
      'announced: Database upgrade',
      'reminder 20: Database upgrade',
    ]);
    expect((await bodies(id)).at(-1)).toContain('in 20 minutes.');
    const rows = await desk.reminders();
    expect(rows.map(({ before, sent }) => `${before} ${sent}`).toSorted()).toEqual([
      '1440 false',
      '60 true',
    ]);
  });

  it('are given anew for a new start, and not again for an old one', async () => {
    const { maintenancePublicId: id } = await desk.schedule();
    await desk.at('2026-11-24T01:00:00Z');
    const move = (from: string, until: string) =>
      reschedule(desk.kernel, systemActor, id, {
        scheduledFor: new Date(from),
        scheduledUntil: new Date(until),
        notify: false,
      });
    await move('2026-11-26T02:00:00Z', '2026-11-26T04:00:00Z');
    await desk.tick();
    await desk.at('2026-11-25T02:00:00Z');
    await desk.at('2026-11-26T01:00:00Z');
    expect((await desk.mails()).filter((subject) => subject.startsWith('reminder'))).toEqual([
      'reminder 60: Database upgrade',
      'reminder 1440: Database upgrade',
      'reminder 60: Database upgrade',
    ]);
  });
});

describe('after being down', () => {
  it('a maintenance that passed wholly is completed with one mail, if it may be', async () => {
    const { maintenancePublicId: id } = await desk.schedule({ autoComplete: true });
    await desk.at('2026-11-24T09:00:00Z');
    await desk.tick();
    expect(await desk.mails()).toEqual([
      'announced: Database upgrade',
      'completed: Database upgrade',
    ]);
    const { maintenance } = await desk.detail(id);
    expect(maintenance.state).toBe('completed');
    expect(maintenance.startedAt?.toISOString()).toBe('2026-11-24T02:00:00.000Z');
    expect(await desk.statusOf(desk.payments)).toBe('operational');
  });

  it('one that a person completes begins without a mail about old news', async () => {
    const { maintenancePublicId: id } = await desk.schedule();
    await desk.at('2026-11-24T09:00:00Z');
    expect((await desk.detail(id)).maintenance.state).toBe('in_progress');
    expect(await desk.mails()).toEqual(['announced: Database upgrade']);
  });

  it('one that still runs begins late, and says so', async () => {
    await desk.schedule();
    await desk.at('2026-11-24T03:00:00Z');
    expect(await desk.mails()).toEqual([
      'announced: Database upgrade',
      'started: Database upgrade',
    ]);
  });
});

describe('the clock', () => {
  it('set back does nothing twice', async () => {
    const { maintenancePublicId: id } = await desk.schedule({ autoComplete: true });
    await desk.at('2026-11-24T01:00:00Z');
    await desk.at('2026-11-23T00:00:00Z');
    await desk.at('2026-11-24T01:00:00Z');
    await desk.at('2026-11-24T02:00:00Z');
    await desk.at('2026-11-23T02:00:00Z');
    await desk.at('2026-11-24T02:00:00Z');
    expect(await bodies(id)).toHaveLength(3);
  });
});

describe('restarts', () => {
  it('with another process on the same file give each thing once', async () => {
    const { maintenancePublicId: id } = await desk.schedule();
    const { dataDir, clock } = desk.kernel;
    const other = await testKernel({ dataDir, clock });
    clock.set('2026-11-24T01:00:00Z');
    await Promise.all([desk.tick(), tickMaintenance(other, quickMail)]);
    clock.set('2026-11-24T02:00:00Z');
    await Promise.all([tickMaintenance(other, quickMail), desk.tick()]);
    await tickMaintenance(await testKernel({ dataDir, clock }), quickMail);
    expect(await bodies(id)).toHaveLength(3);
    expect(await desk.mails()).toHaveLength(3);
  });

  it('in the middle of a tick leave nothing half done', async () => {
    const { maintenancePublicId: id } = await desk.schedule();
    const { write } = desk.kernel.db;
    desk.kernel.clock.set('2026-11-24T01:00:00Z');
    // Dies at the commit: everything of the reminder is gone, and comes at the next start.
    const dying: typeof write = (work) =>
      write(async (tx) => {
        await work(tx);
        throw new Error('killed');
      });
    const broken = { ...desk.kernel, db: { ...desk.kernel.db, write: dying } };
    expect(await tickMaintenance(broken, quickMail)).toBe(0);
    expect(await desk.reminders()).toEqual([]);
    await desk.tick();
    await desk.tick();
    expect(await bodies(id)).toHaveLength(2);
  });

  it('a mail that cannot be composed keeps nothing from happening', async () => {
    const { maintenancePublicId: id } = await schedule(
      desk.kernel,
      systemActor,
      desk.input(),
      async () => {
        throw new Error('no compiler');
      },
    );
    desk.kernel.clock.set('2026-11-24T02:00:00Z');
    await tickMaintenance(desk.kernel, async () => {
      throw new Error('no compiler');
    });
    expect((await desk.detail(id)).maintenance.state).toBe('in_progress');
    expect(await desk.mails()).toEqual([]);
  });
});
