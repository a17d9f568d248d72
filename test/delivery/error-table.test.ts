// The error table as the sender lives through it: one delivery meets a fault, and what becomes of it, of its
// notification, of the relay, of the address and of everybody else's mail.
import { and, eq } from 'drizzle-orm';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { systemActor } from '../../src/events/types.ts';
import { deliveries, notifications } from '../../src/db/schema.ts';
import { createSender, type Sender } from '../../src/delivery/sender.ts';
import { type Failure, type Mailer, SendError } from '../../src/delivery/types.ts';
import { progress, resume } from '../../src/notifications/service.ts';
import { hours, minutes, seconds } from '../../src/shared/clock.ts';
import {
  addSubscribers,
  attemptsOf,
  eventsOf,
  idOf,
  makeIncident,
  release,
  statesOf,
} from '../notifications/fixtures.ts';
import { subscriberOf } from '../subscribers/fixtures.ts';
import { onEnd, type TestKernel, testKernel } from '../support/kernel.ts';
import {
  type Part,
  type ScriptedRelay,
  scriptedRelay,
  type Step,
} from '../support/scripted-relay.ts';
import { attempted, composerOf, isUp, mailerTo, until } from './fixtures.ts';

const victim = 'a@example.com';
const others = ['b@example.com', 'c@example.com', 'd@example.com'];

/** One bulk line, so that it is the first subscriber's message that meets what the relay does once. */
const oneLine = 'maxConnections=1';

function open(kernel: TestKernel, mailer: Mailer) {
  const config = { webhookAllow: [] };
  const composer = composerOf(kernel);
  const sender = createSender({ kernel, config, mailers: [mailer], composer, random: () => 0.5 });
  onEnd(() => void sender.stop(0).catch(() => {}));
  sender.start();
  return sender;
}

async function place(...addresses: string[]) {
  const kernel = await testKernel();
  const relay = await scriptedRelay();
  await addSubscribers(kernel, ...addresses);
  const incident = await makeIncident(kernel);
  return { kernel, relay, incident };
}

async function rowOf(kernel: TestKernel, id: number) {
  const is = eq(deliveries.recipientId, await idOf(kernel, victim));
  const rows = kernel.db.read.select().from(deliveries);
  const [row] = await rows.where(and(eq(deliveries.notificationId, id), is));
  if (!row) throw new Error('no row');
  return row;
}

const stateOf = async (kernel: TestKernel, id: number) =>
  (await progress(kernel.db.read, id)).state;

const sendingOf = async (kernel: TestKernel, id: number) =>
  (await progress(kernel.db.read, id)).counts.sending;

/** Nothing on its way, and the same a little later. */
async function calm(kernel: TestKernel, id: number): Promise<void> {
  let last = '';
  await until(async () => {
    const { counts, state } = await progress(kernel.db.read, id);
    const now = JSON.stringify([counts, state, await attemptsOf(kernel, id)]);
    const isCalm = now === last && counts.sending <= 1;
    last = now;
    await sleep(60);
    return isCalm;
  }, 'it is calm');
}

/** Lets time pass until everything is settled; answers how much did. */
async function live(kernel: TestKernel, id: number, sender: Sender): Promise<number> {
  const start = kernel.clock.now().getTime();
  for (let tries = 0; tries < 200; tries += 1) {
    if (['sent', 'cancelled'].includes(await stateOf(kernel, id))) {
      return kernel.clock.now().getTime() - start;
    }
    kernel.clock.advance(seconds(10));
    sender.wake();
    await sleep(25);
    // On a busy machine the clock would run ahead of the sender. What waits for its turn is claimed for longer.
    for (let waited = 0; waited < 10 && (await sendingOf(kernel, id)) > 0; waited += 1) {
      await sleep(25);
    }
  }
  throw new Error('It never ended.');
}

const copiesTo = ({ taken }: ScriptedRelay, address: string) =>
  taken.filter(({ to }) => to === address).map(({ raw }) => raw);

interface Row {
  /** State, whether the attempt counted, and how long it waits. */
  row: [state: 'queued' | 'failed', charged: 0 | 1, waits: number];
  /** What the attempt log calls it. */
  outcome: string;
  /** Whether the others' mail goes out in the same moment. */
  othersGo: boolean;
  /** Whether the desk is told that the relay is down. */
  down?: true;
  pausedBecause?: string;
  quarantined?: true;
  /** Copies that the relay takes in the end. */
  copies?: 0 | 1 | 2;
  /** The line waits in real time before it knocks again. */
  rests?: true;
}

