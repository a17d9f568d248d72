import { and, asc, eq } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { openClocks, tick, tickEvery } from '../../src/cadence/service.ts';
import type { ComposeClockMail } from '../../src/cadence/types.ts';
import {
  accounts,
  cadenceWarnings,
  deliveries,
  events,
  incidents,
  incidentUpdates,
  notifications,
} from '../../src/db/schema.ts';
import { verifyChain } from '../../src/events/service.ts';
import { minutes, plus, seconds } from '../../src/shared/clock.ts';
import type { Role } from '../../src/shared/words.ts';
import { testClock, testKernel, type TestKernel } from '../support/kernel.ts';

const start = new Date('2026-11-22T14:00:00.000Z');

function person(kernel: TestKernel, name: string, role: Role = 'comms_lead', disabled = false) {
  return kernel.db.write(async (tx) => {
    const at = kernel.clock.now();
    const [row] = await tx
      .insert(accounts)
      .values({
        email: `${name}@example.com`,
        emailKey: `${name}@example.com`,
        name,
        role,
        passwordHash: 'x',
        disabledAt: disabled ? at : null,
        createdAt: at,
        updatedAt: at,
        version: 1,
      })
      .returning({ id: accounts.id });
    return row?.id ?? 0;
  });
}

interface Open {
  commander?: number | null;
  lead?: number | null;
  due?: Date;
  visibility?: 'public' | 'private';
}

/** An open incident whose only update was published now; by default it promises word in 30 minutes. */
function openIncident(kernel: TestKernel, open: Open = {}) {
  return kernel.db.write(async (tx) => {
    const at = kernel.clock.now();
    const { visibility = 'public', due = plus(at, minutes(30)) } = open;
    const nextDueAt = visibility === 'public' ? due : null;
    const [row] = await tx
      .insert(incidents)
      .values({
        publicId: kernel.ids.publicId(),
        title: 'Payments fail',
        severity: 1,
        visibility,
        state: 'investigating',
        impact: 'major',
        targetMinutes: 30,
        nextDueAt,
        commanderId: open.commander ?? null,
        commsLeadId: open.lead ?? null,
        startedAt: at,
        publishedAt: at,
        createdAt: at,
        updatedAt: at,
        version: 1,
      })
      .returning();
    if (!row) throw new Error('no incident');
    await tx.insert(incidentUpdates).values(update(kernel, row.id, nextDueAt));
    return row;
  });
}

function update(kernel: TestKernel, incidentId: number, nextUpdateBy: Date | null) {
  const at = kernel.clock.now();
  return {
    publicId: kernel.ids.publicId(),
    incidentId,
    state: 'investigating' as const,
    body: 'Words.',
    affected: [],
    isPublic: true,
    nextUpdateBy,
    displayAt: at,
    createdAt: at,
    updatedAt: at,
  };
}

/** What publishing another update does to the clock. */
const publish = (kernel: TestKernel, incidentId: number, due: Date | null) =>
  kernel.db.write(async (tx) => {
    await tx.insert(incidentUpdates).values(update(kernel, incidentId, due));
    await tx.update(incidents).set({ nextDueAt: due }).where(eq(incidents.id, incidentId));
  });

const compose: ComposeClockMail = async (page, warning) => ({
  subject: `${page.name}: ${warning.title}, ${warning.clock}`,
  html: `<p>${warning.deskUrl}</p>`,
  plain: warning.deskUrl,
});
const look = (kernel: TestKernel) => tick(kernel, compose);

/** Ticks as the app does, until `minute` after the start. */
async function run(kernel: TestKernel, minute: number) {
  const end = plus(start, minutes(minute));
  while (kernel.clock.now() < end) {
    kernel.clock.advance(tickEvery);
    await look(kernel);
  }
}

/** Warnings recorded, in order: `sent@offset` or `kept@offset`. */
async function recorded(kernel: TestKernel) {
  const rows = await kernel.db.read
    .select()
    .from(cadenceWarnings)
    .orderBy(asc(cadenceWarnings.due), asc(cadenceWarnings.offset));
  return rows.map((row) => `${row.sent ? 'sent' : 'kept'}@${row.offset}`);
}

/** Mails owed, in order: whom, and when. */
async function mailed(kernel: TestKernel) {
  const rows = await kernel.db.read
    .select({ id: deliveries.recipientId, at: notifications.createdAt })
    .from(notifications)
    .innerJoin(deliveries, eq(deliveries.notificationId, notifications.id))
    .where(and(eq(notifications.kind, 'clock'), eq(notifications.lane, 'direct')))
    .orderBy(asc(notifications.id));
  return rows.map(({ id, at }) => [id, (at.getTime() - start.getTime()) / minutes(1)]);
}

