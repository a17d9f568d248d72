import { describe, expect, it } from 'vitest';
import {
  changeAccount,
  createAccount,
  findAccount,
  forgetEnded,
  readSession,
  setPassword,
  signIn,
  signOut,
} from '../../src/accounts/service.ts';
import { accountById, sessionWithAccount } from '../../src/accounts/store.ts';
import { openDatabase } from '../../src/db/open.ts';
import { eventsAfter } from '../../src/events/store.ts';
import { systemActor } from '../../src/events/types.ts';
import { days, hours, minutes, seconds } from '../../src/shared/clock.ts';
import { sha256 } from '../../src/shared/ids.ts';
import { onEnd, testKernel, type TestKernel } from '../support/kernel.ts';
import { goodPassword, lightCost } from '../support/web.ts';

const email = 'ada@example.test';

async function withAccount() {
  const kernel = await testKernel();
  const account = { email, name: 'Ada', role: 'admin', password: goodPassword };
  const id = await createAccount(kernel, systemActor, account, { cost: lightCost });
  return { kernel, id };
}

const enter = (kernel: TestKernel, change: Partial<Parameters<typeof signIn>[1]> = {}) =>
  signIn(
    kernel,
    { email, password: goodPassword, ip: '192.0.2.1', userAgent: 'test', ...change },
    { cost: lightCost },
  );

const wrong = (kernel: TestKernel, change: Partial<Parameters<typeof signIn>[1]> = {}) =>
  enter(kernel, { password: 'not the right password', ...change });

const failTimes = async (kernel: TestKernel, times: number, change = {}) => {
  for (let i = 0; i < times; i += 1) {
    await expect(wrong(kernel, change)).rejects.toMatchObject({ code: 'unauthenticated' });
  }
};

const kindsOf = async (kernel: TestKernel) =>
  (await eventsAfter(kernel.db.read, 0, 1000)).map((event) => event.kind);

describe('signing in', () => {
  it('starts a session that is stored as a hash only (S-10)', async () => {
    const { kernel, id } = await withAccount();
    const { sessionId } = await enter(kernel, { email: ' ADA@Example.Test ' });
    expect(sessionId).toMatch(/^[\w-]{43}$/);
    expect(await sessionWithAccount(kernel.db.read, sessionId)).toBeUndefined();
    expect(await sessionWithAccount(kernel.db.read, sha256(sessionId))).toBeDefined();
    expect(await readSession(kernel, sessionId)).toEqual({ id, email, name: 'Ada', role: 'admin' });
    expect(await kindsOf(kernel)).toEqual(['account.created', 'session.started']);
  });

  it('answers an unknown address, a wrong password and a disabled account alike (S-06)', async () => {
    const { kernel } = await withAccount();
    const other = {
      email: 'bob@example.test',
      name: 'Bob',
      role: 'viewer',
      password: goodPassword,
    };
    const bob = await createAccount(kernel, systemActor, other, { cost: lightCost });
    await changeAccount(kernel, systemActor, bob, 1, {
      name: 'Bob',
      role: 'viewer',
      disabled: true,
    });
    const refusals = [
      wrong(kernel),
      enter(kernel, { email: 'nobody@example.test' }),
      enter(kernel, { email: 'no address' }),
      enter(kernel, { email: 'bob@example.test' }),
    ];
    const faults = (await Promise.allSettled(refusals)).map(
      (result) => result.status === 'rejected' && String(result.reason),
    );
    expect(new Set(faults)).toEqual(
      new Set(['AppError: The email address or the password is not right.']),
    );
    const failed = (await eventsAfter(kernel.db.read, 0, 100)).filter(
      (event) => event.kind === 'sign_in.failed',
    );
    expect(failed).toHaveLength(4);
    expect(failed.some((event) => event.isPublic || event.data.includes('@'))).toBe(false);
  });

  it('hashes anew what was hashed with other work (S-01)', async () => {
    const { kernel, id } = await withAccount();
    const before = await accountById(kernel.db.read, id);
    const cost = { ln: 9, r: 8 };
    const visit = { email, password: goodPassword, ip: '192.0.2.1', userAgent: 'test' };
    await signIn(kernel, visit, { cost });
    const after = await accountById(kernel.db.read, id);
    expect(before?.passwordHash).toContain('$ln=8,');
    expect(after?.passwordHash).toContain('$ln=9,');
    await signIn(kernel, visit, { cost });
    expect((await accountById(kernel.db.read, id))?.passwordHash).toBe(after?.passwordHash);
  });

  it('ends the session the browser had before (S-07)', async () => {
    const { kernel } = await withAccount();
    const first = await enter(kernel);
    const second = await enter(kernel, { previousSessionId: first.sessionId });
    expect(second.sessionId).not.toBe(first.sessionId);
    expect(await readSession(kernel, first.sessionId)).toBeUndefined();
    expect(await readSession(kernel, second.sessionId)).toBeDefined();
  });
});

