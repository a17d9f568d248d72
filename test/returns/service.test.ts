// What follows from what came back, on a real database.
import { eq } from 'drizzle-orm';
import { describe, expect, it, vi } from 'vitest';
import { deliveries, notifications } from '../../src/db/schema.ts';
import { systemActor } from '../../src/events/types.ts';
import { suppressionHash } from '../../src/notifications/rules.ts';
import { isSuppressed } from '../../src/notifications/suppression-store.ts';
import {
  countReturns,
  purgeReturns,
  returnFromSmtp,
  returnsOf,
} from '../../src/returns/service.ts';
import { days, hours } from '../../src/shared/clock.ts';
import { createAccount } from '../../src/accounts/service.ts';
import { releaseToOne } from '../../src/notifications/service.ts';
import { leave, mail, release } from '../notifications/fixtures.ts';
import type { TestKernel } from '../support/kernel.ts';
import { lightCost } from '../support/web.ts';
import {
  accept,
  accepted,
  deliveryState,
  eventsOfKind,
  keyOf,
  note,
  notificationState,
  report,
  returnRows,
  stateOf,
  suppressionRows,
} from './fixtures.ts';

describe('a hard bounce', () => {
  it('quarantines at once, with an event, and leaves the delivery as it was', async () => {
    const { kernel, id, jane } = await accepted();
    expect(await note(kernel, report(keyOf(id, jane), {}))).toBe('noted');
    expect(await stateOf(kernel, jane)).toBe('quarantined');
    const [event] = await eventsOfKind(kernel, 'subscriber.quarantined');
    expect(event).toMatchObject({
      subjectId: jane,
      data: { kind: 'hard', code: '5.1.1', source: 'mailbox' },
    });
    expect(JSON.stringify(event)).not.toContain('jane@');
    expect(await deliveryState(kernel, id)).toEqual(['sent', 'queued']);
  });

  it('does so once: the same report again changes nothing', async () => {
    const { kernel, id, jane } = await accepted();
    const one = report(keyOf(id, jane), {});
    expect(await note(kernel, one)).toBe('noted');
    expect(await note(kernel, one)).toBe('known');
    expect(await returnRows(kernel)).toHaveLength(1);
    expect(await eventsOfKind(kernel, 'subscriber.quarantined')).toHaveLength(1);
  });

  it('of a delivery that never was is nobody’s', async () => {
    const { kernel, id, jane } = await accepted();
    for (const key of [
      keyOf(id + 1, jane),
      keyOf(id, 999),
      { ...keyOf(id, jane), recipientKind: 'account' as const },
    ]) {
      expect(await note(kernel, report(key, {}))).toBe('unattributed');
    }
    expect(await stateOf(kernel, jane)).toBe('confirmed');
    expect((await returnRows(kernel)).map((row) => row.notificationId)).toEqual([null, null, null]);
  });

  it('of an account’s mail is recorded and logged, and the account goes on', async () => {
    const { kernel } = await accepted();
    const account = {
      email: 'ada@example.org',
      name: 'Ada',
      role: 'admin',
      password: 'a long one indeed',
    } as const;
    const accountId = await createAccount(kernel, systemActor, account, { cost: lightCost });
    const id = await kernel.db.write((tx) =>
      releaseToOne(tx, kernel, systemActor, {
        kind: 'clock',
        recipientKind: 'account',
        recipientId: accountId,
        mail,
      }),
    );
    const warn = vi.spyOn(kernel.log, 'warn');
    const key = { notificationId: id, recipientKind: 'account' as const, recipientId: accountId };
    expect(await note(kernel, report(key, {}))).toBe('noted');
    expect(warn.mock.calls).toEqual([
      [expect.objectContaining({ account: accountId }), expect.any(String)],
    ]);
    expect(JSON.stringify(warn.mock.calls)).not.toContain('ada@');
    warn.mockRestore();
  });
});

/** `count` messages, two a day, all accepted for Jane. */
async function messages(kernel: TestKernel, incidentId: number, jane: number, count: number) {
  const ids: number[] = [];
  for (let n = 0; n < count; n += 1) {
    kernel.clock.advance(hours(12));
    const id = await release(kernel, incidentId);
    await accept(kernel, id, [jane]);
    ids.push(id);
  }
  return ids;
}

