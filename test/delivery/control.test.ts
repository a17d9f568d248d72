// What a person or a limit may ask of a sending that is under way, and how it is heard between claim and send.
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { systemActor } from '../../src/events/types.ts';
import { createSender } from '../../src/delivery/sender.ts';
import { pause, progress, releaseToOne, resume } from '../../src/notifications/service.ts';
import { saveMailLimits } from '../../src/settings/mail-limits.ts';
import { hours, minutes } from '../../src/shared/clock.ts';
import {
  addSubscribers,
  attemptsOf,
  idOf,
  leave,
  mail,
  release,
  statesOf,
} from '../notifications/fixtures.ts';
import { subscriberOf } from '../subscribers/fixtures.ts';
import { onEnd, type TestKernel } from '../support/kernel.ts';
import { smtpReceiver } from '../support/smtp.ts';
import { composerOf, gate, house, mailerTo, settled, until } from './fixtures.ts';

const names = (count: number, prefix = 's') =>
  Array.from({ length: count }, (_, i) => `${prefix}${String(i).padStart(3, '0')}`);

const countsOf = async (kernel: TestKernel, id: number) =>
  (await progress(kernel.db.read, id)).counts;

describe('a newer stage', () => {
  it('takes the place of what is not on its way, and never comes before an older one', async () => {
    const { kernel, receiver, incident, open } = await house(...names(40));
    const { held, letGo } = gate();
    let isHeld = true;
    receiver.beforeAnswer(() => (isHeld ? held : undefined));
    open().start();
    const older = await release(kernel, incident.id);
    await until(async () => (await countsOf(kernel, older)).sending >= 5, 'busy');
    const newer = await release(kernel, incident.id, {
      stage: 'identified',
      mail: { subject: 'newer', html: '<p>{{unsubscribe_url}}</p>', plain: '{{unsubscribe_url}}' },
    });
    isHeld = false;
    letGo();
    await settled(kernel, newer);
    const subjects = (address: string) => receiver.to(address).map(({ parsed }) => parsed.subject);
    for (const name of names(40)) {
      const got = subjects(`${name}@example.com`);
      expect(got.at(-1)).toBe('newer');
      expect(got.length).toBeLessThanOrEqual(2);
    }
    const olderSent = receiver.mails.filter(({ parsed }) => parsed.subject !== 'newer').length;
    expect(olderSent).toBeLessThanOrEqual(5);
    await until(async () => (await countsOf(kernel, older)).cancelled === 40 - olderSent, 'swept');
  });
});

describe('pausing', () => {
  it('lets no more than the open connections through, and goes on where it stopped', async () => {
    const { kernel, receiver, incident, open } = await house(...names(60));
    const { held, letGo } = gate();
    let isHeld = false;
    receiver.beforeAnswer(() => (isHeld ? held : undefined));
    open().start();
    const id = await release(kernel, incident.id);
    await until(() => receiver.mails.length >= 5, 'it flows');
    isHeld = true;
    await pause(kernel, systemActor, id);
    const before = receiver.mails.length;
    letGo();
    await until(async () => (await countsOf(kernel, id)).sending === 0, 'calm');
    await sleep(100);
    expect(receiver.mails.length - before).toBeLessThanOrEqual(5);
    expect(receiver.mails.length).toBeLessThan(60);
    isHeld = false;
    await resume(kernel, systemActor, id);
    await settled(kernel, id);
    expect(new Set(receiver.mails.map(({ to }) => to.join())).size).toBe(60);
    expect(receiver.mails).toHaveLength(60);
  });
});

describe('someone who leaves while their mail is claimed', () => {
  it('gets nothing, and the reason is kept (S-65)', async () => {
    const { kernel, receiver, incident, open } = await house(...names(30));
    const { held, letGo } = gate();
    receiver.beforeAnswer(() => held);
    open('maxConnections=2').start();
    const id = await release(kernel, incident.id);
    await until(() => receiver.connections() >= 2, 'busy');
    await sleep(50);
    for (const name of names(30)) await leave(kernel, `${name}@example.com`);
    letGo();
    await settled(kernel, id);
    expect(receiver.mails.length).toBeLessThanOrEqual(2);
    const states = Object.values(await statesOf(kernel, id));
    expect(states.filter((state) => state === 'suppressed')).toHaveLength(
      30 - receiver.mails.length,
    );
    const reasons = (await attemptsOf(kernel, id)).map(({ reply }) => reply);
    expect(new Set(reasons)).toEqual(new Set(['unsubscribed']));
  });
});

