// The end of every change: what follows from an incident's updates is derived anew, saved, and
// handed on to the components.
import { applyImpacts } from '../components/service.ts';
import type { Kernel } from '../db/kernel.ts';
import type { Tx } from '../db/tx.ts';
import type { Actor } from '../events/types.ts';
import { withdrawWarnings } from '../notifications/lifecycle.ts';
import { AppError } from '../shared/errors.ts';
import type { ComponentStatus, Severity } from '../shared/words.ts';
import { derive } from './rules.ts';
import { componentsNamed, replaceStatuses, saidOf, saveIncident } from './store.ts';
import type { IncidentRow } from './types.ts';

/** What a person changes; everything else about an incident is derived. */
export type Changes = Partial<
  Pick<
    IncidentRow,
    'title' | 'severity' | 'visibility' | 'impactOverride' | 'targetMinutes' | 'publishedAt'
  >
>;

/** Saves `changes` over `before` with all that follows. `baselines` go by the component's public id. */
export async function recompute(
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  before: IncidentRow,
  changes: Changes = {},
  baselines: ReadonlyMap<string, ComponentStatus> = new Map(),
): Promise<IncidentRow> {
  const decided = { ...before, ...changes };
  // The column's CHECK allows nothing else.
  const severity = decided.severity as Severity;
  const { statuses, ...derived } = derive({ ...decided, severity }, await saidOf(tx, before.id));
  const updatedAt = kernel.clock.now();
  const after = await saveIncident(tx, before, { ...changes, ...derived, updatedAt });
  if (!after) throw conflict();
  const stillDue = after.nextDueAt?.getTime() === before.nextDueAt?.getTime();
  if (!stillDue) await withdrawWarnings(tx, kernel, after.id);

  const ids = await idsOf(tx, [...statuses.keys(), ...baselines.keys()]);
  const byId = (map: ReadonlyMap<string, ComponentStatus>) =>
    new Map([...map].flatMap(([code, status]) => withId(ids.get(code), status)));
  await replaceStatuses(tx, after.id, byId(statuses));
  const source = { source: 'incident', sourceId: after.id } as const;
  const shown = isOnPage(after) ? byId(statuses) : new Map<number, ComponentStatus>();
  await applyImpacts(tx, kernel, actor, source, shown, byId(baselines));
  return after;
}

export const conflict = () =>
  new AppError(
    'conflict',
    'Someone else changed this incident meanwhile. Yours is not saved: please look at both.',
  );

/** Private incidents never touch a component, and a resolved one lets go of them. */
const isOnPage = ({ visibility, state }: IncidentRow) =>
  visibility === 'public' && state !== 'resolved';

const withId = (id: number | undefined, status: ComponentStatus): [number, ComponentStatus][] =>
  id === undefined ? [] : [[id, status]];

async function idsOf(tx: Tx, publicIds: string[]): Promise<Map<string, number>> {
  const rows = await componentsNamed(tx, publicIds);
  return new Map(rows.map((row) => [row.publicId, row.id]));
}
