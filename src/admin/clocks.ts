// A running clock as screens show it: text for those without script, instants for the script that ticks.
import { clockState, clockWords } from '../cadence/rules.ts';
import { minutes } from '../shared/clock.ts';
import { duration, utcClock, utcShort } from '../shared/time.ts';

export interface ClockFace {
  tone: 'calm' | 'soon' | 'due' | 'overdue';
  /** ISO instant of the promise. */
  due: string;
  /** `15:00 UTC`, with the day when it is not today. */
  dueText: string;
  /** `12 min left`, `overdue by 3 min`. */
  words: string;
  /** The big figure and what stands under it. */
  value: string;
  label: string;
}

export function clockFace(due: Date, now: Date): ClockFace {
  const clock = clockState(now, due);
  const whole = minutes(Math.ceil(clock.remaining / minutes(1)));
  return {
    tone: clock.phase,
    due: due.toISOString(),
    dueText: nearTime(due, now),
    words: clockWords(clock),
    value: duration(Math.abs(whole)),
    label: clock.remaining <= 0 ? 'overdue' : 'left',
  };
}

/** `15:00 UTC` today, `23 Nov, 15:00 UTC` on any other day. */
const nearTime = (at: Date, now: Date) =>
  at.toISOString().slice(0, 10) === now.toISOString().slice(0, 10) ? utcClock(at) : utcShort(at);

/** `4 min ago`, `just now` */
export function ago(at: Date, now: Date): string {
  const passed = now.getTime() - at.getTime();
  return passed < minutes(1) ? 'just now' : `${duration(passed)} ago`;
}