const ended: Row = { row: ['failed', 1, 0], outcome: 'failed', othersGo: true, copies: 0 };
const later: Row = { row: ['queued', 1, minutes(1)], outcome: 'retry', othersGo: true };
const cutShort: Row = { ...later, outcome: 'ambiguous' };
const maybe: Row = { ...cutShort, copies: 2 };
const busy: Row = { row: ['queued', 0, seconds(30)], outcome: 'relay_busy', othersGo: false };
const down: Row = { ...busy, outcome: 'relay_down', down: true };
const turnedAway: Row = { ...down, rests: true };
const refused: Row = {
  row: ['queued', 0, 0],
  outcome: 'content_refused',
  othersGo: false,
  pausedBecause: 'content_refused',
};

const rows: [string, Step, Part | string, Row][] = [
  ['RCPT 550: no such mailbox', 'RCPT', '550 5.1.1 unknown', { ...ended, quarantined: true }],
  ['RCPT 550: disabled', 'RCPT', '550 5.2.1 disabled', { ...ended, quarantined: true }],
  ['RCPT 552: full, which is soft', 'RCPT', '552 5.2.2 mailbox full', ended],
  ['RCPT 451: greylisting', 'RCPT', '451 4.7.1 Greylisted, come back', later],
  ['RCPT 452: full for now', 'RCPT', '452 4.2.2 over quota', later],
  ['RCPT 450: unusual rate', 'RCPT', '450 4.7.28 unusual rate', { ...later, othersGo: false }],
  ['RCPT 550: authentication (Outlook)', 'RCPT', '550 5.7.515 access denied', refused],
  ['RCPT 550: authentication (Gmail)', 'RCPT', '550 5.7.26 unauthenticated', refused],
  ['421 at the greeting', 'connect', { say: '421 4.3.2 later', cut: true }, turnedAway],
  ['421 at EHLO', 'EHLO', { say: '421 4.3.2 later', cut: true }, turnedAway],
  ['421 at MAIL', 'MAIL', { say: '421 4.7.0 too fast', cut: true }, busy],
  ['421 at RCPT', 'RCPT', { say: '421 4.7.0 too fast', cut: true }, busy],
  ['421 at DATA', 'DATA', { say: '421 4.7.0 too fast', cut: true }, busy],
  ['421 after the dot', 'dot', { say: '421 4.7.0 too fast', cut: true }, busy],
  ['454 after the dot: throttling (SES)', 'dot', '454 Throttling failure: rate exceeded', busy],
  ['451 after the dot', 'dot', '451 4.3.0 try later', later],
  ['554 after the dot: content', 'dot', '554 5.7.1 looks like spam', refused],
  ['550 after the dot: no such mailbox', 'dot', '550 5.1.1 no', { ...ended, quarantined: true }],
  ['MAIL 451', 'MAIL', '451 4.3.0 try later', busy],
  ['MAIL 550: our sender address', 'MAIL', '550 5.1.8 no such domain', refused],
  ['a wrong password', 'AUTH', '535 5.7.8 no', down],
  ['a cut at the greeting', 'connect', { cut: true }, down],
  ['a cut at RCPT', 'RCPT', { cut: true }, down],
  ['a cut within the message', 'within', { cut: true }, cutShort],
  ['a cut after the message was taken', 'dot', { takes: true, cut: true }, maybe],
  ['nonsense after the message was taken', 'dot', { takes: true, say: 'fine' }, maybe],
];

