// Maintenance brought along from elsewhere, with its words and times. Nobody is notified of it.
import { spansTold } from '../components/intervals.ts';
import { overlaySpans } from '../components/past.ts';
import { componentIdsNamed } from '../components/past-store.ts';
import { applyImpacts } from '../components/service.ts';
import type { Kernel } from '../db/kernel.ts';
import type { AffectedComponent } from '../db/schema.ts';
import type { Tx } from '../db/tx.ts';
import { append } from '../events/service.ts';
import type { Actor } from '../events/types.ts';
import { minutes, plus } from '../shared/clock.ts';
import type { ComponentStatus, MaintenanceState } from '../shared/words.ts';
import {
  insertTold,
  insertToldUpdate,
  replaceToldComponents,
  saveTold,
  saveToldUpdate,
  type ToldMaintenance,
  toldUpdates,
} from './past-store.ts';

export interface PastMaintenanceUpdate {
  publicId: string;
  state: MaintenanceState;
  /** Markdown. */
  body: string;
  affected: AffectedComponent[];
  deliverNotifications: boolean;
  at: Date;
  createdAt: Date;
  updatedAt: Date;
}

export interface PastMaintenance {
  publicId: string;
  title: string;
  scheduledFor: Date;
  scheduledUntil: Date;
  autoStart: boolean;
  autoComplete: boolean;
  /** What each component shows while it runs, by public id. */
  components: ReadonlyMap<string, ComponentStatus>;
  /** Oldest first, at least one. */
  updates: PastMaintenanceUpdate[];
  createdAt: Date;
  updatedAt: Date;
}

/**
 * Writes a maintenance inside the caller's transaction. One that is still to come or under way goes on
 * here, silently; the caller tells the snapshot (an event that is public).
 */
export async function recordPastMaintenance(
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  past: PastMaintenance,
): Promise<void> {
  const derived = outcomeOf(past);
  const maintenance = await insertTold(tx, {
    ...derived,
    publicId: past.publicId,
    title: past.title,
    autoStart: past.autoStart,
    autoComplete: past.autoComplete,
    reminders: [],
    notifies: false,
    rrule: null,
    seriesId: null,
    createdAt: past.createdAt,
    version: 1,
  });
  for (const { at, ...update } of past.updates) {
    const row = { ...update, displayAt: at, maintenanceId: maintenance.id };
    await insertToldUpdate(tx, row);
  }
  await reachComponents(tx, kernel, actor, maintenance, past);
  await note(tx, kernel, actor, 'maintenance.backfilled', maintenance);
}

/** Lets one that was brought along follow where it came from. Its version stays, as nobody changed it here. */
export async function revisePastMaintenance(
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  before: ToldMaintenance,
  past: PastMaintenance,
): Promise<void> {
  const known = new Map((await toldUpdates(tx, before.id)).map((row) => [row.publicId, row.id]));
  for (const { at, ...update } of past.updates) {
    const row = { ...update, displayAt: at };
    const id = known.get(update.publicId);
    if (id === undefined) await insertToldUpdate(tx, { ...row, maintenanceId: before.id });
    else await saveToldUpdate(tx, id, row);
  }
  const changes = { ...outcomeOf(past), title: past.title };
  await saveTold(tx, before.id, changes);
  const after = { ...before, ...changes };
  await reachComponents(tx, kernel, actor, after, past);
  await note(tx, kernel, actor, 'maintenance.followed', after);
}

const note = (tx: Tx, kernel: Kernel, actor: Actor, kind: string, row: ToldMaintenance) =>
  append(tx, kernel.clock, actor, {
    kind,
    subject: 'maintenance',
    subjectId: row.id,
    data: { title: row.title, state: row.state, scheduledFor: row.scheduledFor },
  });

/** What follows from its updates: state, when it truly began, when it was over. */
function outcomeOf(past: PastMaintenance) {
  const newest = past.updates.at(-1);
  if (!newest) throw new Error('A maintenance has at least one update.');
  const began = past.updates.find(({ state }) => state !== 'scheduled' && state !== 'cancelled');
  const { scheduledFor, scheduledUntil } = past;
  return {
    state: newest.state,
    scheduledFor,
    scheduledUntil: scheduledUntil > scheduledFor ? scheduledUntil : plus(scheduledFor, minutes(1)),
    startedAt: began?.at ?? null,
    completedAt: newest.state === 'completed' ? newest.at : null,
    backfilled: newest.state === 'completed' || newest.state === 'cancelled',
    updatedAt: past.updatedAt,
  };
}

async function reachComponents(
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  maintenance: ToldMaintenance,
  past: PastMaintenance,
): Promise<void> {
  // What an announcement says a component will show, it does not show yet.
  const said = past.updates.filter(({ state }) => state !== 'scheduled');
  const told = said.map(({ at, affected }) => ({
    at,
    statuses: new Map(affected.map(({ code, newStatus }) => [code, newStatus])),
  }));
  const spans = spansTold(told, maintenance.completedAt ?? kernel.clock.now());
  const ids = await componentIdsNamed(tx, [
    ...new Set([...past.components.keys(), ...spans.keys()]),
  ]);
  const byId = new Map<number, ComponentStatus>();
  for (const [code, status] of past.components) {
    const id = ids.get(code);
    if (id !== undefined) byId.set(id, status);
  }
  await replaceToldComponents(tx, maintenance.id, byId);
  const runs = maintenance.state === 'in_progress' || maintenance.state === 'verifying';
  const source = { source: 'maintenance', sourceId: maintenance.id } as const;
  await applyImpacts(tx, kernel, actor, source, runs ? byId : new Map());
  for (const [code, ofComponent] of spans) {
    const id = ids.get(code);
    if (id !== undefined) await overlaySpans(tx, kernel, actor, id, ofComponent);
  }
}
