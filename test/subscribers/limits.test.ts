import { eq } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { events } from '../../src/db/schema.ts';
import { days, hours, minutes } from '../../src/shared/clock.ts';
import {
  confirm,
  listNewest,
  purgePending,
  readManage,
  requestManageLink,
  unsubscribe,
} from '../../src/subscribers/service.ts';
import { confirmToken, manageToken, unsubscribeToken } from '../../src/subscribers/tokens.ts';
import { testKernel } from '../support/kernel.ts';
import { ask, confirmLink, gone, joined, mails, sentKinds, visit } from './fixtures.ts';

describe('limits (S-66)', () => {
  it('sends one confirmation an hour and three a day to an address', async () => {
    const kernel = await testKernel();
    const sentAfter = async (wait: number) => {
      kernel.clock.advance(wait);
      await ask(kernel, 'jane@example.com');
      return (await sentKinds(kernel)).length;
    };
    expect(await sentAfter(0)).toBe(1);
    expect(await sentAfter(minutes(59))).toBe(1);
    expect(await sentAfter(minutes(1))).toBe(2);
    expect(await sentAfter(hours(1))).toBe(3);
    expect(await sentAfter(hours(1))).toBe(3);
    expect(await sentAfter(hours(20))).toBe(3);
    expect(await sentAfter(hours(1))).toBe(4);
  });

  it('asks a network to wait after five requests in ten minutes, whoever they are for', async () => {
    const kernel = await testKernel();
    const from = (ip: string, n: number) => ask(kernel, `u${n}@example.com`, { ip });
    for (const n of [1, 2, 3, 4, 5]) await from('203.0.113.9', n);
    await expect(from('203.0.113.9', 6)).rejects.toMatchObject({ code: 'too_many' });
    await from('203.0.113.10', 7);
    kernel.clock.advance(minutes(10));
    await from('203.0.113.9', 8);
    expect(await sentKinds(kernel)).toHaveLength(7);
  });

  it('stays in force after a restart', async () => {
    const kernel = await testKernel();
    for (const n of [1, 2, 3, 4, 5]) await ask(kernel, `u${n}@example.com`, { ip: '203.0.113.9' });
    const again = await testKernel({ dataDir: kernel.dataDir, clock: kernel.clock });
    await expect(ask(again, 'u6@example.com', { ip: '203.0.113.9' })).rejects.toMatchObject({
      code: 'too_many',
    });
  });

  it('takes sixty requests a minute in all, and raises the alarm once', async () => {
    const kernel = await testKernel();
    for (let n = 0; n < 60; n += 1) await ask(kernel, `u${n}@example.com`);
    for (const n of [61, 62]) {
      await expect(ask(kernel, `u${n}@example.com`)).rejects.toMatchObject({ code: 'too_many' });
    }
    const alarms = await kernel.db.read
      .select()
      .from(events)
      .where(eq(events.kind, 'subscribers.flooded'));
    expect(alarms).toHaveLength(1);
  });

  it('counts the /64 of an IPv6 household as one network (S-67)', async () => {
    const kernel = await testKernel();
    const from = (ip: string, n: number) => ask(kernel, `u${n}@example.com`, { ip });
    for (const n of [1, 2, 3, 4, 5]) await from(`2001:db8:1:2::${n}`, n);
    await expect(from('2001:db8:1:2:ffff::6', 6)).rejects.toMatchObject({ code: 'too_many' });
    await from('2001:db8:1:3::1', 7);
  });

  it('forgets who never confirmed, after 48 hours from the last link', async () => {
    const kernel = await testKernel();
    await ask(kernel, 'jane@example.com');
    await ask(kernel, 'joe@example.com');
    kernel.clock.advance(hours(47));
    await ask(kernel, 'joe@example.com');
    expect(await purgePending(kernel)).toBe(0);
    kernel.clock.advance(hours(1) + 1);
    expect(await purgePending(kernel)).toBe(1);
    expect(await listNewest(kernel.db.read, {}, { limit: 10 })).toMatchObject([
      { email: 'joe@example.com' },
    ]);
  });
});

describe('links', () => {
  it('look alike when unknown, used, expired or for something else (S-62)', async () => {
    const { kernel, row } = await joined();
    const used = confirmToken(kernel.secretKey, row, kernel.clock.now());
    await ask(kernel, 'joe@example.com');
    const expired = await confirmLink(kernel, 'joe@example.com');
    const leave = unsubscribeToken(kernel.secretKey, row);
    const manage = manageToken(kernel.secretKey, row, kernel.clock.now());
    kernel.clock.advance(hours(48));
    const unknown = 'bcdfghjklmnp.zzzzzzzz.xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx';
    const faces = await Promise.all(
      [used, expired, leave, manage, unknown, 'x'].map((token) =>
        confirm(kernel, token, visit).then(
          () => 'accepted',
          (error: Error) => JSON.stringify([error.message, error]),
        ),
      ),
    );
    expect(new Set(faces).size).toBe(1);
    expect(faces[0]).toContain('"gone"');
    await expect(readManage(kernel, leave)).rejects.toMatchObject(gone);
    await expect(unsubscribe(kernel, manage, visit)).rejects.toMatchObject(gone);
  });

  it('to manage roll on for thirty days with each visit', async () => {
    const { kernel, row } = await joined();
    let token = manageToken(kernel.secretKey, row, kernel.clock.now());
    for (let visits = 0; visits < 3; visits += 1) {
      kernel.clock.advance(days(29));
      token = (await readManage(kernel, token)).token;
    }
    kernel.clock.advance(days(30));
    await expect(readManage(kernel, token)).rejects.toMatchObject(gone);
  });

  it('can be asked for, by the confirmed only, with the same answer', async () => {
    const { kernel } = await joined();
    const askLink = (email: string) =>
      requestManageLink(kernel, { ...visit, ip: '203.0.113.77', email }, mails);
    expect(await askLink('jane@example.com')).toBeUndefined();
    expect(await askLink('nobody@example.com')).toBeUndefined();
    expect(await sentKinds(kernel)).toEqual(['confirmation']);
    kernel.clock.advance(hours(1));
    await askLink('jane@example.com');
    expect(await sentKinds(kernel)).toEqual(['confirmation', 'manage_link']);
  });
});
