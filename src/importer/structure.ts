// Writing the page itself: its name, groups and components, under the ids they had elsewhere.
import { type Interval, merged } from '../components/intervals.ts';
import { insertIntervals } from '../components/past-store.ts';
import { archiveComponent } from '../components/service.ts';
import { recomputeStatus } from '../components/status.ts';
import { insertComponent, insertGroup } from '../components/store.ts';
import type { Kernel } from '../db/kernel.ts';
import type { Tx } from '../db/tx.ts';
import { append } from '../events/service.ts';
import type { Actor } from '../events/types.ts';
import { readSettings, saveSettings } from '../settings/service.ts';
import { type ComponentStatus, componentStatuses, worse } from '../shared/words.ts';
import { saidNow } from './compare.ts';
import type { ComponentItem, PagePlan, StructurePlan } from './plan.ts';
import { allGroups, followComponent, followGroup, takePageId } from './store.ts';
import type { Source, SourceComponent } from './types.ts';

/** `kernel` writes inside `tx`. */
export async function applyStructure(
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  source: Source,
  plan: StructurePlan,
): Promise<void> {
  await takeOverPage(tx, kernel, actor, plan.page);
  for (const { publicId, version } of plan.replaced) {
    await archiveComponent(kernel, actor, publicId, version);
  }
  for (const { told, here, fate } of plan.groups) {
    const { id: publicId, position, ...fields } = told;
    const stands = { position: position + plan.shift, archivedAt: null, version: 1 };
    if (fate === 'added') await insertGroup(tx, { ...fields, ...stands, publicId });
    if (fate === 'changed' && here) {
      await followGroup(tx, here.id, { name: told.name, description: told.description });
    }
  }
  const groups = (await allGroups(tx)).filter((row) => !row.archivedAt);
  const idOf = new Map(groups.map((row) => [row.publicId, row.id]));
  const said = saidNow(source);
  for (const item of plan.components) {
    const groupId = idOf.get(item.told.groupId ?? '') ?? null;
    if (item.fate === 'added') {
      const status = worse(
        componentStatuses,
        item.baseline,
        said.get(item.told.id) ?? 'operational',
      );
      const position = item.told.position + (groupId === null ? plan.shift : 0);
      await addComponent(tx, kernel, item, { groupId, position, status }, source.knownSince);
    }
    if (item.fate === 'changed') await follow(tx, kernel, actor, item, groupId);
  }
}

async function takeOverPage(
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  { name, timeZone, pageId }: PagePlan,
): Promise<void> {
  if (name !== undefined || timeZone !== undefined) {
    const now = await readSettings(tx);
    await saveSettings(kernel, actor, now.version, {
      name: name ?? now.name,
      timeZone: timeZone ?? now.timeZone,
      supportContact: now.supportContact,
      targetMinutes: now.targetMinutes,
    });
  }
  if (pageId === undefined) return;
  await takePageId(tx, pageId, kernel.clock.now());
  await append(tx, kernel.clock, actor, {
    kind: 'settings.changed',
    subject: 'settings',
    isPublic: true,
    data: { changed: ['pageId'], after: { pageId } },
  });
}

async function addComponent(
  tx: Tx,
  kernel: Kernel,
  { told, baseline }: ComponentItem,
  place: { groupId: number | null; position: number; status: ComponentStatus },
  knownSince: Date | undefined,
): Promise<void> {
  const { id: publicId, ...fields } = told;
  const row = { ...fields, ...place, publicId, baseline, archivedAt: null, version: 1 };
  const component = await insertComponent(tx, row);
  const now = kernel.clock.now();
  const record = recordOf(told, { baseline, status: place.status, knownSince, now });
  await insertIntervals(tx, component.id, record);
}

/**
 * The record a component starts with. It begins where the source tells all there was: what nobody knows
 * is not green. What an open incident explains is told with that incident.
 */
function recordOf(
  told: SourceComponent,
  known: {
    baseline: ComponentStatus;
    status: ComponentStatus;
    knownSince: Date | undefined;
    now: Date;
  },
): Interval[] {
  const { baseline, status, knownSince, now } = known;
  const inUse = told.startDate ? new Date(`${told.startDate}T00:00:00Z`) : told.createdAt;
  const begins = earliest(latest(inUse, knownSince ?? now), now);
  const since = baseline === 'operational' ? now : latest(begins, earliest(told.updatedAt, now));
  return merged([
    { status: 'operational', startedAt: begins, endedAt: since },
    { status: baseline, startedAt: since, endedAt: now },
    { status, startedAt: now, endedAt: null },
  ]);
}

async function follow(
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  { told, here, baseline }: ComponentItem,
  groupId: number | null,
): Promise<void> {
  if (!here) return;
  const { name, description, showcase, onlyShowIfDegraded, startDate, updatedAt } = told;
  const changes = {
    name,
    description,
    showcase,
    onlyShowIfDegraded,
    startDate,
    groupId,
    baseline,
    updatedAt,
  };
  await followComponent(tx, here.id, changes);
  await recomputeStatus(tx, kernel, actor, { ...here, ...changes });
}

const latest = (a: Date, b: Date) => (a > b ? a : b);
const earliest = (a: Date, b: Date) => (a < b ? a : b);
