// A component's status follows from its baseline and the impacts on it; the intervals record what it showed.
import type { Kernel } from '../db/kernel.ts';
import type { Tx } from '../db/tx.ts';
import { append } from '../events/service.ts';
import type { Actor } from '../events/types.ts';
import type { ComponentStatus } from '../shared/words.ts';
import { effectiveStatus } from './rules.ts';
import {
  closeInterval,
  componentsById,
  impactsFrom,
  impactsOn,
  openInterval,
  replaceImpacts,
  saveComponent,
  storeStatus,
} from './store.ts';
import type { ComponentRow, ImpactSource } from './types.ts';

/**
 * Replaces what one source says of components (by component id) and lets every status follow.
 * `baselines` are set in the same breath, so that a status handed from an incident to the baseline
 * or back never shows as a change in between.
 */
export async function applyImpacts(
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  source: ImpactSource,
  impacts: ReadonlyMap<number, ComponentStatus>,
  baselines: ReadonlyMap<number, ComponentStatus> = new Map(),
): Promise<void> {
  const before = await impactsFrom(tx, source);
  if (before.length + impacts.size > 0) await replaceImpacts(tx, source, impacts);
  const touched = new Set([
    ...before.map((impact) => impact.componentId),
    ...impacts.keys(),
    ...baselines.keys(),
  ]);
  for (const component of await componentsById(tx, [...touched])) {
    const baseline = baselines.get(component.id) ?? component.baseline;
    if (baseline !== component.baseline) {
      await saveComponent(tx, component, { baseline });
      await append(tx, kernel.clock, actor, {
        kind: 'component.baseline_set',
        subject: 'component',
        subjectId: component.id,
        data: { before: component.baseline, after: baseline },
      });
    }
    await recomputeStatus(tx, kernel, actor, { ...component, baseline });
  }
}

/** Derives a component's status anew; a change is public and begins a new interval. */
export async function recomputeStatus(
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  component: ComponentRow,
): Promise<void> {
  const status = effectiveStatus(component.baseline, await impactsOn(tx, component.id));
  const now = kernel.clock.now();
  if (!(await storeStatus(tx, component.id, status, now))) return;
  await closeInterval(tx, component.id, now);
  await openInterval(tx, component.id, status, now);
  await append(tx, kernel.clock, actor, {
    kind: 'component.status_changed',
    subject: 'component',
    subjectId: component.id,
    isPublic: true,
    data: { before: component.status, after: status },
  });
}

/** Begins the record of what a new component shows. */
export const startShowing = (tx: Tx, component: ComponentRow, at: Date) =>
  openInterval(tx, component.id, component.status, at);

/** Ends the record when a component leaves the page. */
export const stopShowing = (tx: Tx, componentId: number, at: Date) =>
  closeInterval(tx, componentId, at);
