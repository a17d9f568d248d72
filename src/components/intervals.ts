// The record of what a component showed, as spans without gaps: writing into its past. Pure.
import { type ComponentStatus, componentStatuses, worse } from '../shared/words.ts';

/** A piece of a record; only the last one may be open (`endedAt` null). */
export interface Interval {
  status: ComponentStatus;
  startedAt: Date;
  endedAt: Date | null;
}

/** A stretch of time in a status. */
export interface Span {
  from: Date;
  to: Date;
  status: ComponentStatus;
}

/**
 * The record (oldest first, without gaps) as it is once `span` is told: the worse of what it showed
 * and what the span says. A span from before the record's beginning lengthens it; what lies between
 * the two was operational. Nothing is added past the end of a record that is closed.
 */
export function overlay(record: readonly Interval[], { from, to, status }: Span): Interval[] {
  const first = record[0];
  if (!first || from >= to) return [...record];
  const earlier: Interval[] =
    from < first.startedAt
      ? [{ status: 'operational', startedAt: from, endedAt: first.startedAt }]
      : [];
  return merged(
    [...earlier, ...record].flatMap((piece) =>
      split(piece, from, to).map((part) =>
        part.startedAt >= from && part.startedAt < to
          ? { ...part, status: worse(componentStatuses, part.status, status) }
          : part,
      ),
    ),
  );
}

/** A piece cut where a span begins and ends inside it. */
function split(piece: Interval, from: Date, to: Date): Interval[] {
  const isInside = (at: Date) =>
    at > piece.startedAt && (piece.endedAt === null || at < piece.endedAt);
  const starts = [piece.startedAt, ...[from, to].filter(isInside)];
  return starts.map((startedAt, i) => ({
    ...piece,
    startedAt,
    endedAt: starts[i + 1] ?? piece.endedAt,
  }));
}

/** Neighbours of the same status become one; pieces without length vanish. */
export function merged(record: readonly Interval[]): Interval[] {
  const result: Interval[] = [];
  for (const piece of record) {
    if (piece.endedAt !== null && piece.endedAt <= piece.startedAt) continue;
    const last = result.at(-1);
    if (last && last.status === piece.status) last.endedAt = piece.endedAt;
    else result.push({ ...piece });
  }
  return result;
}

/** What updates said of components, each at its time; a later one replaces what it names. */
export interface Told {
  at: Date;
  statuses: ReadonlyMap<string, ComponentStatus>;
}

/**
 * The spans in which each component was worse than operational, as the updates (oldest first) told it,
 * until `end`. A time that lies before the one before it counts as the same moment.
 */
export function spansTold(updates: readonly Told[], end: Date): Map<string, Span[]> {
  const spans = new Map<string, Span[]>();
  const now = new Map<string, ComponentStatus>();
  const times: Date[] = [];
  for (const { at } of updates) times.push(latest(times.at(-1) ?? at, at));
  for (const [i, { statuses }] of updates.entries()) {
    for (const [code, status] of statuses) now.set(code, status);
    const from = times[i] ?? end;
    const to = earliest(times[i + 1] ?? end, end);
    for (const [code, status] of now) {
      if (status === 'operational' || from >= to) continue;
      const ofCode = spans.get(code) ?? [];
      const last = ofCode.at(-1);
      if (last && last.status === status && last.to.getTime() === from.getTime()) last.to = to;
      else ofCode.push({ from, to, status });
      spans.set(code, ofCode);
    }
  }
  return spans;
}

const latest = (a: Date, b: Date) => (a > b ? a : b);
const earliest = (a: Date, b: Date) => (a < b ? a : b);
