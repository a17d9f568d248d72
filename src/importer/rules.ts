// From the wire's shapes to our own terms: which is an incident, which a maintenance, and what each says. Pure.
import { createHash } from 'node:crypto';
import { derivePast } from '../incidents/past-rules.ts';
import type { PastIncident, PastUpdate } from '../incidents/past-types.ts';
import { severityFromImpact } from '../incidents/rules.ts';
import type { AffectedComponent } from '../incidents/types.ts';
import type { PastMaintenance, PastMaintenanceUpdate } from '../maintenance/past.ts';
import { publicIdPattern } from '../shared/ids.ts';
import {
  type ComponentStatus,
  type Impact,
  impacts,
  incidentStates,
  isOneOf,
  type MaintenanceState,
  maintenanceStates,
} from '../shared/words.ts';
import type { RawIncident, RawUpdate } from './readers.ts';
import type { Told } from './types.ts';
import { wordsFromHtml } from './words.ts';

/** The id it had, where ours look like it; else one that is made of it and the same each time. */
export function keptId(id: string): string {
  if (publicIdPattern.test(id)) return id;
  const letters = '0123456789bcdfghjklmnpqrstvwxyz';
  const digest = createHash('sha256').update(id).digest();
  return [...digest.subarray(0, 12)].map((byte) => letters[byte % letters.length]).join('');
}

const longestTitle = 255;
const titleOf = (name: string) =>
  name.replaceAll(/\s+/g, ' ').trim().slice(0, longestTitle) || 'Untitled';

export const isMaintenance = (raw: RawIncident) =>
  raw.scheduled_for !== undefined ||
  isOneOf(maintenanceStates, raw.status) ||
  raw.incident_updates.some((update) => isOneOf(maintenanceStates, update.status));

// Incidents

/** Undefined where it has no update that can be read. */
export function toPastIncident(raw: RawIncident): Told<PastIncident> | undefined {
  const said = oldestFirst(raw.incident_updates).flatMap((update) => toUpdate(raw.id, update));
  const [first] = said;
  if (!first) return undefined;
  const updates = [withComponents(first, raw), ...said.slice(1), ...postmortemOf(raw)];
  const impact: Impact = isOneOf(impacts, raw.impact) ? raw.impact : 'none';
  const past: Told<PastIncident> = {
    publicId: keptId(raw.id),
    title: titleOf(raw.name),
    severity: severityFromImpact(impact),
    updates,
    counts: true,
    startedAt: raw.started_at ?? raw.created_at,
    createdAt: raw.created_at,
    updatedAt: raw.updated_at ?? updates.at(-1)?.updatedAt ?? raw.created_at,
    resolvedAt: raw.resolved_at,
  };
  return { ...past, impactOverride: overrideOf(past, raw, impact) };
}

/** A person's word over the impact, or what keeps the one it had where ours would come out otherwise. */
function overrideOf(past: PastIncident, raw: RawIncident, impact: Impact): Impact | null {
  if (isOneOf(impacts, raw.impact_override)) return raw.impact_override;
  const said = past.updates.map(({ state, affected = [], at }) => ({
    state,
    affected,
    displayAt: at,
  }));
  return derivePast(past, said).impact === impact ? null : impact;
}

/** Newest first on the wire; those of one moment keep that order, turned round. */
const oldestFirst = (updates: readonly RawUpdate[]) =>
  updates.toReversed().toSorted((a, b) => a.created_at.getTime() - b.created_at.getTime());

type ToldUpdate = PastUpdate & { affected: AffectedComponent[] };

const postmortemHead = '### Post-mortem\n\n';

function toUpdate(owner: string, raw: RawUpdate): ToldUpdate[] {
  const isPostmortem = raw.status === 'postmortem';
  const state = isPostmortem ? 'resolved' : raw.status;
  if (!isOneOf(incidentStates, state)) return [];
  const words = wordsFromHtml(raw.body);
  const body = isPostmortem ? postmortemHead + words : words;
  return [{ ...commonOf(owner, raw), state, body, components: {} }];
}

