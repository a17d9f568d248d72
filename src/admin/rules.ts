// The desk's own rules: how a local time is offered, states that follow each other, words that vary. Pure.
import { nextState } from '../incidents/rules.ts';
import { localTime } from '../shared/local-time.ts';
import { offsetMinutes, utcClock } from '../shared/time.ts';
import type { IncidentState } from '../shared/words.ts';

/** `03:30 in Europe/Amsterdam (UTC+2), 01:30 UTC` */
export function localChoice(zone: string, at: Date): string {
  const offset = offsetMinutes(zone, at);
  const size = Math.abs(offset);
  const rest = size % 60 === 0 ? '' : `:${String(size % 60).padStart(2, '0')}`;
  const sign = offset < 0 ? '−' : '+';
  const ahead = `UTC${sign}${Math.floor(size / 60)}${rest}`;
  return `${localTime(zone, at).slice(11)} in ${zone} (${ahead}), ${utcClock(at)}`;
}

/** What the composer has chosen when it opens: the same state when late, else the next one. */
export const proposedState = (state: IncidentState, late: boolean): IncidentState =>
  late || state === 'resolved' ? state : nextState(state);

const holding: Record<Exclude<IncidentState, 'resolved'>, readonly string[]> = {
  investigating: [
    'We are still investigating. There is nothing new to report yet, and we have not stopped looking.',
    'The investigation goes on. We do not know more than in our last update, and will tell you when we do.',
    'We are still working to find out what is wrong. Nothing has changed for you since our last update.',
    'We continue to investigate. What we said in our last update still holds.',
  ],
  identified: [
    'We are still working on the fix. Nothing has changed for you since our last update.',
    'The work on a fix goes on. There is nothing new to report yet.',
    'We know what is wrong and are still putting it right. What we said in our last update still holds.',
    'The fix is not finished yet. We are still on it, and will tell you when it is in place.',
  ],
  monitoring: [
    'We are still watching the fix. Nothing has changed since our last update.',
    'We continue to monitor, and want to see the fix hold a while longer before we close this.',
    'The fix is in place and we are still watching it closely. There is nothing new to report.',
    'Monitoring goes on. What we said in our last update still holds.',
  ],
};

/** Honest words for when nothing is new; different ones each time around. */
export function holdingWords(state: IncidentState, updatesSoFar: number): string {
  const list = holding[state === 'resolved' ? 'monitoring' : state];
  return list[updatesSoFar % list.length] ?? '';
}
