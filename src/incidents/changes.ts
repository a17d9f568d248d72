// Changing an incident without a new update: its words corrected, its details, its holder, its visibility.
import type { Kernel } from '../db/kernel.ts';
import type { Tx } from '../db/tx.ts';
import { append } from '../events/service.ts';
import type { Actor, NewEvent } from '../events/types.ts';
import { cancelFor } from '../notifications/lifecycle.ts';
import { AppError } from '../shared/errors.ts';
import { changeDraft, draftsOf } from './draft-store.ts';
import { accountOf, findIncident, findUpdate } from './find.ts';
import { type Changes, conflict, recompute } from './recompute.ts';
import { countRevisions, hideUpdates, replaceWords, saveCommsLead } from './store.ts';
import type { CorrectionInput, DetailsInput, IncidentRow } from './types.ts';

/** Replaces an update's words, keeping what they were. Its id, state and time stay. */
export async function correctUpdate(
  kernel: Kernel,
  actor: Actor,
  incidentPublicId: string,
  updatePublicId: string,
  { body, revision }: CorrectionInput,
): Promise<void> {
  await kernel.db.write(async (tx) => {
    const incident = await findIncident(tx, incidentPublicId);
    const update = await findUpdate(tx, incident, updatePublicId);
    const corrections = await countRevisions(tx, update.id);
    if (revision !== undefined && revision !== corrections) {
      throw new AppError('conflict', 'Someone else corrected this update meanwhile.');
    }
    if (body === update.body) return;
    await replaceWords(tx, update, body, kernel.clock.now(), accountOf(actor));
    await recompute(tx, kernel, actor, incident);
    await append(tx, kernel.clock, actor, {
      kind: 'update.corrected',
      subject: 'incident_update',
      subjectId: update.id,
      incidentId: incident.id,
      isPublic: update.isPublic,
      data: { update: update.publicId, before: update.body, after: body },
    });
  });
}

/** Changes title, severity, target or impact over version `version`; each is told on the timeline. */
export async function changeDetails(
  kernel: Kernel,
  actor: Actor,
  incidentPublicId: string,
  version: number | undefined,
  input: DetailsInput,
): Promise<void> {
  await kernel.db.write(async (tx) => {
    const before = await atVersion(tx, incidentPublicId, version);
    const changes = detailChanges(before, input);
    if (Object.keys(changes).length === 0) return;
    const after = await recompute(tx, kernel, actor, before, changes);
    await recordDetails(tx, kernel, actor, before, after);
  });
}

const detailNames = ['title', 'severity', 'targetMinutes', 'impactOverride'] as const;

/** What of `input` differs from the incident as it is. */
export function detailChanges(before: IncidentRow, input: DetailsInput): Changes {
  const changed = detailNames.filter(
    (name) => input[name] !== undefined && input[name] !== before[name],
  );
  return Object.fromEntries(changed.map((name) => [name, input[name]]));
}

const detailEvents: Record<(typeof detailNames)[number], string> = {
  title: 'incident.title_changed',
  severity: 'incident.severity_changed',
  targetMinutes: 'incident.target_changed',
  impactOverride: 'incident.impact_changed',
};

/** An event for each detail that changed. */
export async function recordDetails(
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  before: IncidentRow,
  after: IncidentRow,
): Promise<void> {
  for (const name of detailNames.filter((detail) => before[detail] !== after[detail])) {
    await append(tx, kernel.clock, actor, {
      ...about(detailEvents[name], after),
      isPublic: after.visibility === 'public',
      data: { before: before[name], after: after[name] },
    });
  }
}

/** The acting person takes the communications lead from whoever holds it. */
export async function takeCommsLead(
  kernel: Kernel,
  actor: Actor,
  incidentPublicId: string,
): Promise<void> {
  const accountId = accountOf(actor);
  if (accountId === null) {
    throw new AppError('forbidden', 'Only a person with an account can take the lead.');
  }
  await kernel.db.write(async (tx) => {
    const incident = await findIncident(tx, incidentPublicId);
    if (incident.commsLeadId === accountId) return;
    await saveCommsLead(tx, incident.id, accountId);
    await append(tx, kernel.clock, actor, {
      ...about('incident.comms_lead_taken', incident),
      data: { before: incident.commsLeadId, after: accountId },
    });
  });
}

/**
 * Takes a public incident back inside: its updates, what they said of components, its promise and
 * whatever of its mail has not gone out. What was public once stays in the record alone.
 */
export async function retract(
  kernel: Kernel,
  actor: Actor,
  incidentPublicId: string,
  version: number | undefined,
): Promise<void> {
  await kernel.db.write(async (tx) => {
    const before = await atVersion(tx, incidentPublicId, version);
    if (before.visibility === 'private') return;
    await hideUpdates(tx, before.id);
    const hidden = { visibility: 'private', publishedAt: null } as const;
    const after = await recompute(tx, kernel, actor, before, hidden);
    await takeBackMail(tx, kernel, actor, after);
    await append(tx, kernel.clock, actor, {
      ...about('incident.retracted', before),
      isPublic: true,
      data: { publishedAt: before.publishedAt },
    });
  });
}

/** Ends its drafts, and cancels what has been released and not gone out. */
async function takeBackMail(
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  { id, updatedAt }: IncidentRow,
): Promise<void> {
  const ended = {
    state: 'cancelled',
    reason: 'The incident was made private.',
    updatedAt,
  } as const;
  for (const draft of await draftsOf(tx, id)) {
    if (draft.state === 'draft') await changeDraft(tx, draft.id, draft.version, ended);
    if (draft.notificationId !== null) {
      await cancelFor(tx, kernel, draft.notificationId, { reason: 'retracted' }, actor);
    }
  }
}

async function atVersion(
  tx: Tx,
  publicId: string,
  version: number | undefined,
): Promise<IncidentRow> {
  const incident = await findIncident(tx, publicId);
  if (version !== undefined && version !== incident.version) throw conflict();
  return incident;
}

const about = (kind: string, incident: IncidentRow): NewEvent => ({
  kind,
  subject: 'incident',
  subjectId: incident.id,
  incidentId: incident.id,
});