const commonOf = (owner: string, raw: RawUpdate) => ({
  // One that is not unlike any other, such as a number, is told apart by whose it is.
  publicId: publicIdPattern.test(raw.id) ? raw.id : keptId(`${owner} ${raw.id}`),
  at: raw.display_at ?? raw.created_at,
  createdAt: raw.created_at,
  updatedAt: raw.updated_at ?? raw.created_at,
  affected: affectedOf(raw),
  deliverNotifications: raw.deliver_notifications ?? false,
});

const affectedOf = (raw: RawUpdate): AffectedComponent[] =>
  (raw.affected_components ?? []).map(({ code, name, old_status, new_status }) => ({
    code: keptId(code),
    name,
    oldStatus: old_status ?? 'operational',
    newStatus: new_status ?? 'operational',
  }));

/** Components that belong to it although none of its updates names them: told with the first. */
function withComponents(first: ToldUpdate, raw: RawIncident): ToldUpdate {
  const named = new Set(
    raw.incident_updates.flatMap((update) => affectedOf(update).map(({ code }) => code)),
  );
  const isOpen = raw.status !== 'resolved' && raw.status !== 'postmortem';
  const others = (raw.components ?? []).flatMap(({ id, name, status }): AffectedComponent[] => {
    const code = keptId(id);
    if (named.has(code)) return [];
    const newStatus = (isOpen && status) || 'operational';
    return [{ code, name, oldStatus: 'operational', newStatus }];
  });
  return { ...first, affected: [...first.affected, ...others] };
}

/** A post-mortem that was published and is not among the updates stands as the last word. */
function postmortemOf(raw: RawIncident): ToldUpdate[] {
  const at = raw.postmortem_published_at;
  const body = wordsFromHtml(raw.postmortem_body ?? '');
  if (!at || body === '') return [];
  if (raw.incident_updates.some((update) => update.status === 'postmortem')) return [];
  return [
    {
      publicId: keptId(`${raw.id} postmortem`),
      state: 'resolved',
      body: postmortemHead + body,
      at,
      createdAt: at,
      updatedAt: at,
      components: {},
      affected: [],
      deliverNotifications: false,
    },
  ];
}

// Maintenance

/**
 * Undefined where it has no update that can be read, or no time. What its time went by without is not
 * done by itself here either: whether it was held is for a person to say.
 */
export function toPastMaintenance(raw: RawIncident, now: Date): PastMaintenance | undefined {
  const updates = oldestFirst(raw.incident_updates).flatMap((update): PastMaintenanceUpdate[] => {
    const state = update.status === 'postmortem' ? 'completed' : update.status;
    if (!isOneOf(maintenanceStates, state)) return [];
    return [{ ...commonOf(raw.id, update), state, body: wordsFromHtml(update.body) }];
  });
  const newest = updates.at(-1);
  const scheduledFor = raw.scheduled_for ?? updates[0]?.at;
  if (!newest || !scheduledFor) return undefined;
  const scheduledUntil = raw.scheduled_until ?? newest.at;
  return {
    publicId: keptId(raw.id),
    title: titleOf(raw.name),
    scheduledFor,
    scheduledUntil,
    autoStart: scheduledFor > now && (raw.scheduled_auto_in_progress ?? true),
    autoComplete: scheduledUntil > now && (raw.scheduled_auto_completed ?? false),
    components: shownWhile(raw, updates),
    updates,
    createdAt: raw.created_at,
    updatedAt: raw.updated_at ?? newest.updatedAt,
  };
}

const running: readonly MaintenanceState[] = ['in_progress', 'verifying'];

/** What its components show while it runs: as its updates said then, else under maintenance. */
function shownWhile(
  raw: RawIncident,
  updates: readonly PastMaintenanceUpdate[],
): Map<string, ComponentStatus> {
  const codes = [
    ...(raw.components ?? []).map(({ id }) => keptId(id)),
    ...updates.flatMap(({ affected }) => affected.map(({ code }) => code)),
  ];
  const shown = new Map<string, ComponentStatus>(codes.map((code) => [code, 'under_maintenance']));
  for (const { state, affected } of updates) {
    if (!running.includes(state)) continue;
    for (const { code, newStatus } of affected) shown.set(code, newStatus);
  }
  return shown;
}
