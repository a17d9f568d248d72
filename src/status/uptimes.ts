// Each component's 90 days: those that are over, as they are kept, and today, read anew.
import type { Reader } from '../db/tx.ts';
import type { UptimeWeights } from '../settings/types.ts';
import { byKey } from './arrange.ts';
import type { Memory } from './memory.ts';
import {
  idsOf,
  type PastDays,
  reaches,
  readPastDays,
  recordStart,
  toStretch,
  toTouch,
} from './past-days.ts';
import type { ComponentRow } from './store.ts';
import type { PublicDay, PublicUptime } from './types.ts';
import { spentPerDay, toPublicDay, type Touch, touchesOf, upShare } from './uptime.ts';
import {
  intervalsSince,
  maintenanceTouches,
  type PublicEventRow,
  touchesOfIncidents,
} from './uptime-store.ts';

export interface UptimeRequest {
  zone: string;
  /** The calendar day in the zone. */
  today: string;
  /** Time counts up to here. */
  at: Date;
  components: ComponentRow[];
  weights: UptimeWeights;
}

/** The uptimes of these components, by their public ids. */
export async function readUptimes(
  reader: Reader,
  { zone, today, at, components, weights }: UptimeRequest,
  known: { memory: Memory; news: PublicEventRow[] },
): Promise<Map<string, PublicUptime>> {
  const { past, alive } = await readPastDays(reader, { zone, today, components }, known);
  const intervals = byKey(
    await intervalsSince(reader, idsOf(components), past.todayFrom),
    (row) => row.componentId,
  );
  const touches = byKey(
    [
      ...(await touchesOfIncidents(reader, alive.incidents)).map(toTouch('incident')),
      ...(await maintenanceTouches(reader, alive.maintenances)).map(toTouch('maintenance')),
    ],
    (touch) => touch.componentId,
  );
  const todayOnly = past.bounds.slice(-1);
  return new Map(
    components.map((component) => {
      const since = recordStart(zone, component);
      const stretches = (intervals.get(component.id) ?? []).map(toStretch);
      const [spent = {}] = spentPerDay(stretches, todayOnly, since, at.getTime());
      const living = (touches.get(component.id) ?? []).filter(reaches(since));
      const days = withLiving(past, component.id, spent, living);
      const share = upShare(
        days.map((day) => day.spent),
        weights,
      );
      return [component.publicId, { componentId: component.publicId, days, share }];
    }),
  );
}

/** All days with what may still change about them. */
function withLiving(
  { bounds, ofComponent }: PastDays,
  componentId: number,
  todaySpent: PublicDay['spent'],
  living: Touch[],
): PublicDay[] {
  const known = ofComponent.get(componentId);
  return bounds.map((day, i) => {
    const kept = known?.touches[i] ?? [];
    const more = touchesOf(living, day);
    const touches = more.length === 0 ? kept : touchesOf([...kept, ...more], day);
    const isToday = i === bounds.length - 1;
    return toPublicDay(day.day, isToday ? todaySpent : (known?.spent[i] ?? {}), touches);
  });
}
