// The limits as the relay sees them: whatever it counts in any window, at its own times, is within them.
import { describe, expect, it } from 'vitest';
import type { RelayLimits } from '../../src/config/relays.ts';
import { createLimiter, type Limiter } from '../../src/delivery/limiter.ts';
import type { Usage } from '../../src/delivery/limits-rules.ts';
import { addUsage, forgetUsage, readUsage } from '../../src/delivery/usage-store.ts';
import { days, hours, minutes, plus, seconds } from '../../src/shared/clock.ts';
import { type TestClock, testClock, testKernel } from '../support/kernel.ts';

const none: RelayLimits = {
  perSecond: null,
  perHour: null,
  perDay: null,
  perConnection: null,
  perDomainPerMinute: null,
};

interface Trial {
  limits: Partial<RelayLimits>;
  connections: number;
  /** Of the whole trial. */
  length: number;
  /** The sender dies then, and another begins within half a second. */
  crashAt?: number;
  domains?: string[];
  /** A relay's answer takes up to this long. */
  slowest?: number;
  seed?: number;
}

interface Acceptance {
  at: number;
  domain: string;
}

/** The same numbers from 0 to 1 for the same seed. */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

/** What happens when, on a clock that jumps from one event to the next. */
function createTimeline(clock: TestClock) {
  const events: { at: number; run: () => void }[] = [];
  return {
    in(milliseconds: number, run: () => void) {
      const at = clock.monotonic() + Math.ceil(milliseconds);
      events.splice(events.findLastIndex((event) => event.at <= at) + 1, 0, { at, run });
    },
    runFor(length: number) {
      const end = clock.monotonic() + length;
      for (let next = events.shift(); next && next.at < end; next = events.shift()) {
        clock.advance(next.at - clock.monotonic());
        next.run();
      }
    },
  };
}

/** Sends as fast as it may, and tells what the relay accepted when. */
function tryOut({ limits, connections, length, crashAt, slowest = 60, ...more }: Trial) {
  const { domains = ['example.com'], seed = 1 } = more;
  const random = numbersFrom(seed);
  const clock = testClock();
  const timeline = createTimeline(clock);
  const accepted: Acceptance[] = [];
  const stored = new Map<string, Usage>();
  let run = 0;

  function start(maybeSent: number): void {
    const past = [...stored.values()];
    const mine = { ...none, ...limits };
    const limiter = createLimiter({ relay: 'r', limits: mine, clock, past, maybeSent });
    run += 1;
    const sender = { run, limiter, inFlight: 0, unmarked: 0 };
    for (let lane = 0; lane < connections; lane += 1) sendOn(sender);
    const left = (crashAt ?? Infinity) - (clock.monotonic() - began);
    if (left > 0 && left < length) timeline.in(left, () => crash(sender));
  }

  function sendOn(sender: { run: number; limiter: Limiter; inFlight: number; unmarked: number }) {
    if (sender.run !== run) return;
    const domain = domains[Math.floor(random() * domains.length)] ?? '';
    const wait = sender.limiter.begin(domain);
    if (wait > 0) {
      timeline.in(wait, () => sendOn(sender));
      return;
    }
    sender.inFlight += 1;
    const isTaken = random() > 0.1;
    timeline.in(2 + random() * (slowest / 2), () => {
      // Also what a sender gave that is dead by now.
      if (isTaken) accepted.push({ at: clock.monotonic(), domain });
      timeline.in(2 + random() * (slowest / 2), () => {
        if (sender.run !== run) return;
        sender.inFlight -= 1;
        if (isTaken) sender.limiter.accepted(domain);
        else sender.limiter.ended(domain);
        sender.unmarked += 1;
        timeline.in(random() * 10, () => sender.run === run && mark(sender));
        sendOn(sender);
      });
    });
  }

  /** Usage is stored with the marks of those that came out. */
  function mark(sender: { limiter: Limiter; unmarked: number }): void {
    sender.unmarked = 0;
    for (const row of sender.limiter.drainUsage()) {
      const name = `${row.slice} ${row.key}`;
      stored.set(name, { ...row, accepted: (stored.get(name)?.accepted ?? 0) + row.accepted });
    }
  }

  function crash({ inFlight, unmarked }: { inFlight: number; unmarked: number }): void {
    run += 1;
    timeline.in(random() * 500, () => start(inFlight + unmarked));
  }

  const began = clock.monotonic();
  start(0);
  timeline.runFor(length);
  return accepted;
}