describe('soft bounces', () => {
  const soft = { kind: 'soft' as const, code: '5.2.2' };

  it('of five messages within a week amount to a quarantine', async () => {
    const { kernel, incident, id, jane } = await accepted();
    const ids = [id, ...(await messages(kernel, incident.id, jane, 4))];
    for (const [n, one] of ids.entries()) {
      expect(await stateOf(kernel, jane), `before ${n + 1}`).toBe('confirmed');
      await note(kernel, report(keyOf(one, jane), soft));
    }
    expect(await stateOf(kernel, jane)).toBe('quarantined');
    const [event] = await eventsOfKind(kernel, 'subscriber.quarantined');
    expect(event?.data).toMatchObject({ kind: 'soft', code: '5.2.2' });
  });

  it('count once for a message, however often it is reported', async () => {
    const { kernel, id, jane } = await accepted();
    for (let n = 0; n < 6; n += 1) await note(kernel, report(keyOf(id, jane), soft));
    expect(await stateOf(kernel, jane)).toBe('confirmed');
  });

  it('are forgotten after a message that arrived', async () => {
    const { kernel, incident, id, jane } = await accepted();
    const [, second, third, , fifth, sixth] = [
      id,
      ...(await messages(kernel, incident.id, jane, 5)),
    ] as [number, number, number, number, number, number];
    // The fourth never came back, and later ones did.
    for (const one of [id, second, third, fifth, sixth]) {
      await note(kernel, report(keyOf(one, jane), soft));
    }
    expect(await stateOf(kernel, jane)).toBe('confirmed');
    for (const one of await messages(kernel, incident.id, jane, 3)) {
      await note(kernel, report(keyOf(one, jane), soft));
    }
    expect(await stateOf(kernel, jane)).toBe('quarantined');
  });

  it('count in whatever order they come, while newer ones are on their way', async () => {
    const { kernel, incident, id, jane } = await accepted();
    const ids = [id, ...(await messages(kernel, incident.id, jane, 5))];
    for (const one of [ids[4], ids[2], ids[0], ids[1], ids[3]]) {
      await note(kernel, report(keyOf(one ?? 0, jane), soft));
    }
    expect(await stateOf(kernel, jane)).toBe('quarantined');
  });

  it('grow old after a week', async () => {
    const { kernel, incident, id, jane } = await accepted();
    const ids = [id, ...(await messages(kernel, incident.id, jane, 4))];
    for (const one of ids.slice(0, 4)) await note(kernel, report(keyOf(one, jane), soft));
    kernel.clock.advance(days(7) + 1000);
    await note(kernel, report(keyOf(ids[4] ?? 0, jane), soft));
    expect(await stateOf(kernel, jane)).toBe('confirmed');
  });
});

describe('a complaint', () => {
  const complaint = { kind: 'complaint' as const, code: null, detail: 'Feedback: abuse' };

  it('quarantines and suppresses for good', async () => {
    const { kernel, id, jane } = await accepted();
    await note(kernel, report(keyOf(id, jane), complaint));
    expect(await stateOf(kernel, jane)).toBe('quarantined');
    const hash = suppressionHash(kernel.secretKey, 'jane@example.org');
    expect(await isSuppressed(kernel.db.read, hash)).toBe(true);
    expect(await suppressionRows(kernel)).toMatchObject([
      { reason: 'complaint', evidence: 'mailbox: Feedback: abuse' },
    ]);
  });

  it('counts also after they have left, and brings nobody back', async () => {
    const { kernel, id, jane } = await accepted();
    await leave(kernel, 'jane@example.org');
    await note(kernel, report(keyOf(id, jane), complaint));
    expect(await stateOf(kernel, jane)).toBe('unsubscribed');
    expect(await suppressionRows(kernel)).toHaveLength(1);
  });
});

describe('a refusal of us', () => {
  const policy = {
    kind: 'policy' as const,
    code: '5.7.26',
    detail: 'unauthenticated',
    isOurFault: true,
  };

  it('pauses the notification, says why, and blames nobody', async () => {
    const { kernel, id, jane } = await accepted();
    await note(kernel, report(keyOf(id, jane), policy));
    expect(await notificationState(kernel, id)).toBe('paused');
    expect(await stateOf(kernel, jane)).toBe('confirmed');
    const [event] = await eventsOfKind(kernel, 'notification.paused');
    expect(event?.data).toMatchObject({ reason: 'policy', code: '5.7.26', source: 'mailbox' });
  });

  it('does not pause it again once a person let it go on', async () => {
    const { kernel, id, ids } = await accepted('a', 'b', 'c');
    await note(kernel, report(keyOf(id, ids[0] ?? 0), policy));
    await kernel.db.write((tx) =>
      tx.update(notifications).set({ state: 'sending' }).where(eq(notifications.id, id)),
    );
    await note(kernel, report(keyOf(id, ids[1] ?? 0), policy));
    expect(await notificationState(kernel, id)).toBe('sending');
  });

  it('needs three people of a large audience in the mailbox, and one signed event', async () => {
    const names = Array.from({ length: 120 }, (_, n) => `s${n}`);
    const { kernel, id, ids } = await accepted(...names);
    await note(kernel, report(keyOf(id, ids[0] ?? 0), policy));
    await note(kernel, report(keyOf(id, ids[0] ?? 0), policy));
    await note(kernel, report(keyOf(id, ids[1] ?? 0), policy));
    expect(await notificationState(kernel, id)).toBe('sending');
    await note(kernel, report(keyOf(id, ids[2] ?? 0), { ...policy, source: 'ses' }));
    expect(await notificationState(kernel, id)).toBe('paused');
  });

  it('of one mailbox alone, or for now, pauses nothing', async () => {
    const { kernel, id, jane } = await accepted();
    await note(kernel, report(keyOf(id, jane), { ...policy, code: '5.7.1', isOurFault: false }));
    expect(await notificationState(kernel, id)).toBe('sending');
  });
});