describe('guessing', () => {
  it('5 wrong tries on an account from one network, then a wait that doubles to 15 minutes (S-03)', async () => {
    const { kernel } = await withAccount();
    await failTimes(kernel, 5);
    const waits: number[] = [];
    for (let i = 0; i < 7; i += 1) {
      const refusal: unknown = await enter(kernel).catch((error: unknown) => error);
      expect(refusal).toMatchObject({ code: 'too_many' });
      const { retryAfter } = refusal as { retryAfter: number };
      waits.push(retryAfter);
      kernel.clock.advance(seconds(retryAfter) - 1);
      await expect(enter(kernel)).rejects.toMatchObject({ code: 'too_many', retryAfter: 1 });
      kernel.clock.advance(1);
      await failTimes(kernel, 1);
    }
    expect(waits).toEqual([30, 60, 120, 240, 480, 900, 900]);
  });

  it('another network still gets in, an IPv6 neighbour does not (S-03, S-67)', async () => {
    const { kernel } = await withAccount();
    await failTimes(kernel, 5, { ip: '2001:db8:1:2::1' });
    await expect(enter(kernel, { ip: '2001:db8:1:2:ffff::9' })).rejects.toMatchObject({
      code: 'too_many',
    });
    expect(await enter(kernel, { ip: '2001:db8:1:3::1' })).toBeDefined();
    await expect(enter(kernel, { ip: '2001:db8:1:2::1' })).rejects.toMatchObject({
      code: 'too_many',
    });
  });

  it('a restart forgives nothing (S-03)', async () => {
    const { kernel } = await withAccount();
    await failTimes(kernel, 5);
    const again = openDatabase(kernel.dataDir);
    onEnd(() => again.close());
    await expect(enter({ ...kernel, db: again })).rejects.toMatchObject({ code: 'too_many' });
  });

  it('the right password clears the count', async () => {
    const { kernel } = await withAccount();
    await failTimes(kernel, 4);
    await enter(kernel);
    await failTimes(kernel, 4);
    expect(await enter(kernel)).toBeDefined();
  });

  it('an address nobody has is counted just the same', async () => {
    const { kernel } = await withAccount();
    await failTimes(kernel, 5, { email: 'nobody@example.test' });
    await expect(wrong(kernel, { email: 'nobody@example.test' })).rejects.toMatchObject({
      code: 'too_many',
    });
  });

  it('guesses sent side by side get no more than five answers (S-03)', async () => {
    const { kernel } = await withAccount();
    const guesses = Array.from({ length: 15 }, () => wrong(kernel));
    const results = await Promise.allSettled([...guesses, enter(kernel)]);
    const codes = results.map((r) =>
      r.status === 'rejected' ? (r.reason as { code: string }).code : 'in',
    );
    expect(codes.filter((code) => code === 'unauthenticated')).toHaveLength(5);
    expect(codes.filter((code) => code === 'too_many')).toHaveLength(11);
  });

  it('30 wrong tries from one network in 10 minutes, whatever the account (S-04)', async () => {
    const { kernel } = await withAccount();
    for (let i = 0; i < 30; i += 1) await failTimes(kernel, 1, { email: `n${i}@example.test` });
    await expect(enter(kernel)).rejects.toMatchObject({ code: 'too_many', retryAfter: 600 });
    expect(await enter(kernel, { ip: '192.0.2.2' })).toBeDefined();
    kernel.clock.advance(minutes(10));
    expect(await enter(kernel)).toBeDefined();
  });
});

