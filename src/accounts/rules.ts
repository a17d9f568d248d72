// What each role may do, when a session ends, how long a guesser waits. Pure: no database, no clock.
import { days, hours, minutes, plus, seconds } from '../shared/clock.ts';
import type { Role } from '../shared/words.ts';

const allCapabilities = ['read', 'speak', 'approve', 'configure'] as const;
export type Capability = (typeof allCapabilities)[number];

export const capabilities: Record<Role, readonly Capability[]> = {
  viewer: ['read'],
  comms_lead: ['read', 'speak'],
  approver: ['read', 'approve'],
  admin: allCapabilities,
};

export const can = (role: Role, capability: Capability) => capabilities[role].includes(capability);

/** A session ends after 12 idle hours and after 7 days in all (S-11). */
export const sessionIdle = hours(12);
export const sessionLife = days(7);
/** A session's last use is written down at most this often. */
export const seenEvery = minutes(1);

export const sessionEnded = (session: { createdAt: Date; seenAt: Date }, now: Date) =>
  now >= plus(session.seenAt, sessionIdle) || now >= plus(session.createdAt, sessionLife);

/** Wrong tries on one account from one network before it has to wait (S-03). */
const triesAllowed = 5;
/** How long wrong tries are remembered after the last of them. */
export const triesKept = days(1);
/** Wrong tries from one network, whatever the account, within `networkWindow` (S-04). */
export const networkTriesAllowed = 30;
export const networkWindow = minutes(10);

const firstWait = seconds(30);
const longestWait = minutes(15);

/** Milliseconds to wait after the newest of `tries` wrong ones: none, then 30 s doubling to 15 min. */
export function waitAfter(tries: number): number {
  if (tries < triesAllowed) return 0;
  return Math.min(longestWait, firstWait * 2 ** Math.min(tries - triesAllowed, 10));
}