it.each(['delayed', 'other', 'unreadable'] as const)(
  '%s is recorded, and that is all',
  async (kind) => {
    const { kernel, id, jane } = await accepted();
    await note(kernel, report(keyOf(id, jane), { kind }));
    expect(await stateOf(kernel, jane)).toBe('confirmed');
    expect(await notificationState(kernel, id)).toBe('sending');
    expect(await returnRows(kernel)).toHaveLength(1);
  },
);

describe('returnFromSmtp', () => {
  const key = keyOf(1, 2);
  it.each([
    [{ smtpCode: 550, reply: '550 5.1.1 <jane@example.org> User unknown' }, 'hard', '5.1.1'],
    [{ smtpCode: 550, reply: '550-5.1.1 no\r\n550 5.1.1 no' }, 'hard', '5.1.1'],
    [{ smtpCode: 550, reply: '550 no such user' }, 'soft', null],
    [{ smtpCode: 452, code: '4.2.2', reply: '452 full' }, 'soft', '4.2.2'],
    [{ smtpCode: 550, reply: '550 5.7.26 unauthenticated' }, 'policy', '5.7.26'],
  ])('%j is %s', (refusal, kind, code) => {
    const made = returnFromSmtp(key, refusal);
    expect(made).toMatchObject({ source: 'smtp', kind, code, delivery: key });
    expect(made?.detail).not.toContain('jane');
  });

  it('is nothing where no server said a word', () => {
    expect(returnFromSmtp(key, { smtpCode: null, reply: 'connect ECONNREFUSED' })).toBeUndefined();
  });

  it('is the same for the same refusal', () => {
    const refusal = { smtpCode: 550, reply: '550 5.1.1 x' };
    expect(returnFromSmtp(key, refusal)?.digest).toBe(returnFromSmtp(key, refusal)?.digest);
    expect(returnFromSmtp(keyOf(1, 3), refusal)?.digest).not.toBe(
      returnFromSmtp(key, refusal)?.digest,
    );
  });
});

describe('who did not get it', () => {
  it('lists each accepted delivery that came back once, with its newest reason', async () => {
    const { kernel, id, ids } = await accepted('a', 'b', 'c', 'd');
    const [a, b, c, d] = ids as [number, number, number, number];
    await note(kernel, report(keyOf(id, a), { kind: 'soft', code: '5.2.2', detail: 'full' }));
    await note(kernel, report(keyOf(id, a), { detail: 'unknown' }));
    await note(kernel, report(keyOf(id, b), { kind: 'delayed' }));
    await note(kernel, report(keyOf(id, c), { kind: 'complaint' }));
    await note(kernel, report(keyOf(id, d), { kind: 'policy', code: '5.7.1', detail: 'no' }));
    expect(await countReturns(kernel.db.read, id)).toBe(2);
    const all = await returnsOf(kernel.db.read, id, { after: 0, limit: 10 });
    expect(all).toMatchObject([
      {
        recipientId: a,
        email: 'a@example.org',
        kind: 'hard',
        detail: 'unknown',
        source: 'mailbox',
      },
      { recipientId: d, email: 'd@example.org', kind: 'policy', code: '5.7.1' },
    ]);
    expect(await returnsOf(kernel.db.read, id, { after: a, limit: 1 })).toMatchObject([
      { recipientId: d },
    ]);
  });

  it('leaves out what failed at the relay: that is in the list of failures', async () => {
    const { kernel, id, jane } = await accepted();
    await kernel.db.write((tx) =>
      tx.update(deliveries).set({ state: 'failed' }).where(eq(deliveries.recipientId, jane)),
    );
    await note(kernel, report(keyOf(id, jane), { source: 'smtp' }));
    expect(await countReturns(kernel.db.read, id)).toBe(0);
    expect(await returnsOf(kernel.db.read, id, { after: 0, limit: 10 })).toEqual([]);
  });
});

it('forgets what is nobody’s after thirty days, and nothing else', async () => {
  const { kernel, id, jane } = await accepted();
  await note(kernel, report(undefined, {}));
  await note(kernel, report(keyOf(id, jane), {}));
  kernel.clock.advance(days(29));
  expect(await purgeReturns(kernel)).toBe(0);
  kernel.clock.advance(days(2));
  expect(await purgeReturns(kernel)).toBe(1);
  expect(await returnRows(kernel)).toMatchObject([{ recipientId: jane }]);
});