/** What it looks like while the fault is fresh and the clock stands still. */
async function expectAftermath(
  { kernel, relay }: Awaited<ReturnType<typeof place>>,
  id: number,
  expected: Row,
): Promise<void> {
  const [state, attempts, waits] = expected.row;
  const row = await rowOf(kernel, id);
  expect(row).toMatchObject({ state, attempts });
  if (state === 'queued' && !expected.pausedBecause) {
    expect(row.nextAt.getTime() - kernel.clock.now().getTime()).toBe(waits);
  }
  const [attempt] = await attemptsOf(kernel, id);
  expect(attempt).toMatchObject({ outcome: expected.outcome, recipientId: row.recipientId });
  await until(async () => (await isUp(kernel)) === !expected.down, 'the desk knows');
  const [notification] = await kernel.db.read.select().from(notifications);
  const because = expected.pausedBecause ?? null;
  expect(notification?.pausedBecause).toBe(because);
  expect(notification?.state === 'paused').toBe(because !== null);
  const events = (await eventsOf(kernel, id)).filter(({ kind }) => kind === 'notification.paused');
  expect(events).toMatchObject(because === null ? [] : [{ reason: because }]);
  const gone = others.filter((address) => copiesTo(relay, address).length > 0);
  expect(gone).toEqual(expected.othersGo ? others : []);
}

/** How it ends: everybody's mail arrived as often as it may, the same to the byte, and only the guilty is blamed. */
async function expectEnd(
  { kernel, relay }: Awaited<ReturnType<typeof place>>,
  id: number,
  { row: [state], copies = 1, quarantined }: Row,
): Promise<void> {
  const states = await statesOf(kernel, id);
  expect(states[victim]).toBe(state === 'failed' ? 'failed' : 'sent');
  expect(copiesTo(relay, victim)).toHaveLength(copies);
  expect(new Set(copiesTo(relay, victim)).size).toBeLessThanOrEqual(1);
  for (const address of others) {
    expect(states[address]).toBe('sent');
    expect(copiesTo(relay, address)).toHaveLength(1);
    expect((await subscriberOf(kernel, address)).state).toBe('confirmed');
  }
  const expected = quarantined ? 'quarantined' : 'confirmed';
  expect((await subscriberOf(kernel, victim)).state).toBe(expected);
  const guilty = await idOf(kernel, victim);
  const blamed = (await attemptsOf(kernel, id)).map(({ recipientId }) => recipientId);
  expect(new Set(blamed)).toEqual(new Set([guilty]));
}

/** A mailer whose first message fails like this; `takes` when the relay got it all the same. */
function failingOnce(mailer: Mailer, failure: Partial<Failure>, takes = false): Mailer {
  let failed = false;
  const nothing = { code: null, responseCode: null, command: 'CONN', reply: '' };
  return {
    ...mailer,
    openLine() {
      const line = mailer.openLine();
      return {
        ...line,
        async send(mail) {
          const isFirst = !failed;
          failed = true;
          if (!isFirst || takes) {
            const accepted = await line.send(mail);
            if (!isFirst) return accepted;
          }
          throw new SendError({ ...nothing, bodyStarted: takes, ...failure });
        },
      };
    },
  };
}

describe('one delivery meets', () => {
  it.each(rows)('%s', async (_, step, part, expected) => {
    const here = await place(victim, ...others);
    const { kernel, relay, incident } = here;
    if (step === 'AUTH') relay.offer('AUTH PLAIN');
    relay.play(step, part, 1);
    const url = step === 'AUTH' ? relay.url.replace('//', '//jane:secret@') : relay.url;
    const sender = open(kernel, mailerTo(url, oneLine));
    const id = await release(kernel, incident.id);
    await attempted(kernel, id, 1);
    await calm(kernel, id);
    await expectAftermath(here, id, expected);
    if (expected.pausedBecause) await resume(kernel, systemActor, id);
    if (expected.rests) await sleep(3100);
    const took = await live(kernel, id, sender);
    expect(took).toBeLessThanOrEqual(minutes(5));
    await expectEnd(here, id, expected);
    expect(await isUp(kernel)).toBe(true);
  });

  it.each<[string, Partial<Failure>, boolean, Row]>([
    ['silence at the greeting', { code: 'ETIMEDOUT' }, false, down],
    ['a host that is not known', { code: 'EDNS' }, false, down],
    ['encryption that is missing', { code: 'ETLS' }, false, down],
    ['silence after the dot', { code: 'ETIMEDOUT' }, true, maybe],
  ])('%s', async (_, failure, takes, expected) => {
    const here = await place(victim, ...others);
    const { kernel, relay, incident } = here;
    const sender = open(kernel, failingOnce(mailerTo(relay.url, oneLine), failure, takes));
    const id = await release(kernel, incident.id);
    await attempted(kernel, id, 1);
    await calm(kernel, id);
    await expectAftermath(here, id, expected);
    await live(kernel, id, sender);
    await expectEnd(here, id, expected);
  });
});

