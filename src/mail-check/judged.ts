// A part of a finding, and how parts come to one verdict. Pure.
import type { RecordToPublish, Verdict } from './types.ts';

export interface Judged {
  verdict: Verdict;
  found: string[];
  advice: string[];
  records?: RecordToPublish[];
}

/** What counts is the worst; not to know is worse than good only. */
export function worst(all: Verdict[]): Verdict {
  const order: Verdict[] = ['good', 'unknown', 'look', 'broken'];
  return order[Math.max(0, ...all.map((one) => order.indexOf(one)))] ?? 'unknown';
}
