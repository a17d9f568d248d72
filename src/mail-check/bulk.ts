// What the big mailbox providers ask of who sends in bulk, held against the findings; and how long it all takes. Pure.
import type { RelayLimits } from '../config/relays.ts';
import { days, hours, seconds } from '../shared/clock.ts';
import { worst } from './judged.ts';
import type { Finding, FindingId, Verdict } from './types.ts';

/** Mails a day to one provider from which its bulk rules hold; at Gmail for good, once reached. */
export const bulkThreshold = 5000;

export interface Demand {
  what: string;
  /** Who asks for it. */
  by: string;
  verdict: Verdict;
}

const demands: { what: string; by: string; needs: FindingId[] }[] = [
  { what: 'SPF and DKIM both pass', by: 'Gmail, Yahoo, Microsoft', needs: ['spf', 'dkim'] },
  { what: 'DMARC, p=none at least', by: 'Gmail, Yahoo, Microsoft', needs: ['dmarc'] },
  {
    what: 'The From domain is aligned with SPF or DKIM',
    by: 'Gmail, Yahoo, Microsoft',
    needs: ['alignment'],
  },
  {
    what: 'Sending addresses with forward and reverse DNS',
    by: 'Gmail, Yahoo',
    needs: ['reverse'],
  },
  { what: 'Encrypted connections', by: 'Gmail', needs: ['encryption'] },
  { what: 'One-click unsubscribing', by: 'Gmail, Yahoo', needs: ['unsubscribe'] },
  { what: 'From and bounce address take mail', by: 'Microsoft, Yahoo', needs: ['bounces'] },
];

/** Each demand with how it stands. What only the providers see is not among them. */
export const bulkDemands = (findings: Finding[]): Demand[] =>
  demands.map(({ what, by, needs }) => ({
    what,
    by,
    verdict: worst(findings.filter(({ id }) => needs.includes(id)).map(({ verdict }) => verdict)),
  }));

/**
 * Milliseconds until the last of `count` mails is handed over, if the relays took each at once; null where
 * no relay has a limit.
 */
export function finishTime(count: number, relays: RelayLimits[]): number | null {
  const windows = relays.map(windowsOf);
  if (relays.length === 0 || windows.some((one) => one.length === 0)) return null;
  const handedOver = (time: number) =>
    windows.reduce((sum, one) => sum + Math.min(...one.map((window) => within(window, time))), 0);
  if (handedOver(0) >= count) return 0;
  let [low, high] = [0, seconds(1)];
  while (handedOver(high) < count) high *= 2;
  while (high - low > seconds(1)) {
    const middle = (low + high) / 2;
    if (handedOver(middle) >= count) high = middle;
    else low = middle;
  }
  return high;
}

interface Window {
  most: number;
  length: number;
}

function windowsOf({ perSecond, perHour, perDay }: RelayLimits): Window[] {
  const all: [number | null, number][] = [
    [perSecond, seconds(1)],
    [perHour, hours(1)],
    [perDay, days(1)],
  ];
  return all.flatMap(([most, length]) => (most === null ? [] : [{ most, length }]));
}

/** Mails of one window by a time, the first lot at once. */
const within = ({ most, length }: Window, time: number) => most * (Math.floor(time / length) + 1);