describe('a session ends', () => {
  it('after 12 idle hours (S-11)', async () => {
    const { kernel } = await withAccount();
    const { sessionId } = await enter(kernel);
    kernel.clock.advance(hours(12) - 1);
    expect(await readSession(kernel, sessionId)).toBeDefined();
    kernel.clock.advance(hours(12) - 1);
    expect(await readSession(kernel, sessionId)).toBeDefined();
    kernel.clock.advance(hours(12));
    expect(await readSession(kernel, sessionId)).toBeUndefined();
  });

  it('after 7 days, however busy (S-11)', async () => {
    const { kernel } = await withAccount();
    const { sessionId } = await enter(kernel);
    for (let hour = 6; hour < 7 * 24; hour += 6) {
      kernel.clock.advance(hours(6));
      expect(await readSession(kernel, sessionId)).toBeDefined();
    }
    kernel.clock.advance(days(7) - hours(6 * 27));
    expect(await readSession(kernel, sessionId)).toBeUndefined();
  });

  it('is noted as seen at most once a minute', async () => {
    const { kernel } = await withAccount();
    const { sessionId } = await enter(kernel);
    let commits = 0;
    kernel.db.onCommit(() => (commits += 1));
    for (let i = 0; i < 5; i += 1) {
      kernel.clock.advance(seconds(20));
      await readSession(kernel, sessionId);
    }
    expect(commits).toBe(1);
  });

  it('by signing out: the row is gone (S-09)', async () => {
    const { kernel } = await withAccount();
    const { sessionId } = await enter(kernel);
    await signOut(kernel, systemActor, sessionId);
    await signOut(kernel, systemActor, sessionId);
    expect(await sessionWithAccount(kernel.db.read, sha256(sessionId))).toBeUndefined();
    expect((await kindsOf(kernel)).filter((kind) => kind === 'session.ended')).toHaveLength(1);
  });

  const changes = [
    [
      'a new password',
      (kernel: TestKernel, id: number) =>
        setPassword(
          kernel,
          systemActor,
          id,
          { password: 'another long password' },
          { cost: lightCost },
        ),
    ],
    [
      'a new role',
      (kernel: TestKernel, id: number) =>
        changeAccount(kernel, systemActor, id, 1, {
          name: 'Bob',
          role: 'approver',
          disabled: false,
        }),
    ],
    [
      'disabling',
      (kernel: TestKernel, id: number) =>
        changeAccount(kernel, systemActor, id, 1, { name: 'Bob', role: 'viewer', disabled: true }),
    ],
  ] as const;
  it.each(changes)('with %s, everywhere (S-08)', async (_, change) => {
    const { kernel } = await withAccount();
    const bob = { email: 'bob@example.test', name: 'Bob', role: 'viewer', password: goodPassword };
    const id = await createAccount(kernel, systemActor, bob, { cost: lightCost });
    const mine = await enter(kernel);
    const his = [
      await enter(kernel, { email: bob.email }),
      await enter(kernel, { email: bob.email }),
    ];
    await change(kernel, id);
    for (const { sessionId } of his) expect(await readSession(kernel, sessionId)).toBeUndefined();
    expect(await readSession(kernel, mine.sessionId)).toBeDefined();
  });

  it('but for the one in which its own password is changed (S-08)', async () => {
    const { kernel, id } = await withAccount();
    const [here, there] = [await enter(kernel), await enter(kernel)];
    const input = { password: 'another long password', keepSessionId: here.sessionId };
    const own = { ...input, current: goodPassword };
    await setPassword(kernel, systemActor, id, own, { cost: lightCost });
    expect(await readSession(kernel, here.sessionId)).toBeDefined();
    expect(await readSession(kernel, there.sessionId)).toBeUndefined();
    await expect(
      setPassword(kernel, systemActor, id, { ...input, current: goodPassword }),
    ).rejects.toMatchObject({ code: 'invalid', fields: { current: expect.any(String) as string } });
  });
});

it('what has ended is forgotten, what runs is kept', async () => {
  const { kernel } = await withAccount();
  const idle = await enter(kernel);
  kernel.clock.advance(hours(11));
  const fresh = await enter(kernel);
  kernel.clock.advance(hours(1));
  await forgetEnded(kernel);
  expect(await sessionWithAccount(kernel.db.read, sha256(idle.sessionId))).toBeUndefined();
  expect(await readSession(kernel, fresh.sessionId)).toBeDefined();
});

it('rights are read anew for every request (S-24)', async () => {
  const { kernel, id } = await withAccount();
  const { sessionId } = await enter(kernel);
  const another = { email: 'eve@example.test', name: 'Eve', role: 'admin', password: goodPassword };
  await createAccount(kernel, systemActor, another, { cost: lightCost });
  const rename = { name: 'Ada L.', role: 'admin', disabled: false };
  await changeAccount(kernel, systemActor, id, 1, rename);
  expect((await readSession(kernel, sessionId))?.name).toBe('Ada L.');
  expect((await findAccount(kernel.db.read, id))?.version).toBe(2);
});