/** The most that any window of this length holds. */
function mostWithin(times: number[], span: number): number {
  let most = 0;
  for (let first = 0, last = 0; last < times.length; last += 1) {
    while ((times[last] ?? 0) - (times[first] ?? 0) >= span) first += 1;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

const timesOf = (accepted: Acceptance[], domain?: string) =>
  accepted.filter((one) => domain === undefined || one.domain === domain).map(({ at }) => at);

describe.each([1, 5, 20, 50])('over %i connections', (connections) => {
  it.each<[string, Partial<RelayLimits>, number, number, number]>([
    ['a second', { perSecond: 20 }, 20, seconds(1), seconds(60)],
    ['one a second', { perSecond: 1 }, 1, seconds(1), minutes(3)],
    ['an hour', { perHour: 3000 }, 3000, hours(1), hours(4)],
    ['24 hours', { perDay: 2000 }, 2000, days(1), days(4)],
  ])('no window holds more than allowed: %s', (_, limits, limit, span, length) => {
    const accepted = tryOut({ limits, connections, length });
    expect(mostWithin(timesOf(accepted), span)).toBeLessThanOrEqual(limit);
    // Nor does it stand idle for nothing.
    expect(accepted.length).toBeGreaterThan(0.8 * limit * (length / span));
  });

  it.each<[string, Partial<RelayLimits>, number, number, number]>([
    ['a second', { perSecond: 20 }, 20, seconds(1), seconds(20)],
    ['an hour', { perHour: 3000 }, 3000, hours(1), hours(2)],
    ['24 hours', { perDay: 2000 }, 2000, days(1), days(2)],
  ])('nor across a crash and a restart: %s', (_, limits, limit, span, length) => {
    const crashes = [0.001, 0.01, 0.1, 0.3, 0.5, 0.77].map((part) => Math.ceil(part * length));
    // In the first seconds of a long window there is most to lose.
    for (const [seed, crashAt] of [...crashes, 700, 1500, 3000].entries()) {
      const accepted = tryOut({ limits, connections, length, crashAt, seed });
      const most = mostWithin(timesOf(accepted), span);
      expect(most, `crash at ${crashAt}`).toBeLessThanOrEqual(limit);
    }
  });

  it('nor with a relay that takes its time', () => {
    const slow = { limits: { perSecond: 10 }, connections, slowest: 4000, length: seconds(120) };
    expect(mostWithin(timesOf(tryOut(slow)), seconds(1))).toBeLessThanOrEqual(10);
  });

  it('all limits hold at once, and for each recipient domain', () => {
    const limits = { perSecond: 10, perHour: 1000, perDay: 2000, perDomainPerMinute: 50 };
    const domains = ['a.test', 'b.test', 'b.test', 'b.test', 'b.test'];
    const trial = { limits, connections, domains, length: hours(3) };
    for (const crashAt of [minutes(1), minutes(61.5)]) {
      const accepted = tryOut({ ...trial, crashAt });
      const all = timesOf(accepted);
      expect(mostWithin(all, seconds(1))).toBeLessThanOrEqual(10);
      expect(mostWithin(all, hours(1))).toBeLessThanOrEqual(1000);
      expect(mostWithin(all, days(1))).toBeLessThanOrEqual(2000);
      for (const domain of ['a.test', 'b.test']) {
        expect(mostWithin(timesOf(accepted, domain), minutes(1))).toBeLessThanOrEqual(50);
      }
      expect(all.length).toBeGreaterThan(1500);
    }
  });
});

const opened = (limits: Partial<RelayLimits> = {}, past: Usage[] = []) => {
  const clock = testClock();
  return {
    clock,
    limiter: createLimiter({ relay: 'r', limits: { ...none, ...limits }, clock, past }),
  };
};

/** How long one waits who finds a full hour's worth in this slice. */
const waitAfter = (slice: number) =>
  opened({ perHour: 9 }, [{ key: 'r', slice, accepted: 9 }]).limiter.wait();

describe('the limiter', () => {
  it('lets everything through where there is no limit', () => {
    const { limiter } = opened();
    for (let n = 0; n < 10_000; n += 1) expect(limiter.begin('example.com')).toBe(0);
    expect(limiter.wait()).toBe(0);
  });

  it('counts what is on its way, and not what was refused', () => {
    const { limiter } = opened({ perHour: 2 });
    expect([1, 2, 3].map(() => limiter.begin('a.test') > 0)).toEqual([false, false, true]);
    limiter.ended('a.test');
    expect(limiter.begin('a.test')).toBe(0);
    limiter.accepted('a.test');
    limiter.accepted('a.test');
    expect(limiter.begin('a.test')).toBeGreaterThan(minutes(59));
    expect(limiter.perMinute()).toBe(2);
  });

  it('holds back one domain and not the others', () => {
    const { limiter, clock } = opened({ perDomainPerMinute: 1 });
    expect(limiter.begin('A.test')).toBe(0);
    limiter.accepted('A.test');
    const wait = limiter.begin('a.test');
    expect(wait).toBeGreaterThanOrEqual(minutes(1));
    expect([limiter.wait(), limiter.begin('b.test')]).toEqual([0, 0]);
    clock.advance(wait);
    expect(limiter.begin('a.test')).toBe(0);
  });

  it('gives those it holds back their turns one after another, none of them too far away', () => {
    const { limiter } = opened({ perDomainPerMinute: 2 });
    for (let n = 0; n < 2; n += 1) limiter.begin('a.test');
    for (let n = 0; n < 2; n += 1) limiter.accepted('a.test');
    const waits = Array.from({ length: 20 }, () => limiter.begin('a.test'));
    const first = waits[0] ?? 0;
    expect(waits.slice(0, 4)).toEqual([0, 30, 60, 90].map((later) => first + seconds(later)));
    expect(Math.max(...waits)).toBe(minutes(5));
  });

  it('counts what a crash left open against every domain, for as long as it may matter', () => {
    const clock = testClock();
    const limits = { ...none, perDomainPerMinute: 3 };
    const limiter = createLimiter({ relay: 'r', limits, clock, maybeSent: 2 });
    expect([1, 2].map(() => limiter.begin('a.test') > 0)).toEqual([false, true]);
    clock.advance(seconds(70));
    expect([1, 2, 3].map(() => limiter.begin('b.test') > 0)).toEqual([false, false, false]);
  });

  it('follows limits that a person changes, counting what was before', () => {
    const { limiter } = opened();
    for (let n = 0; n < 5; n += 1) {
      limiter.begin('a.test');
      limiter.accepted('a.test');
    }
    limiter.setLimits({ ...none, perDay: 5 });
    expect(limiter.wait()).toBeGreaterThan(hours(23));
    limiter.setLimits({ ...none, perDay: 6 });
    expect(limiter.wait()).toBe(0);
  });

  it('takes what an earlier run stored into account, but no clock that was set back', () => {
    const now = testClock().monotonic();
    expect(waitAfter(now - hours(2))).toBe(0);
    expect(waitAfter(now - minutes(30))).toBe(minutes(31));
    expect(waitAfter(now + days(30))).toBeLessThanOrEqual(minutes(61));
  });

  it('goes on evenly when the clock is changed', () => {
    const started = testClock();
    let shift = 0;
    const clock = { monotonic: () => started.monotonic(), now: () => plus(started.now(), shift) };
    const limiter = createLimiter({ relay: 'r', limits: { ...none, perSecond: 1 }, clock });
    limiter.begin('a.test');
    limiter.accepted('a.test');
    shift = -days(1);
    expect(limiter.wait()).toBeLessThanOrEqual(1050);
    shift = days(1);
    expect(limiter.wait()).toBeGreaterThanOrEqual(1000);
  });
});

/** Messages begun in each of the next minutes, each answered at once. */
function sentPerMinute(limiter: Limiter, clock: TestClock, count: number): number[] {
  return Array.from({ length: count }, () => {
    let sent = 0;
    for (let second = 0; second < 600; second += 1) {
      // At most a hundred a second are there to be sent.
      for (let n = 0; n < 10 && limiter.begin('a.test') === 0; n += 1) {
        limiter.accepted('a.test');
        sent += 1;
      }
      clock.advance(100);
    }
    return sent;
  });
}

describe('a relay that asks for less', () => {
  it('gets none at first, then half as much, then a little more each minute until it is as before', () => {
    const clock = testClock();
    const limiter = createLimiter({ relay: 'r', limits: none, clock });
    expect(sentPerMinute(limiter, clock, 1)).toEqual([6000]);
    limiter.slowDown();
    expect(limiter.wait()).toBe(seconds(5));
    clock.advance(seconds(5));
    const after = sentPerMinute(limiter, clock, 16);
    expect(after[0]).toBeGreaterThan(2900);
    expect(after[0]).toBeLessThan(3200);
    // Of a hundred a second, five more each minute.
    expect((after[5] ?? 0) - (after[4] ?? 0)).toBeGreaterThan(250);
    expect((after[5] ?? 0) - (after[4] ?? 0)).toBeLessThan(350);
    expect(after.slice(0, 8).every((sent) => sent < 5900)).toBe(true);
    expect(after[15]).toBe(6000);
  });

  it('is heard once when all lines are told at the same time, and again later', () => {
    const clock = testClock();
    const limiter = createLimiter({ relay: 'r', limits: none, clock });
    sentPerMinute(limiter, clock, 1);
    for (let line = 0; line < 50; line += 1) limiter.slowDown();
    clock.advance(seconds(5));
    const [half = 0] = sentPerMinute(limiter, clock, 1);
    limiter.slowDown();
    clock.advance(seconds(5));
    const [quarter = 0] = sentPerMinute(limiter, clock, 1);
    expect(half).toBeGreaterThan(2900);
    expect(quarter / half).toBeCloseTo(0.57, 1);
  });

  it('starts from its limit where it has one, and is never left alone altogether', () => {
    const clock = testClock();
    const limiter = createLimiter({ relay: 'r', limits: { ...none, perSecond: 4 }, clock });
    limiter.slowDown();
    clock.advance(seconds(5));
    expect(sentPerMinute(limiter, clock, 1)[0]).toBeLessThan(130);
    for (let n = 0; n < 20; n += 1) {
      limiter.slowDown();
      clock.advance(seconds(10));
    }
    expect(sentPerMinute(limiter, clock, 1)[0]).toBeGreaterThanOrEqual(11);
  });
});

describe('stored usage', () => {
  it('adds up, is read per relay with its domains, and is forgotten', async () => {
    const kernel = await testKernel();
    const now = kernel.clock.now();
    const at = (age: number) => now.getTime() - age;
    const row = (key: string, age: number, accepted = 1) => ({ key, slice: at(age), accepted });
    await kernel.db.write((tx) =>
      addUsage(tx, [
        row('mail.test:25', minutes(2), 5),
        row('mail.test:25', minutes(2), 7),
        row('mail.test:25', days(2)),
        row('mail.test:25\na.test', seconds(30)),
        row('mail.test:25\na.test', minutes(10)),
        row('mail.test:250', seconds(30)),
        row('mail.test:25 two', seconds(30)),
      ]),
    );
    const read = (since: number) => readUsage(kernel.db.read, 'mail.test:25', plus(now, -since));
    expect(await read(days(1))).toEqual([
      row('mail.test:25\na.test', minutes(10)),
      row('mail.test:25', minutes(2), 12),
      row('mail.test:25\na.test', seconds(30)),
    ]);
    await kernel.db.write((tx) => forgetUsage(tx, now));
    expect((await read(days(9))).map(({ key, accepted }) => [key, accepted])).toEqual([
      ['mail.test:25', 12],
      ['mail.test:25\na.test', 1],
    ]);
  });

  it('carries limits from one run to the next', async () => {
    const kernel = await testKernel();
    const { clock, db } = kernel;
    const limits = { ...none, perHour: 3, perDomainPerMinute: 2 };
    const first = createLimiter({ relay: 'r 1', limits, clock });
    for (const domain of ['a.test', 'a.test', 'b.test']) {
      first.begin(domain);
      first.accepted(domain);
    }
    await db.write((tx) => addUsage(tx, first.drainUsage()));
    expect(first.drainUsage()).toEqual([]);
    const past = await readUsage(db.read, 'r 1', plus(clock.now(), -days(1)));
    const next = createLimiter({ relay: 'r 1', limits, clock, past });
    expect(next.wait()).toBeGreaterThanOrEqual(hours(1));
    next.setLimits({ ...limits, perHour: null });
    expect([next.wait(), next.begin('b.test')]).toEqual([0, 0]);
    expect(next.begin('a.test')).toBeGreaterThanOrEqual(minutes(1));
  });
});
