// A relay that is away for ten minutes, and one that is slow: nobody is charged, it is asked rarely, and mail goes
// on by itself.
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { deliveries } from '../../src/db/schema.ts';
import { createSender } from '../../src/delivery/sender.ts';
import type { Mailer, OutgoingMail } from '../../src/delivery/types.ts';
import { progress } from '../../src/notifications/service.ts';
import { minutes, seconds } from '../../src/shared/clock.ts';
import { addSubscribers, attemptsOf, makeIncident, release } from '../notifications/fixtures.ts';
import { onEnd, testKernel, type TestKernel } from '../support/kernel.ts';
import { type ScriptedRelay, scriptedRelay, type Step } from '../support/scripted-relay.ts';
import { composerOf, isUp, mailerTo, settled, until } from './fixtures.ts';

const lanes = 5;
const names = (count: number) =>
  Array.from({ length: count }, (_, i) => `s${String(i).padStart(3, '0')}@example.com`);

interface Watch {
  /** When each message was handed to a line, in seconds of the test's clock. */
  tries: number[];
  underWay: number;
  mostUnderWay: number;
  /** Milliseconds that lines had a message, all together. */
  busy: number;
}

/** The mailer, and what its lines are given. */
function watched(mailer: Mailer, kernel: TestKernel) {
  const start = kernel.clock.now().getTime();
  const watch: Watch = { tries: [], underWay: 0, mostUnderWay: 0, busy: 0 };
  const openLine = () => {
    const line = mailer.openLine();
    return {
      ...line,
      async send(mail: OutgoingMail) {
        const began = performance.now();
        watch.tries.push((kernel.clock.now().getTime() - start) / seconds(1));
        watch.underWay += 1;
        watch.mostUnderWay = Math.max(watch.mostUnderWay, watch.underWay);
        try {
          return await line.send(mail);
        } finally {
          watch.underWay -= 1;
          watch.busy += performance.now() - began;
        }
      },
    };
  };
  return { watch, mailer: { ...mailer, openLine } };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'], shouldAdvanceTime: true });
  onEnd(() => vi.useRealTimers());
});

async function place(subscribers: number, lines = lanes) {
  const kernel = await testKernel();
  const relay = await scriptedRelay();
  await addSubscribers(kernel, ...names(subscribers));
  const incident = await makeIncident(kernel);
  const { watch, mailer } = watched(mailerTo(relay.url, `maxConnections=${lines}`), kernel);
  const config = { webhookAllow: [] };
  const composer = composerOf(kernel);
  const sender = createSender({ kernel, config, mailers: [mailer], composer, random: () => 0.5 });
  onEnd(() => void sender.stop(0).catch(() => {}));
  return { kernel, relay, incident, sender, watch, tries: watch.tries };
}

type Place = Awaited<ReturnType<typeof place>>;

/**
 * Lets `duration` pass in steps of two seconds, on the sender's clock and for its timers. Sockets go on in real
 * time, in which each step gives the sender its chance.
 */
async function pass({ kernel, watch }: Place, duration: number): Promise<void> {
  for (let passed = 0; passed < duration; passed += seconds(2)) {
    kernel.clock.advance(seconds(2));
    await vi.advanceTimersByTimeAsync(seconds(2));
    await sleep(20);
    for (let waited = 0; waited < 10 && watch.underWay > 0; waited += 1) await sleep(10);
  }
}

/** Lets time pass until everything is sent. */
async function passUntilSent(here: Place, id: number): Promise<void> {
  for (let rounds = 0; rounds < 100; rounds += 1) {
    if ((await progress(here.kernel.db.read, id)).state === 'sent') return;
    await pass(here, seconds(10));
  }
}

async function expectEachOnce({ kernel, relay }: Place, id: number, count: number): Promise<void> {
  await settled(kernel, id);
  const { counts } = await progress(kernel.db.read, id);
  expect(counts).toMatchObject({ sent: count, failed: 0 });
  expect(relay.taken.map(({ to }) => to).toSorted()).toEqual(names(count));
  const rows = await kernel.db.read.select().from(deliveries);
  expect(new Set(rows.map(({ attempts }) => attempts))).toEqual(new Set([1]));
}

/** Seconds between one try and the next, from when it was noticed. */
function gapsOf(tries: number[]): number[] {
  const later = tries.filter((at) => at > 0);
  return later.map((at, i) => at - (later[i - 1] ?? 0));
}

const outages: [string, (relay: ScriptedRelay) => unknown, (relay: ScriptedRelay) => unknown][] = [
  ['refuses connections', (relay) => relay.goAway(), (relay) => relay.comeBack()],
  [
    'cuts every line at once',
    (relay) => {
      relay.play('connect', { cut: true });
      relay.cutAll();
    },
    (relay) => relay.play('connect', '220 relay.test', Infinity),
  ],
  [
    'greets with 421',
    (relay) => {
      relay.play('connect', { say: '421 4.3.2 closed for now', cut: true });
      relay.cutAll();
    },
    (relay) => relay.play('connect', '220 relay.test', Infinity),
  ],
];

