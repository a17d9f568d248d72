// The email that belongs to an update. Whatever takes time (reading the template, compiling) is done in
// a plan before the transaction; inside it the plan only becomes rows.
import type { Kernel } from '../db/kernel.ts';
import type { Reader, Tx } from '../db/tx.ts';
import { append } from '../events/service.ts';
import type { Actor } from '../events/types.ts';
import { releaseToSubscribers } from '../notifications/service.ts';
import { readSettings } from '../settings/service.ts';
import { AppError } from '../shared/errors.ts';
import type { IncidentState } from '../shared/words.ts';
import { compileMail } from '../templates/compile.ts';
import { shippedTemplate } from '../templates/shipped.ts';
import type { CompiledMail, CompileOptions, Facts, MailSource } from '../templates/types.ts';
import { personalPrompts } from '../templates/variables.ts';
import { draftsOf, insertDraft, threadSubject } from './draft-store.ts';
import { mailFacts, personalStart, type Telling } from './mail-facts.ts';
import { affectedBy } from './store.ts';
import type { EmailChoice, IncidentRow, UpdateRow } from './types.ts';

export type MailPlan =
  | { kind: 'none'; reason: string }
  | { kind: 'draft'; source: MailSource }
  | { kind: 'release'; source: MailSource; facts: Facts; mail: CompiledMail };

export const bulkSlots = ['unsubscribe_url', 'manage_url'] as const;
const releaseOptions: CompileOptions = { slots: bulkSlots, bracketedFacts: 'allow' };

/** What has to be known before the transaction to send an update's email in it. */
export interface Foreseen extends Omit<Telling, 'publicUrl' | 'page' | 'personal'> {
  stage: IncidentState;
  incidentId: number | undefined;
}

/**
 * Prepares the chosen email. `foresee` tells what the incident will be like once published. Mail never
 * stands in the way of publishing: what cannot be compiled is left as a draft for a person.
 */
export async function planMail(
  kernel: Kernel,
  choice: EmailChoice,
  stage: IncidentState,
  foresee: () => Promise<Foreseen>,
): Promise<MailPlan> {
  if (choice.kind === 'none') return choice;
  const source = await templateOf(kernel, stage);
  if (choice.kind === 'draft') return { kind: 'draft', source };
  try {
    return await planRelease(kernel, source, await foresee());
  } catch (error) {
    kernel.log.error({ err: error, stage }, 'the email could not be compiled; left as a draft');
    return { kind: 'draft', source };
  }
}

async function planRelease(
  kernel: Kernel,
  template: MailSource,
  foreseen: Foreseen,
): Promise<MailPlan> {
  const subject = await subjectOf(kernel.db.read, foreseen.incidentId, template);
  const source = { ...template, subject };
  const facts = mailFacts({ ...foreseen, ...(await pageOf(kernel, kernel.db.read)), personal: {} });
  const { mail, sendable, problems } = await compileMail(source, facts, releaseOptions);
  if (mail && sendable) return { kind: 'release', source, facts, mail };
  kernel.log.warn({ problems }, 'the email needs a person before it can be sent; left as a draft');
  return { kind: 'draft', source };
}

/** The stage's template; an empty one when it cannot be read, so that publishing goes on. */
async function templateOf(kernel: Kernel, stage: IncidentState): Promise<MailSource> {
  try {
    return await shippedTemplate(stage);
  } catch (error) {
    kernel.log.error({ err: error, stage }, 'the template of a stage could not be read');
    return { subject: '[{{page_name}}] {{title}}', mjml: '', plain: '' };
  }
}

/** What an update stores of its email: decided, or null while it is not. */
export function isDelivered(plan: MailPlan, isPublic: boolean): boolean | null {
  if (!isPublic || plan.kind === 'none') return false;
  return plan.kind === 'release' ? true : null;
}

/** Makes the plan's rows beside a public update: a draft, a released notification, or why there is none. */
export async function attachMail(
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  incident: IncidentRow,
  update: UpdateRow,
  plan: MailPlan,
): Promise<void> {
  if (plan.kind === 'draft') await prefill(tx, kernel, incident, update, plan.source);
  if (plan.kind === 'release') await releaseNow(tx, kernel, actor, incident, update, plan);
  if (plan.kind === 'none') await recordNone(tx, kernel, actor, incident, update, plan.reason);
}