/** Times of the attempts, counted from the first, in minutes. */
async function scheduleOf(kernel: TestKernel, id: number) {
  const times = (await attemptsOf(kernel, id)).map(({ at }) => at.getTime());
  return times.map((at) => Math.round((at - (times[0] ?? 0)) / minutes(1)));
}

/** Goes from one due time to the next until there is none. */
async function persist(kernel: TestKernel, id: number, sender: Sender): Promise<void> {
  for (let tries = 1; tries < 60; tries += 1) {
    await attempted(kernel, id, tries);
    await until(async () => (await rowOf(kernel, id)).state !== 'sending', 'it is marked');
    const { state, nextAt } = await rowOf(kernel, id);
    if (state !== 'queued') return;
    kernel.clock.advance(nextAt.getTime() - kernel.clock.now().getTime());
    sender.wake();
  }
}

describe('one delivery meets again and again', () => {
  it('greylisting: 1, 5, 15, 30 minutes, then each hour, until it is let in', async () => {
    const { kernel, relay, incident } = await place(victim);
    relay.play('RCPT', '451 4.7.1 Greylisted, come back', 6);
    const sender = open(kernel, mailerTo(relay.url, oneLine));
    const id = await release(kernel, incident.id);
    for (let tries = 1; tries <= 6; tries += 1) {
      await attempted(kernel, id, tries);
      const { attempts, nextAt } = await rowOf(kernel, id);
      expect(attempts).toBe(tries);
      kernel.clock.advance(nextAt.getTime() - kernel.clock.now().getTime());
      sender.wake();
    }
    await until(async () => (await stateOf(kernel, id)) === 'sent', 'it is sent');
    expect(await scheduleOf(kernel, id)).toEqual([0, 1, 6, 21, 51, 111]);
    expect(copiesTo(relay, victim)).toHaveLength(1);
    expect((await subscriberOf(kernel, victim)).state).toBe('confirmed');
  });

  it('greylisting without end: tries for a day, then ends; nobody is quarantined for it', async () => {
    const { kernel, relay, incident } = await place(victim);
    relay.play('RCPT', '451 4.7.1 Greylisted, come back');
    const sender = open(kernel, mailerTo(relay.url, oneLine));
    const id = await release(kernel, incident.id);
    await persist(kernel, id, sender);
    expect((await statesOf(kernel, id))[victim]).toBe('failed');
    const times = await scheduleOf(kernel, id);
    expect(times.at(-1)).toBeGreaterThan(22 * 60);
    expect(times.at(-1)).toBeLessThan(hours(24) / minutes(1));
    expect((await subscriberOf(kernel, victim)).state).toBe('confirmed');
  });

  it('cuts after the dot: eight copies at most, all the same to the byte (F-11)', async () => {
    const { kernel, relay, incident } = await place(victim);
    relay.play('dot', { takes: true, cut: true });
    const sender = open(kernel, mailerTo(relay.url, oneLine));
    const id = await release(kernel, incident.id);
    await persist(kernel, id, sender);
    expect(copiesTo(relay, victim)).toHaveLength(8);
    expect(new Set(copiesTo(relay, victim)).size).toBe(1);
    expect((await attemptsOf(kernel, id)).map(({ outcome }) => outcome)).toEqual(
      Array.from({ length: 8 }, () => 'ambiguous'),
    );
    expect((await subscriberOf(kernel, victim)).state).toBe('confirmed');
  });

  it('a cut before the message: for as long as it lasts nothing is charged', async () => {
    const { kernel, relay, incident } = await place(victim, ...others);
    relay.play('RCPT', { cut: true }, 12);
    const sender = open(kernel, mailerTo(relay.url, oneLine));
    const id = await release(kernel, incident.id);
    await live(kernel, id, sender);
    for (const address of [victim, ...others]) {
      expect(copiesTo(relay, address)).toHaveLength(1);
    }
    const made = await kernel.db.read.select().from(deliveries);
    expect(made.map(({ attempts }) => attempts)).toEqual([1, 1, 1, 1]);
  });
});
