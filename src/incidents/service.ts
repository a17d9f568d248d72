// Saying something about an incident: the first words and every update after them. One transaction
// holds the update, what follows from it, the event and the email that belongs to it.
import type { Kernel } from '../db/kernel.ts';
import type { Tx } from '../db/tx.ts';
import { append } from '../events/service.ts';
import type { Actor } from '../events/types.ts';
import { readSettings } from '../settings/service.ts';
import { invalid } from '../shared/errors.ts';
import { accountOf, findIncident } from './find.ts';
import { foreseeDeclared, foreseeUpdated } from './foresee.ts';
import { Overtaken, planMail } from './mail.ts';
import { once, requestOf } from './once.ts';
import { addUpdate } from './publish.ts';
import { conflict } from './recompute.ts';
import { insertIncident } from './store.ts';
import type { DeclareInput, IncidentRow, Published, UpdateInput } from './types.ts';

export { changeDetails, correctUpdate, retract, takeCommsLead } from './changes.ts';

/** Declares an incident with its first update. The declaring person becomes its commander and comms lead. */
export async function declare(
  kernel: Kernel,
  actor: Actor,
  input: DeclareInput,
): Promise<Published> {
  const request = requestOf(actor, 'declare', input);
  const publicId = kernel.ids.publicId();
  return whileOvertaken(async () => {
    const plan = await planMail(kernel, input.email, input.state, () =>
      foreseeDeclared(kernel, publicId, input),
    );
    return once(kernel, request, async (tx) => {
      const incident = await open(tx, kernel, actor, publicId, input);
      return addUpdate(tx, kernel, actor, incident, input, plan);
    });
  });
}

/** Publishes an update of an incident, or keeps it inside when the incident is private. */
export async function publishUpdate(
  kernel: Kernel,
  actor: Actor,
  incidentPublicId: string,
  input: UpdateInput,
): Promise<Published> {
  const request = requestOf(actor, `update ${incidentPublicId}`, input);
  await findIncident(kernel.db.read, incidentPublicId);
  return whileOvertaken(async () => {
    const plan = await planMail(kernel, input.email, input.state, () =>
      foreseeUpdated(kernel, incidentPublicId, input),
    );
    return once(kernel, request, async (tx) => {
      const incident = await findIncident(tx, incidentPublicId);
      if (input.version !== undefined && input.version !== incident.version) throw conflict();
      return addUpdate(tx, kernel, actor, incident, input, plan);
    });
  });
}

/** An incident nobody has said anything about yet: its first update, in the same transaction, makes it what it is. */
async function open(
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  publicId: string,
  input: DeclareInput,
): Promise<IncidentRow> {
  const now = kernel.clock.now();
  if (input.startedAt && input.startedAt > now) {
    throw invalid('startedAt', 'An incident cannot begin in the future.');
  }
  const { title, severity, visibility, impactOverride = null, startedAt = now } = input;
  const incident = await insertIncident(tx, {
    publicId,
    title,
    severity,
    visibility,
    impactOverride,
    startedAt,
    state: 'investigating',
    impact: 'none',
    targetMinutes: input.targetMinutes ?? (await readSettings(tx)).targetMinutes,
    commanderId: accountOf(actor),
    commsLeadId: accountOf(actor),
    publishedAt: visibility === 'public' ? now : null,
    createdAt: now,
    updatedAt: now,
    version: 0,
  });
  await append(tx, kernel.clock, actor, {
    kind: 'incident.declared',
    subject: 'incident',
    subjectId: incident.id,
    incidentId: incident.id,
    isPublic: visibility === 'public',
    data: { title, severity, visibility, startedAt },
  });
  return incident;
}

/** Plans and publishes anew while others change the incident in between. */
async function whileOvertaken<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Overtaken) || attempt === 5) throw error;
    }
  }
}
