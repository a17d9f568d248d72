// Telling of an incident afterwards, or bringing one along from elsewhere. Everything follows from its
// updates by the same rules as of a live one; nobody is notified and no clock runs.
import { overlaySpans } from '../components/past.ts';
import { applyImpacts } from '../components/service.ts';
import type { Kernel } from '../db/kernel.ts';
import type { Tx } from '../db/tx.ts';
import { append } from '../events/service.ts';
import type { Actor } from '../events/types.ts';
import { readSettings } from '../settings/service.ts';
import { AppError } from '../shared/errors.ts';
import type { ComponentStatus } from '../shared/words.ts';
import { accountOf } from './find.ts';
import { earlierResult, keyedRequest, rememberResult } from '../events/idempotency.ts';
import { derivePast, pastFaults, spansOf } from './past-rules.ts';
import { saveTold, saveToldUpdate, updatesInOrder } from './past-store.ts';
import { type ToldRow, toldRows } from './past-told.ts';
import type { PastIncident, PastUpdate } from './past-types.ts';
import {
  componentsNamed,
  incidentById,
  insertIncident,
  insertUpdate,
  replaceStatuses,
} from './store.ts';
import type { IncidentRow } from './types.ts';

/**
 * Records an incident that is over, silently. Throws `invalid` where its times are out of order or lie
 * ahead, where it does not end resolved, or names a component that is not on the page.
 */
export async function recordPast(
  kernel: Kernel,
  actor: Actor,
  past: PastIncident,
  repeatable: { idempotencyKey?: string | undefined; sent?: unknown } = {},
): Promise<IncidentRow> {
  const fields = pastFaults(past, kernel.clock.now());
  if (Object.keys(fields).length > 0) {
    throw new AppError('invalid', 'Please correct the fields below.', { fields });
  }
  const body = { verb: 'past', body: repeatable.sent ?? past };
  const request = keyedRequest(actor, repeatable.idempotencyKey, body);
  return kernel.db.write(async (tx) => {
    const now = kernel.clock.now();
    const earlier = await earlierResult(tx, request, now);
    if (earlier !== undefined) return incidentById(tx, earlier);
    await assertOnPage(tx, past.updates);
    const incident = await insertPast(tx, kernel, actor, past);
    await rememberResult(tx, request, incident.id, now);
    // Not tied to the incident, whose feeds and pages date from then, not from now.
    await append(tx, kernel.clock, actor, {
      kind: 'incidents.past_told',
      subject: 'incident',
      subjectId: incident.id,
      isPublic: true,
      data: { incident: incident.publicId },
    });
    return incident;
  });
}

async function assertOnPage(tx: Tx, updates: readonly PastUpdate[]): Promise<void> {
  const named = [...new Set(updates.flatMap(({ components }) => Object.keys(components)))];
  const known = new Set((await componentsNamed(tx, named)).map((row) => row.publicId));
  const unknown = named.filter((id) => !known.has(id));
  if (unknown.length === 0) return;
  const fields = Object.fromEntries(
    unknown.map((id) => [`components.${id}`, `There is no component ${id}.`]),
  );
  throw new AppError('invalid', 'Some components do not exist.', { fields });
}

/**
 * Writes a past incident inside the caller's transaction, without judging it; one that is still open
 * speaks for its components from now on. The caller tells the snapshot (an event that is public).
 */
