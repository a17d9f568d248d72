// Keeps a relay's limits. A message may begin while those on their way and those accepted within the window are
// together fewer than the limit. Of the messages that a relay accepts within any window, the last to begin saw all
// the others as one or the other: so no window holds more than the limit, however long the relay takes to answer.
import type { RelayLimits } from '../config/relays.ts';
import { type Clock, hours, minutes, seconds } from '../shared/clock.ts';
import {
  addTo,
  domainKey,
  domainOf,
  emptyWindow,
  recentRate,
  relayKey,
  sliceOf,
  slices,
  untilRoom,
  type Usage,
  usedOf,
  type Window,
} from './limits-rules.ts';
import { createPace } from './pace.ts';

export interface Limiter {
  /** Milliseconds until the relay may be given another message; 0: now. */
  wait(): number;
  /**
   * Takes a place for a message to `domain` and answers 0; or answers how many milliseconds such a message
   * must wait, for its domain or because another took the relay's last place since `wait`.
   */
  begin(domain: string): number;
  /** Gives the place back: the relay took the message, or may have. */
  accepted(domain: string): void;
  /** Gives the place back: the relay did not take it. */
  ended(domain: string): void;
  /** The relay asked for less. */
  slowDown(): void;
  setLimits(limits: RelayLimits): void;
  /** Messages accepted in the last minute. */
  perMinute(): number;
  /** What was accepted since this was last asked, to be stored with `addUsage`. */
  drainUsage(): Usage[];
}

interface Parts {
  /** The relay's name. */
  relay: string;
  limits: RelayLimits;
  clock: Clock;
  /** What it accepted before this run, from `readUsage`. */
  past?: readonly Usage[];
  /** Messages that an earlier run had on their way when it died. */
  maybeSent?: number;
}

/** For so long after a crash the relay may still be taking what it was given. */
const aftermath = seconds(2);
/** Messages a second, where nothing is known of a relay's speed but that it is asked for less. */
const guessedRate = 10;

export function createLimiter({ relay, limits, clock, past = [], maybeSent = 0 }: Parts): Limiter {
  // From what the clock showed at the start time goes on evenly, whatever is done to the clock.
  const offset = clock.now().getTime() - clock.monotonic();
  const time = () => clock.monotonic() + offset;
  const start = time();
  const windows = {
    second: emptyWindow(seconds(1), slices.second),
    minute: emptyWindow(minutes(1), slices.minute),
    hour: emptyWindow(hours(1), slices.long),
    day: emptyWindow(hours(24), slices.long),
  };
  const domains = createDomains(start, maybeSent);
  const undrained = new Map<string, Usage>();
  const pace = createPace();
  let inFlight = 0;

  function recall(): void {
    for (const { key, slice, accepted: count } of past) {
      // After a clock was set back, what lies in the future counts as of now.
      const at = Math.min(slice, start);
      const domain = domainOf(key);
      if (domain !== undefined) addTo(domains.windowOf(domain, start), at, count);
      else for (const window of [windows.hour, windows.day]) addTo(window, at, count);
    }
    if (maybeSent > 0) {
      for (const window of Object.values(windows)) addTo(window, start + aftermath, maybeSent);
    }
    // Seconds are not stored: where the last ones may have seen mail, another passes without.
    const justNow = past.some(({ slice }) => slice + slices.long + seconds(1) > start);
    if (justNow && limits.perSecond !== null) addTo(windows.second, start, limits.perSecond);
  }

  function wait(now = time()): number {
    const { perSecond, perHour, perDay } = limits;
    return Math.max(
      pace.wait(now),
      untilRoom(windows.second, perSecond, inFlight, now),
      untilRoom(windows.hour, perHour, inFlight, now),
      untilRoom(windows.day, perDay, inFlight, now),
    );
  }

  function begin(name: string): number {
    const now = time();
    const domain = name.toLowerCase();
    const held = wait(now) || domains.turnOf(domain, limits.perDomainPerMinute, now);
    if (held > 0) return Math.ceil(held);
    inFlight += 1;
    domains.began(domain);
    pace.began(now);
    return 0;
  }

  function ended(name: string): void {
    inFlight -= 1;
    domains.ended(name.toLowerCase());
  }

  function accepted(name: string): void {
    const now = time();
    for (const window of Object.values(windows)) addTo(window, now, 1);
    note(relayKey(relay), sliceOf(now, slices.long));
    if (limits.perDomainPerMinute !== null) {
      const domain = name.toLowerCase();
      addTo(domains.windowOf(domain, now), now, 1);
      note(domainKey(relay, domain), sliceOf(now, slices.domain));
    }
    ended(name);
  }

  function note(key: string, slice: number): void {
    const name = `${slice} ${key}`;
    const known = undrained.get(name);
    if (known) known.accepted += 1;
    else undrained.set(name, { key, slice, accepted: 1 });
  }

  recall();
  return {
    wait: () => Math.ceil(wait()),
    begin,
    accepted,
    ended,
    slowDown() {
      const measured = recentRate(windows.minute, time());
      pace.slowDown(time(), Math.min(limits.perSecond ?? Infinity, measured || guessedRate));
    },
    setLimits: (changed) => void (limits = changed),
    perMinute: () => usedOf(windows.minute, time()),
    drainUsage() {
      const rows = [...undrained.values()];
      undrained.clear();
      return rows;
    },
  };
}

/** A limit may be raised, or the relay changed: nobody is sent away for longer at once. */
const longestTurn = minutes(5);

/** What each recipient domain has been given. Windows are kept while there is a limit for them and something in them. */
function createDomains(start: number, maybeSent: number) {
  const inFlight = new Map<string, number>();
  const windows = new Map<string, Window>();
  /** When the last of those who were sent away may come back. */
  const lastTurns = new Map<string, number>();
  let sweptAt = start;

  function windowOf(domain: string, now: number): Window {
    sweep(now);
    const known = windows.get(domain);
    if (known) return known;
    const made = emptyWindow(minutes(1), slices.domain);
    // Nobody knows where the messages of a crash went: it may have been any domain.
    if (maybeSent > 0 && now < start + minutes(2)) addTo(made, start + aftermath, maybeSent);
    windows.set(domain, made);
    return made;
  }

  function sweep(now: number): void {
    if (now < sweptAt + minutes(1)) return;
    sweptAt = now;
    for (const [domain, window] of windows) if (usedOf(window, now) === 0) windows.delete(domain);
    for (const [domain, turn] of lastTurns) if (turn <= now) lastTurns.delete(domain);
  }

  /**
   * Milliseconds until a message to the domain may begin; 0: now. Who is sent away gets a turn behind the
   * others: a hundred thousand that came back together would all but one be sent away again.
   */
  function turnOf(domain: string, limit: number | null, now: number): number {
    if (limit === null) return 0;
    const wait = untilRoom(windowOf(domain, now), limit, inFlight.get(domain) ?? 0, now);
    if (wait === 0) return 0;
    const behind = (lastTurns.get(domain) ?? -Infinity) + minutes(1) / limit;
    const turn = Math.min(Math.max(now + wait, behind), now + Math.max(wait, longestTurn));
    lastTurns.set(domain, turn);
    return turn - now;
  }

  return {
    windowOf,
    turnOf,
    began: (domain: string) => void inFlight.set(domain, (inFlight.get(domain) ?? 0) + 1),
    ended(domain: string) {
      const left = (inFlight.get(domain) ?? 1) - 1;
      if (left > 0) inFlight.set(domain, left);
      else inFlight.delete(domain);
    },
  };
}