async function prefill(
  tx: Tx,
  kernel: Kernel,
  incident: IncidentRow,
  update: UpdateRow,
  source: MailSource,
): Promise<void> {
  const earlier = (await draftsOf(tx, incident.id)).map((draft) => draft.facts);
  await insertDraft(tx, {
    ...draftRow(kernel, incident, update),
    ...source,
    subject: await subjectOf(tx, incident.id, source),
    state: 'draft',
    facts: personalStart(personalPrompts(update.state), earlier),
  });
}

async function releaseNow(
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  incident: IncidentRow,
  update: UpdateRow,
  plan: MailPlan & { kind: 'release' },
): Promise<void> {
  const facts = await factsOf(tx, kernel, incident, update, {});
  if (JSON.stringify(facts) !== JSON.stringify(plan.facts)) throw new Overtaken();
  const draft = await insertDraft(tx, {
    ...draftRow(kernel, incident, update),
    ...plan.source,
    state: 'queued',
    facts: {},
    notificationId: await release(tx, kernel, actor, incident, update, plan.mail),
  });
  await recordRelease(tx, kernel, actor, update, draft.id);
}

/** Thrown when the incident changed between planning and publishing, so that the email would be wrong. */
export class Overtaken extends AppError {
  constructor() {
    super('conflict', 'Someone else changed this incident meanwhile. Please try again.');
  }
}

async function recordNone(
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  incident: IncidentRow,
  update: UpdateRow,
  reason: string,
): Promise<void> {
  const nothing = { subject: '', mjml: '', plain: '', facts: {} };
  const row = { ...draftRow(kernel, incident, update), ...nothing, reason };
  const draft = await insertDraft(tx, { ...row, state: 'cancelled' });
  await recordSkip(tx, kernel, actor, update, draft.id, reason);
}

const draftRow = (kernel: Kernel, incident: IncidentRow, update: UpdateRow) => ({
  incidentId: incident.id,
  updateId: update.id,
  stage: update.state,
  createdAt: kernel.clock.now(),
  updatedAt: kernel.clock.now(),
  version: 1,
});

/** Owes the finished mail to everyone whom the incident's components concern. */
export async function release(
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  incident: IncidentRow,
  update: UpdateRow,
  mail: CompiledMail,
): Promise<number> {
  const affected = await affectedBy(tx, incident.id);
  return releaseToSubscribers(tx, kernel, actor, {
    kind: 'incident',
    incidentId: incident.id,
    stage: update.state,
    mail,
    componentIds: affected.map((component) => component.id),
  });
}

/** Public: v2 tells of every update whether an email went with it. */
export const recordRelease = (
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  update: UpdateRow,
  draftId: number,
) =>
  append(tx, kernel.clock, actor, {
    kind: 'email.released',
    subject: 'email_draft',
    subjectId: draftId,
    incidentId: update.incidentId,
    isPublic: true,
    data: { update: update.publicId, stage: update.state },
  });

export const recordSkip = (
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  update: UpdateRow,
  draftId: number,
  reason: string,
) =>
  append(tx, kernel.clock, actor, {
    kind: 'email.skipped',
    subject: 'email_draft',
    subjectId: draftId,
    incidentId: update.incidentId,
    data: { update: update.publicId, stage: update.state, reason },
  });

/** Every fact of the email about an update, as the incident is now. */
export async function factsOf(
  reader: Reader,
  kernel: Kernel,
  incident: IncidentRow,
  update: UpdateRow,
  personal: Record<string, string>,
): Promise<Facts> {
  const components = (await affectedBy(reader, incident.id)).map((component) => component.name);
  const page = await pageOf(kernel, reader);
  return mailFacts({ ...page, stage: update.state, incident, update, components, personal });
}

async function pageOf(
  kernel: Kernel,
  reader: Reader,
): Promise<Pick<Telling, 'publicUrl' | 'page'>> {
  return { publicUrl: kernel.publicUrl, page: await readSettings(reader) };
}

/** The same for all of an incident's emails, or mail programs would break up the thread. */
async function subjectOf(
  reader: Reader,
  incidentId: number | undefined,
  template: MailSource,
): Promise<string> {
  if (incidentId === undefined) return template.subject;
  const first = await threadSubject(reader, incidentId);
  // Braces would be read as placeholders; the template then says the same anew.
  return first && !/[{}]/.test(first) ? first : template.subject;
}
