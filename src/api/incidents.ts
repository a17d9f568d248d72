// Incidents in Statuspage's v1: list, read, create, change. The same services and rules as the desk.
import { defaultPromise } from '../cadence/rules.ts';
import { findIncident } from '../incidents/find.ts';
import { recordPast } from '../incidents/past.ts';
import { changeDetails, declare, publishUpdate } from '../incidents/service.ts';
import type { EmailChoice } from '../incidents/types.ts';
import { AppError, type FieldErrors, notFound } from '../shared/errors.ts';
import { parse } from '../shared/form.ts';
import type { ComponentStatus } from '../shared/words.ts';
import { readPublicIncident } from '../status/service.ts';
import type { PublicComponent, PublicIncident } from '../status/types.ts';
import { incidentAnswer } from './answers.ts';
import { pastOf } from './backfill.ts';
import { queryNumber, readBody } from './body.ts';
import { changedIncident, type IncidentInput, newIncident } from './input.ts';
import { publicComponents, unresolvedIncidents } from './lists.ts';
import { idOf, repeatable, type Request } from './page.ts';
import { chosenStatuses, severityFor, wordsFor } from './rules.ts';

const largestPage = 100;

/** `GET …/incidents/unresolved`: `per_page` of at most 100, `page` from 1. */
export async function listUnresolved(request: Request): Promise<Response> {
  const slice = sliceOf(request, 'per_page');
  return sendList(request, await unresolvedIncidents(request.site.kernel, slice));
}

/** The slice that a request asks for: at most 100 at a time, pages counted from 1. */
export function sliceOf({ c }: Request, size: 'limit' | 'per_page') {
  const limit = queryNumber(c, size, { min: 1, max: largestPage, fallback: largestPage });
  const page = queryNumber(c, 'page', { min: 1, max: 1_000_000, fallback: 1 });
  return { limit, offset: (page - 1) * limit };
}

async function sendList(request: Request, incidents: PublicIncident[]): Promise<Response> {
  const components = await publicComponents(request.site.kernel.db.read);
  const answers = [];
  for (const incident of incidents) answers.push(await answerOf(request, incident, components));
  return request.c.json(answers);
}

export async function showIncident(request: Request): Promise<Response> {
  return request.c.json(await answerFor(request, idOf(request.c, 'incident')));
}

export async function createIncident(request: Request): Promise<Response> {
  const { c, site, settings } = request;
  const { kernel } = site;
  const { incident: input } = parse(newIncident, await readBody(c));
  const current = await currentStatuses(request, input);
  if (input.backfilled) {
    const components = await publicComponents(kernel.db.read);
    const place = { timeZone: settings.timeZone, now: kernel.clock.now(), components };
    const past = pastOf(input, place);
    const told = await recordPast(kernel, c.get('actor'), past, repeatable(request, input));
    return c.json(await answerFor(request, told.publicId), 201);
  }
  const state = input.status ?? 'investigating';
  const components = chosenStatuses(input, state, current, new Map());
  const made = await declare(kernel, c.get('actor'), {
    title: input.name,
    severity: severityFor(input.impact_override, Object.values(components)),
    visibility: 'public',
    state,
    body: input.body ?? wordsFor(state, undefined),
    components,
    impactOverride: input.impact_override,
    nextUpdateBy:
      state === 'resolved' ? null : defaultPromise(kernel.clock.now(), settings.targetMinutes),
    email: emailChoice(input),
    ...repeatable(request, input),
  });
  return c.json(await answerFor(request, made.incidentPublicId), 201);
}

/**
 * Words, a state or changed component statuses make an update; a name or an impact alone changes the
 * incident without one. Changed statuses alone are told in the state's plain words, and mailed only
 * when that is asked for.
 */
export async function changeIncident(request: Request): Promise<Response> {
  const { c, site } = request;
  const { kernel } = site;
  const publicId = idOf(c, 'incident');
  const { incident: input } = parse(changedIncident, await readBody(c));
  const before = await readPublicIncident(kernel.db.read, publicId);
  if (!before) throw notFound('incident');
  const stored = await findIncident(kernel.db.read, publicId);

  const given = new Map(before.components.map(({ id, status }) => [id, status]));
  const state = input.status ?? before.state;
  const current = await currentStatuses(request, input);
  const components = chosenStatuses(input, state, current, given);
  const speaks = input.body !== undefined || input.status !== undefined;
  const movesComponents = Object.entries(components).some(([id, to]) => given.get(id) !== to);
  const details = { title: input.name, impactOverride: input.impact_override };

  if (!speaks && !movesComponents) {
    await changeDetails(kernel, c.get('actor'), publicId, undefined, details);
    return c.json(await answerFor(request, publicId));
  }
  await publishUpdate(kernel, c.get('actor'), publicId, {
    // A state that was not asked for must be the one the incident still has.
    version: input.status === undefined ? stored.version : undefined,
    state,
    body: input.body ?? wordsFor(state, before.state),
    components,
    nextUpdateBy:
      state === 'resolved' ? null : defaultPromise(kernel.clock.now(), stored.targetMinutes),
    email:
      speaks || input.deliver_notifications === true
        ? emailChoice(input)
        : { kind: 'none', reason: 'only component statuses changed' },
    details,
    ...repeatable(request, input),
  });
  return c.json(await answerFor(request, publicId));
}

/** The record is never deleted (PROCESS M3): resolve the incident instead. */
export async function refuseDeletion({ c }: Request): Promise<Response> {
  const error = 'Incidents are part of the record and cannot be deleted. Resolve it instead.';
  return c.json({ error }, 405, { Allow: 'GET, PATCH, PUT' });
}

async function answerFor(request: Request, publicId: string) {
  const { read } = request.site.kernel.db;
  const incident = await readPublicIncident(read, publicId);
  if (!incident) throw notFound('incident');
  return answerOf(request, incident, await publicComponents(read));
}

export async function answerOf(
  { site, page }: Request,
  incident: PublicIncident,
  components: PublicComponent[],
) {
  const { impactOverride } = await findIncident(site.kernel.db.read, incident.id);
  return incidentAnswer(page, { ...incident, impactOverride }, components);
}

/** What the page's components show now. Throws when the input names one that is not there. */
async function currentStatuses(
  { site }: Request,
  input: IncidentInput,
): Promise<Map<string, ComponentStatus>> {
  const components = await publicComponents(site.kernel.db.read);
  const current = new Map(components.map(({ id, status }) => [id, status]));
  const fields: FieldErrors = {};
  for (const id of input.component_ids ?? []) {
    if (!current.has(id)) fields['incident.component_ids'] = `There is no component ${id}.`;
  }
  for (const id of Object.keys(input.components ?? {})) {
    if (!current.has(id)) fields[`incident.components.${id}`] = `There is no component ${id}.`;
  }
  if (Object.keys(fields).length === 0) return current;
  throw new AppError('invalid', 'Some components do not exist.', { fields });
}

const emailChoice = (input: IncidentInput): EmailChoice =>
  (input.deliver_notifications ?? true)
    ? { kind: 'release' }
    : { kind: 'none', reason: 'the program that published it asked for none' };
