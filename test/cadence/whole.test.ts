import { eq } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { createAccount } from '../../src/accounts/service.ts';
import { defaultPromise, promiseKept } from '../../src/cadence/rules.ts';
import { openClocks, tick } from '../../src/cadence/service.ts';
import { mailContents, notifications } from '../../src/db/schema.ts';
import { type Actor, systemActor } from '../../src/events/types.ts';
import { incidentDetail } from '../../src/incidents/read.ts';
import { declare, publishUpdate } from '../../src/incidents/service.ts';
import { claim } from '../../src/notifications/outbox.ts';
import { settle } from '../notifications/fixtures.ts';
import { minutes } from '../../src/shared/clock.ts';
import type { IncidentState } from '../../src/shared/words.ts';
import { clockWarningMail } from '../../src/templates/mails.ts';
import { testKernel, type TestKernel } from '../support/kernel.ts';

const none = { kind: 'none', reason: 'not needed here' } as const;

async function declareNow(kernel: TestKernel, actor: Actor) {
  const { incidentPublicId } = await declare(kernel, actor, {
    title: 'Card payments fail',
    severity: 1,
    visibility: 'public',
    state: 'investigating',
    body: 'Cards are declined.',
    components: {},
    nextUpdateBy: defaultPromise(kernel.clock.now(), 30),
    email: none,
  });
  return incidentPublicId;
}

const say = (kernel: TestKernel, actor: Actor, id: string, state: IncidentState) =>
  publishUpdate(kernel, actor, id, {
    state,
    body: 'More words.',
    components: {},
    nextUpdateBy: defaultPromise(kernel.clock.now(), 30),
    email: none,
  });

const look = (kernel: TestKernel) => tick(kernel, clockWarningMail);
const phase = async (kernel: TestKernel) =>
  (await openClocks(kernel.db.read, kernel.clock.now()))[0]?.clock.phase;

/** States of the clock's mails, oldest first. */
const warnings = async (kernel: TestKernel) =>
  (
    await kernel.db.read
      .select({ state: notifications.state })
      .from(notifications)
      .where(eq(notifications.kind, 'clock'))
      .orderBy(notifications.id)
  ).map(({ state }) => state);

async function declarer(kernel: TestKernel): Promise<Actor> {
  const id = await createAccount(kernel, systemActor, {
    email: 'lead@example.com',
    name: 'Lea',
    role: 'comms_lead',
    password: 'correct horse battery staple',
  });
  return { ...systemActor, kind: 'account', id };
}

describe('the clock with the real services and the shipped mail', () => {
  it('warns the declarer, is reset by an update, and stops at Resolved (C1, C5)', async () => {
    const kernel = await testKernel();
    const actor = await declarer(kernel);
    const incident = await declareNow(kernel, actor);
    expect(await phase(kernel)).toBe('calm');

    kernel.clock.advance(minutes(33));
    expect(await look(kernel)).toBe(1);
    expect(await phase(kernel)).toBe('overdue');
    const [mail] = await kernel.db.read.select().from(mailContents);
    expect(mail?.subject).toContain('Card payments fail');
    expect(mail?.plain).toContain('overdue by 3 min');
    expect(mail?.plain).toContain(`https://status.example.com/admin/incidents/${incident}`);

    await say(kernel, actor, incident, 'identified');
    expect(await look(kernel)).toBe(0);
    expect(await phase(kernel)).toBe('calm');
    const [newer, older] = (await incidentDetail(kernel.db.read, incident)).updates;
    if (!newer || !older) throw new Error('two updates were published');
    expect(promiseKept(older, newer)).toEqual({ kept: false, lateness: minutes(3) });

    kernel.clock.advance(minutes(20));
    expect(await look(kernel)).toBe(1);
    await say(kernel, actor, incident, 'resolved');
    kernel.clock.advance(minutes(60));
    expect(await look(kernel)).toBe(0);
    expect(await openClocks(kernel.db.read, kernel.clock.now())).toEqual([]);

    await say(kernel, actor, incident, 'investigating');
    expect(await phase(kernel)).toBe('calm');
    kernel.clock.advance(minutes(30));
    expect(await look(kernel)).toBe(1);
  });

  it('lets no warning wait for the relay once a newer one or an update has overtaken it', async () => {
    const kernel = await testKernel();
    const actor = await declarer(kernel);
    const incident = await declareNow(kernel, actor);
    kernel.clock.advance(minutes(20));
    await look(kernel);
    expect(await warnings(kernel)).toEqual(['queued']);
    kernel.clock.advance(minutes(10));
    await look(kernel);
    expect(await warnings(kernel)).toEqual(['cancelled', 'queued']);
    const [held] = await claim(kernel, 'boot', 'direct', 1);
    if (!held) throw new Error('nothing to send');
    await say(kernel, actor, incident, 'identified');
    expect(await warnings(kernel)).toEqual(['cancelled', 'sending']);
    await settle(kernel, 'boot', held, { state: 'sent', charge: true, code: 250, note: null });

    kernel.clock.advance(minutes(20));
    await look(kernel);
    await say(kernel, actor, incident, 'identified');
    expect(await warnings(kernel)).toEqual(['cancelled', 'sent', 'cancelled']);
    expect(await claim(kernel, 'boot', 'direct', 1)).toEqual([]);
  });
});