describe('limits', () => {
  it('of an hour hold across a restart', async () => {
    const { kernel, receiver, incident, open } = await house(...names(25));
    const first = open('maxConnections=5&perHour=10');
    first.start();
    const id = await release(kernel, incident.id);
    await until(() => receiver.mails.length === 10, 'ten are out');
    await sleep(200);
    await first.stop(1000);
    const second = open('maxConnections=5&perHour=10');
    second.start();
    await sleep(300);
    expect(receiver.mails).toHaveLength(10);
    kernel.clock.advance(hours(1) + minutes(1));
    second.wake();
    await until(() => receiver.mails.length === 20, 'ten more are out');
    await sleep(200);
    expect(receiver.mails).toHaveLength(20);
    expect((await countsOf(kernel, id)).failed).toBe(0);
  });

  it('of one domain hold up no other', async () => {
    const { kernel, receiver, incident, open } = await house(...names(12));
    await addSubscribers(kernel, ...names(12, 't').map((name) => `${name}@example.net`));
    const sender = open('maxConnections=5&perDomainPerMinute=4');
    sender.start();
    const id = await release(kernel, incident.id);
    await until(() => receiver.mails.length === 8, 'four to each');
    await sleep(200);
    const domains = receiver.mails.map(({ to }) => to[0]?.split('@')[1]);
    expect(domains.filter((domain) => domain === 'example.com')).toHaveLength(4);
    expect(domains.filter((domain) => domain === 'example.net')).toHaveLength(4);
    for (let rounds = 0; rounds < 8; rounds += 1) {
      kernel.clock.advance(minutes(1) + 2000);
      sender.wake();
      await sleep(150);
    }
    await settled(kernel, id);
    expect(receiver.mails).toHaveLength(24);
  });

  it('leave the next place to direct mail, however much else waits', async () => {
    const { kernel, receiver, incident, open } = await house(...names(60));
    const sender = open('maxConnections=20&perHour=10');
    sender.start();
    await release(kernel, incident.id);
    await until(() => receiver.mails.length === 10, 'ten are out');
    const recipientId = await idOf(kernel, 's000@example.com');
    const to = { kind: 'manage_link' as const, recipientKind: 'subscriber' as const, recipientId };
    await kernel.db.write((tx) =>
      releaseToOne(tx, kernel, systemActor, { ...to, mail: { ...mail, subject: 'direct' } }),
    );
    sender.wake();
    await sleep(300);
    kernel.clock.advance(hours(1) + minutes(1));
    sender.wake();
    await until(() => receiver.mails.length === 20, 'ten more are out');
    const subjects = receiver.mails.slice(10).map(({ parsed }) => parsed.subject);
    expect(subjects).toContain('direct');
  });

  it('are heard while it sends', async () => {
    const { kernel, receiver, incident, open } = await house(...names(20));
    const sender = open('maxConnections=5&perHour=5');
    sender.start();
    await release(kernel, incident.id);
    await until(() => receiver.mails.length === 5, 'five are out');
    const relay = receiver.url.replace('smtp://', '');
    await saveMailLimits(kernel, systemActor, relay, { perHour: 12 });
    sender.wake();
    await until(() => receiver.mails.length === 12, 'the new limit');
    await sleep(150);
    expect(receiver.mails).toHaveLength(12);
  });
});

async function two(options: [string, string]) {
  const { kernel, receiver, incident } = await house(...names(120));
  const other = await smtpReceiver();
  const mailers = [mailerTo(receiver.url, options[0]), mailerTo(other.url, options[1])];
  const config = { webhookAllow: [] };
  const composer = composerOf(kernel);
  const sender = createSender({ kernel, config, mailers, composer, random: () => 0.5 });
  onEnd(() => void sender.stop(0).catch(() => {}));
  return { kernel, incident, sender, first: receiver, other };
}

describe('several relays', () => {
  it('get their shares by weight', async () => {
    const { kernel, incident, sender, first, other } = await two([
      'maxConnections=3&weight=3',
      'maxConnections=3&weight=1',
    ]);
    sender.start();
    const id = await release(kernel, incident.id);
    await settled(kernel, id);
    expect(first.mails.length + other.mails.length).toBe(120);
    expect(first.mails.length).toBeGreaterThan(70);
    expect(other.mails.length).toBeGreaterThan(15);
  });

  it('stand in for one that is down, and nobody is charged', async () => {
    const { kernel, incident, sender, first, other } = await two([
      'maxConnections=3&weight=9',
      'maxConnections=3',
    ]);
    await first.goAway();
    sender.start();
    const id = await release(kernel, incident.id);
    for (let rounds = 0; rounds < 500; rounds += 1) {
      if ((await progress(kernel.db.read, id)).state === 'sent') break;
      // What it was tried with meanwhile waits half a minute.
      kernel.clock.advance(minutes(1));
      sender.wake();
      await sleep(50);
    }
    await settled(kernel, id);
    expect(new Set(other.mails.map(({ to }) => to.join())).size).toBe(120);
    expect((await countsOf(kernel, id)).failed).toBe(0);
  });
});

describe('refusals', () => {
  it('of an address that does not exist end its mail for good (F-10)', async () => {
    const { kernel, receiver, incident, open } = await house('gone', 'fine');
    receiver.refuseRecipient('gone@example.com', { code: 550, reply: '5.1.1 no such user' });
    open().start();
    await settled(kernel, await release(kernel, incident.id));
    expect((await subscriberOf(kernel, 'gone@example.com'))?.state).toBe('quarantined');
    expect((await subscriberOf(kernel, 'fine@example.com'))?.state).toBe('confirmed');
  });

  it('of too many stop it until a person looks', async () => {
    const all = names(300);
    const { kernel, receiver, incident, open } = await house(...all);
    for (const [i, name] of all.entries()) {
      if (i % 2 === 0) continue;
      receiver.refuseRecipient(`${name}@example.com`, { code: 550, reply: '5.4.1 go away' });
    }
    open().start();
    const id = await release(kernel, incident.id);
    await until(async () => (await progress(kernel.db.read, id)).state === 'paused', 'paused');
    expect((await countsOf(kernel, id)).failed).toBeLessThan(80);
  });
});