const clockEvents = async (kernel: TestKernel) =>
  (await kernel.db.read.select().from(events).orderBy(asc(events.seq)))
    .filter((event) => event.kind.startsWith('clock.'))
    .map(({ kind, isPublic, data }) => ({ kind, isPublic, ...JSON.parse(data) }));

describe('the clock of an open public incident (C1, F-15)', () => {
  it('warns the lead before, at and after the promise, and the commander from +10 on', async () => {
    const kernel = await testKernel();
    const [lead, commander] = [await person(kernel, 'lead'), await person(kernel, 'commander')];
    await openIncident(kernel, { lead, commander });
    await run(kernel, 56);
    expect(await recorded(kernel)).toEqual(['sent@-10', 'sent@-5', 'sent@0', 'sent@10', 'sent@25']);
    expect(await mailed(kernel)).toEqual([
      [lead, 20],
      [lead, 25],
      [lead, 30],
      [lead, 40],
      [commander, 40],
      [lead, 55],
      [commander, 55],
    ]);
    const list = await clockEvents(kernel);
    expect(list.map(({ kind, offset, isPublic }) => [kind, offset, isPublic])).toEqual([
      ['clock.reminded', -10, false],
      ['clock.reminded', -5, false],
      ['clock.missed', 0, false],
      ['clock.missed', 10, false],
      ['clock.missed', 25, false],
    ]);
    expect((await verifyChain(kernel.db.read)).fault).toBeUndefined();
  });

  it('gives a person who holds both roles one mail', async () => {
    const kernel = await testKernel();
    const both = await person(kernel, 'both');
    await openIncident(kernel, { lead: both, commander: both });
    kernel.clock.advance(minutes(40));
    expect(await look(kernel)).toBe(1);
    expect(await mailed(kernel)).toEqual([[both, 40]]);
  });

  it('starts anew when an update is published', async () => {
    const kernel = await testKernel();
    const lead = await person(kernel, 'lead');
    const incident = await openIncident(kernel, { lead });
    await run(kernel, 26);
    await publish(kernel, incident.id, plus(start, minutes(56)));
    await run(kernel, 45.9);
    expect(await recorded(kernel)).toEqual(['sent@-10', 'sent@-5']);
    await run(kernel, 46);
    expect(await recorded(kernel)).toEqual(['sent@-10', 'sent@-5', 'sent@-10']);
  });

  it.each([
    ['resolved', { state: 'resolved', nextDueAt: null, resolvedAt: start }],
    ['made private', { visibility: 'private', nextDueAt: null }],
  ] as const)('is silent once %s', async (_, change) => {
    const kernel = await testKernel();
    const incident = await openIncident(kernel, { lead: await person(kernel, 'lead') });
    await kernel.db.write((tx) =>
      tx.update(incidents).set(change).where(eq(incidents.id, incident.id)),
    );
    kernel.clock.advance(minutes(60));
    expect(await look(kernel)).toBe(0);
    expect(await recorded(kernel)).toEqual([]);
  });

  it('leaves private incidents alone', async () => {
    const kernel = await testKernel();
    await openIncident(kernel, { visibility: 'private', lead: await person(kernel, 'lead') });
    kernel.clock.advance(minutes(60));
    expect(await look(kernel)).toBe(0);
    expect(await openClocks(kernel.db.read, kernel.clock.now())).toEqual([]);
  });
});