describe.each(outages)('a relay that %s for ten minutes', { timeout: 60_000 }, (_, away, back) => {
  it('is asked less than once a second, charges nobody, and goes on within 30 s', async () => {
    const here = await place(60);
    const { kernel, relay, incident, sender, tries } = here;
    await away(relay);
    sender.start();
    const id = await release(kernel, incident.id);
    await until(async () => !(await isUp(kernel)), 'it is noticed');
    await pass(here, minutes(10));

    expect((await progress(kernel.db.read, id)).counts).toMatchObject({ sent: 0, failed: 0 });
    expect(relay.connections()).toBeLessThanOrEqual(tries.length);
    // What was on its way, then one after ten seconds and one each thirty (F-08).
    expect(tries.length).toBeLessThanOrEqual(lanes + 1 + 590 / 30 + 1);
    expect(tries.length).toBeGreaterThan(6);
    const [first = 0, ...others] = gapsOf(tries);
    expect(first).toBeGreaterThanOrEqual(10);
    expect(Math.min(...others)).toBeGreaterThanOrEqual(30);
    const outcomes = (await attemptsOf(kernel, id)).map(({ outcome }) => outcome);
    expect(new Set(outcomes)).toEqual(new Set(['relay_down']));

    await back(relay);
    await pass(here, seconds(30));
    await until(() => relay.taken.length > 0, 'it has gone on');
    await until(() => isUp(kernel), 'the desk knows');
    await passUntilSent(here, id);
    await expectEachOnce(here, id, 60);
  });
});

describe('a relay that says 421 to every message for ten minutes', { timeout: 60_000 }, () => {
  it('is fed slower and slower, charges nobody, and goes on by itself', async () => {
    const here = await place(30);
    const { kernel, relay, incident, sender, tries } = here;
    relay.play('MAIL', { say: '421 4.7.0 too much from you', cut: true });
    sender.start();
    const id = await release(kernel, incident.id);
    await pass(here, minutes(10));
    expect(tries.length).toBeLessThan(600);
    const late = tries.filter((at) => at > 300);
    expect(late.length).toBeGreaterThan(10);
    expect(late.length).toBeLessThan(100);
    expect((await progress(kernel.db.read, id)).counts).toMatchObject({ sent: 0, failed: 0 });

    relay.play('MAIL', '250 2.1.0 ok');
    await pass(here, seconds(30));
    await until(() => relay.taken.length > 0, 'it has gone on');
    await passUntilSent(here, id);
    await expectEachOnce(here, id, 30);
  });
});

describe('an outage in the middle', { timeout: 60_000 }, () => {
  it('neither loses nor doubles what the others had got already', async () => {
    const here = await place(100);
    const { kernel, relay, incident, sender } = here;
    sender.start();
    const id = await release(kernel, incident.id);
    await until(() => relay.taken.length >= 20, 'it flows');
    // Nothing is between a message's end and its answer: the next ones are turned away before they begin.
    relay.play('MAIL', { cut: true });
    await until(async () => !(await isUp(kernel)), 'it is noticed');
    await pass(here, minutes(3));
    const before = relay.taken.length;
    expect(before).toBeLessThan(100);
    relay.play('MAIL', '250 2.1.0 ok');
    await pass(here, seconds(30));
    await until(() => relay.taken.length > before, 'it has gone on');
    await passUntilSent(here, id);
    await expectEachOnce(here, id, 100);
  });
});

describe('a relay that takes its time for each answer (F-09)', () => {
  it('is kept busy on every line: four beat 0.3 messages a second at three seconds an answer', async () => {
    const here = await place(32, 4);
    const { kernel, relay, incident, sender, watch } = here;
    const answers: [Step, string][] = [
      ['connect', '220 relay.test'],
      ['MAIL', '250 2.1.0 ok'],
      ['RCPT', '250 2.1.5 ok'],
      ['DATA', '354 go on'],
      ['dot', '250 2.0.0 queued'],
    ];
    for (const [step, say] of answers) relay.play(step, { say, after: 50 });
    sender.start();
    const began = performance.now();
    const id = await release(kernel, incident.id);
    await until(() => relay.taken.length === 32, 'all are out');
    const elapsed = performance.now() - began;
    await expectEachOnce(here, id, 32);

    // A message is four answers: 4 lines / (4 × 3 s) = 0.33 a second, if they are all at work all the time.
    expect(relay.said.filter((line) => /^(MAIL|RCPT|DATA)/.test(line))).toHaveLength(3 * 32);
    expect(relay.connections()).toBe(4);
    expect(watch.mostUnderWay).toBe(4);
    expect(watch.busy / (4 * elapsed)).toBeGreaterThan(0.6);
  });
});
