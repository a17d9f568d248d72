// Writing into the past of a component's record: what it showed before anybody wrote it down here.
import type { Kernel } from '../db/kernel.ts';
import type { Tx } from '../db/tx.ts';
import { append } from '../events/service.ts';
import type { Actor } from '../events/types.ts';
import type { ComponentStatus } from '../shared/words.ts';
import { type Interval, overlay, type Span } from './intervals.ts';
import {
  beginningOf,
  dropIntervals,
  insertIntervals,
  intervalsTouching,
  moveCreation,
} from './past-store.ts';

/**
 * Tells that a component was `status` within a span of the past: its record then shows the worse of
 * what it had and this. Up to now only; what it shows at present stays. Answers whether anything changed.
 */
export const overlayPast = (
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  componentId: number,
  { from, to }: { from: Date; to: Date },
  status: ComponentStatus,
): Promise<boolean> => overlaySpans(tx, kernel, actor, componentId, [{ from, to, status }]);

/** The same for many spans at once, under one event. */
export async function overlaySpans(
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  componentId: number,
  spans: readonly Span[],
): Promise<boolean> {
  const now = kernel.clock.now();
  const told: Span[] = [];
  for (const span of spans) {
    const past = { ...span, to: span.to > now ? now : span.to };
    if (await overlayOne(tx, componentId, past)) told.push(past);
  }
  if (told.length === 0) return false;
  await append(tx, kernel.clock, actor, {
    kind: 'component.past_told',
    subject: 'component',
    subjectId: componentId,
    isPublic: true,
    data: { spans: told.slice(0, 20), count: told.length },
  });
  return true;
}

async function overlayOne(tx: Tx, componentId: number, span: Span): Promise<boolean> {
  const { from, to } = span;
  if (from >= to) return false;
  const beginning = await beginningOf(tx, componentId);
  if (!beginning) return false;
  // Neighbours are read too, because equal ones become one.
  const until = to > beginning ? to : beginning;
  const before = await intervalsTouching(tx, componentId, from, until);
  const after = overlay(before, span);
  if (same(before, after)) return false;
  await dropIntervals(
    tx,
    before.map((interval) => interval.id),
  );
  await insertIntervals(tx, componentId, after);
  if (from < beginning) await moveCreation(tx, componentId, from);
  return true;
}

const same = (a: readonly Interval[], b: readonly Interval[]) =>
  a.length === b.length &&
  a.every((one, i) => {
    const other = b[i];
    return (
      one.status === other?.status &&
      one.startedAt.getTime() === other.startedAt.getTime() &&
      one.endedAt?.getTime() === other.endedAt?.getTime()
    );
  });