describe('each warning once', () => {
  it('survives a restart, and tells a missed one with its true lateness (F-14)', async () => {
    const clock = testClock();
    const first = await testKernel({ clock });
    const lead = await person(first, 'lead');
    await openIncident(first, { lead });
    await run(first, 20);

    // Not closed: as after a kill, the file is all that the next process has.
    clock.advance(minutes(13) + seconds(7));
    const second = await testKernel({ clock, dataDir: first.dataDir });
    expect(await look(second)).toBe(1);
    expect(await look(second)).toBe(0);
    expect(await recorded(second)).toEqual(['sent@-10', 'kept@-5', 'sent@0']);
    expect((await clockEvents(second)).at(-1)).toMatchObject({
      kind: 'clock.missed',
      offset: 0,
      lateness: 187,
      skipped: [-5],
      accounts: [lead],
    });

    const third = await testKernel({ clock, dataDir: first.dataDir });
    expect(await look(third)).toBe(0);
    expect(await mailed(third)).toHaveLength(2);
  });

  it('is given once by two ticks at the same time', async () => {
    const kernel = await testKernel();
    await openIncident(kernel, { lead: await person(kernel, 'lead') });
    kernel.clock.advance(minutes(30));
    const given = await Promise.all([look(kernel), look(kernel), look(kernel)]);
    expect(given.toSorted((a, b) => a - b)).toEqual([0, 0, 1]);
    expect(await mailed(kernel)).toHaveLength(1);
    expect(await recorded(kernel)).toEqual(['kept@-10', 'kept@-5', 'sent@0']);
  });

  it('is not given when an update is published while its mail is composed', async () => {
    const kernel = await testKernel();
    const incident = await openIncident(kernel, { lead: await person(kernel, 'lead') });
    kernel.clock.advance(minutes(30));
    const given = await tick(kernel, async (page, warning) => {
      await publish(kernel, incident.id, plus(kernel.clock.now(), minutes(30)));
      return compose(page, warning);
    });
    expect(given).toBe(0);
    expect(await recorded(kernel)).toEqual([]);
    expect(await mailed(kernel)).toEqual([]);
    expect(await clockEvents(kernel)).toEqual([]);
  });

  it('holds when the machine’s clock jumps (F-12)', async () => {
    const kernel = await testKernel();
    await openIncident(kernel, { lead: await person(kernel, 'lead') });
    kernel.clock.advance(minutes(70));
    expect(await look(kernel)).toBe(1);
    kernel.clock.advance(-minutes(60));
    expect(await look(kernel)).toBe(0);
    const [open] = await openClocks(kernel.db.read, kernel.clock.now());
    expect(open?.clock).toEqual({ phase: 'calm', remaining: minutes(20) });
    kernel.clock.advance(minutes(60));
    expect(await look(kernel)).toBe(0);
    expect(await mailed(kernel)).toHaveLength(1);
  });

  it('comes for one incident although another one’s fails, and again for that one later', async () => {
    const kernel = await testKernel();
    const lead = await person(kernel, 'lead');
    const bad = await openIncident(kernel, { lead });
    const good = await openIncident(kernel, { lead });
    kernel.clock.advance(minutes(30));
    const given = await tick(kernel, async (page, warning) => {
      if (warning.deskUrl.endsWith(bad.publicId)) throw new Error('no words');
      return compose(page, warning);
    });
    expect(given).toBe(1);
    const [row] = await kernel.db.read.select().from(cadenceWarnings);
    expect(row?.incidentId).toBe(good.id);
    expect(await look(kernel)).toBe(1);
  });
});

describe('who is warned', () => {
  it.each([
    ['nobody holds the role', (_lead: number) => ({}), ['root', 'boss']],
    ['the lead is disabled', (_: number, gone: number) => ({ lead: gone }), ['root', 'boss']],
    ['there is a lead', (lead: number) => ({ lead }), ['lead']],
  ])('when %s', async (_, holders, expected) => {
    const kernel = await testKernel();
    const people = {
      lead: await person(kernel, 'lead'),
      gone: await person(kernel, 'gone', 'comms_lead', true),
      root: await person(kernel, 'root', 'admin'),
      boss: await person(kernel, 'boss', 'admin'),
      former: await person(kernel, 'former', 'admin', true),
    };
    await openIncident(kernel, { commander: people.root, ...holders(people.lead, people.gone) });
    kernel.clock.advance(minutes(20));
    await look(kernel);
    const names = (await mailed(kernel)).map(
      ([id]) => Object.entries(people).find(([, personId]) => personId === id)?.[0],
    );
    expect(names).toEqual(expected);
  });

  it('escalates to the admins when the commander is gone', async () => {
    const kernel = await testKernel();
    const lead = await person(kernel, 'lead');
    const gone = await person(kernel, 'gone', 'comms_lead', true);
    const admin = await person(kernel, 'root', 'admin');
    await openIncident(kernel, { lead, commander: gone });
    kernel.clock.advance(minutes(30));
    await look(kernel);
    kernel.clock.advance(minutes(10));
    await look(kernel);
    expect(await mailed(kernel)).toEqual([
      [lead, 30],
      [lead, 40],
      [admin, 40],
    ]);
  });
});

describe('open clocks', () => {
  it('come most urgent first, with their state and the last warning', async () => {
    const kernel = await testKernel();
    const lead = await person(kernel, 'lead');
    const later = await openIncident(kernel, { lead, due: plus(start, minutes(60)) });
    const sooner = await openIncident(kernel, { lead });
    kernel.clock.advance(minutes(33));
    await look(kernel);
    const now = kernel.clock.now();
    expect(await openClocks(kernel.db.read, now)).toEqual([
      {
        incidentId: sooner.publicId,
        title: 'Payments fail',
        severity: 1,
        state: 'investigating',
        due: plus(start, minutes(30)),
        clock: { phase: 'overdue', remaining: -minutes(3) },
        lastWarning: { offset: 0, at: now },
      },
      {
        incidentId: later.publicId,
        title: 'Payments fail',
        severity: 1,
        state: 'investigating',
        due: plus(start, minutes(60)),
        clock: { phase: 'calm', remaining: minutes(27) },
        lastWarning: undefined,
      },
    ]);
  });
});