export async function insertPast(
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  past: PastIncident,
): Promise<IncidentRow> {
  const now = kernel.clock.now();
  const rows = await toldRows(tx, past);
  const startedAt = past.startedAt ?? rows[0]?.displayAt ?? now;
  const createdAt = past.createdAt ?? startedAt;
  const { statuses, ...derived } = derivePast(past, rows);
  const incident = await insertIncident(tx, {
    ...derived,
    publicId: past.publicId ?? kernel.ids.publicId(),
    title: past.title,
    severity: past.severity,
    visibility: 'public',
    impactOverride: past.impactOverride ?? null,
    targetMinutes: (await readSettings(tx)).targetMinutes,
    commanderId: accountOf(actor),
    commsLeadId: accountOf(actor),
    backfilled: true,
    startedAt,
    publishedAt: createdAt,
    createdAt,
    updatedAt: past.updatedAt ?? rows.at(-1)?.updatedAt ?? createdAt,
    version: 1,
  });
  for (const row of rows) await insertToldUpdate(tx, kernel, actor, incident.id, row);
  await append(tx, kernel.clock, actor, {
    kind: 'incident.backfilled',
    subject: 'incident',
    subjectId: incident.id,
    incidentId: incident.id,
    data: {
      title: incident.title,
      severity: incident.severity,
      startedAt,
      resolvedAt: incident.resolvedAt,
      updates: rows.length,
      counts: past.counts,
    },
  });
  await reachComponents(tx, kernel, actor, incident, { statuses, rows, counts: past.counts });
  return incident;
}

/**
 * Lets an incident that was brought along follow where it came from: words added or changed there, its
 * title, its end. Its version stays, as nobody changed it here.
 */
export async function revisePast(
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  before: IncidentRow,
  past: PastIncident,
): Promise<void> {
  const known = new Map((await updatesInOrder(tx, before.id)).map((row) => [row.publicId, row]));
  for (const row of await toldRows(tx, past)) {
    const old = row.publicId === undefined ? undefined : known.get(row.publicId);
    const { publicId: _, ...told } = row;
    if (old) await saveToldUpdate(tx, old.id, told);
    else await insertToldUpdate(tx, kernel, actor, before.id, row);
  }
  const rows = await updatesInOrder(tx, before.id);
  const { statuses, ...derived } = derivePast(past, rows);
  const after = {
    ...derived,
    title: past.title,
    severity: past.severity,
    impactOverride: past.impactOverride ?? null,
    startedAt: past.startedAt ?? before.startedAt,
    updatedAt: past.updatedAt ?? rows.at(-1)?.updatedAt ?? before.updatedAt,
  };
  await saveTold(tx, before.id, after);
  await append(tx, kernel.clock, actor, {
    kind: 'incident.followed',
    subject: 'incident',
    subjectId: before.id,
    incidentId: before.id,
    data: { state: after.state, updates: rows.length },
  });
  const incident = { ...before, ...after };
  await reachComponents(tx, kernel, actor, incident, { statuses, rows, counts: past.counts });
}

async function insertToldUpdate(
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  incidentId: number,
  { publicId, ...row }: ToldRow,
): Promise<void> {
  await insertUpdate(tx, {
    ...row,
    publicId: publicId ?? kernel.ids.publicId(),
    incidentId,
    isPublic: true,
    nextUpdateBy: null,
    authorId: accountOf(actor),
  });
}

/** What it says of components: to the incident itself, to an open one's components now, and to their record. */
async function reachComponents(
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  incident: IncidentRow,
  told: { statuses: Map<string, ComponentStatus>; rows: readonly ToldLike[]; counts: boolean },
): Promise<void> {
  const now = kernel.clock.now();
  const spans = spansOf(incident.startedAt, told.rows, incident.resolvedAt ?? now);
  const named = [...new Set([...told.statuses.keys(), ...spans.keys()])];
  const ids = new Map((await componentsNamed(tx, named)).map((row) => [row.publicId, row.id]));
  const byId = new Map<number, ComponentStatus>();
  for (const [code, status] of told.statuses) {
    const id = ids.get(code);
    if (id !== undefined) byId.set(id, status);
  }
  await replaceStatuses(tx, incident.id, byId);
  const source = { source: 'incident', sourceId: incident.id } as const;
  await applyImpacts(tx, kernel, actor, source, incident.state === 'resolved' ? new Map() : byId);
  if (!told.counts) return;
  for (const [code, ofComponent] of spans) {
    const id = ids.get(code);
    if (id !== undefined) await overlaySpans(tx, kernel, actor, id, ofComponent);
  }
}

type ToldLike = Pick<ToldRow, 'affected' | 'displayAt'>;
