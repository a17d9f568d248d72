// Scheduled maintenance in Statuspage's v1, where it is an incident with a time. The same services and rules as the desk.
import { findMaintenance } from '../maintenance/find.ts';
import { isMaintenance, type MaintenanceSummary, openMaintenances } from '../maintenance/read.ts';
import { isRunning } from '../maintenance/rules.ts';
import {
  cancel,
  changeMaintenance as changeDetails,
  publishMaintenanceUpdate,
  schedule,
} from '../maintenance/service.ts';
import type { MaintenanceDetails, Window } from '../maintenance/types.ts';
import { AppError } from '../shared/errors.ts';
import { parse } from '../shared/form.ts';
import { publicIdPattern } from '../shared/ids.ts';
import { readBody, withFieldNames } from './body.ts';
import {
  changeIncident,
  createIncident,
  refuseDeletion,
  showIncident,
  sliceOf,
} from './incidents.ts';
import { publicComponents } from './lists.ts';
import { answerFor } from './maintenance-answer.ts';
import {
  asksForMaintenance,
  changedMaintenance,
  type MaintenanceInput,
  newMaintenance,
} from './maintenance-input.ts';
import { givenHabits, newHabits, runningStatuses } from './maintenance-rules.ts';
import { idOf, repeatable, type Request } from './page.ts';

type Work = (request: Request) => Promise<Response>;

// One path, two kinds: what is asked for, or what has the id, decides.

export const createEither: Work = async (request) =>
  asksForMaintenance(await readBody(request.c))
    ? createMaintenance(request)
    : createIncident(request);

export const showEither: Work = (request) => either(request, showMaintenance, showIncident);
export const changeEither: Work = (request) => either(request, changeMaintenance, changeIncident);
export const removeEither: Work = (request) => either(request, cancelMaintenance, refuseDeletion);

async function either(request: Request, maintenance: Work, incident: Work): Promise<Response> {
  const id = (request.c.req.param('id') ?? '').replace(/\.json$/, '');
  const isOurs = publicIdPattern.test(id) && (await isMaintenance(request.site.kernel.db.read, id));
  return isOurs ? maintenance(request) : incident(request);
}

// Lists: `per_page` of at most 100, `page` from 1

/** `GET …/incidents/scheduled`: not over, the soonest first. */
export const listScheduled: Work = (request) => listOpen(request, () => true);

export const listUpcoming: Work = (request) =>
  listOpen(request, (one) => one.state === 'scheduled');

export const listActive: Work = (request) => listOpen(request, (one) => isRunning(one.state));

async function listOpen(
  request: Request,
  belongs: (one: MaintenanceSummary) => boolean,
): Promise<Response> {
  const { limit, offset } = sliceOf(request, 'per_page');
  const open = (await openMaintenances(request.site.kernel.db.read)).filter(belongs);
  const answers = [];
  for (const { publicId } of open.slice(offset, offset + limit)) {
    answers.push(await answerFor(request, publicId));
  }
  return request.c.json(answers);
}

// One of them

const showMaintenance: Work = async (request) =>
  request.c.json(await answerFor(request, idOf(request.c, 'incident')));

async function createMaintenance(request: Request): Promise<Response> {
  const { c, site } = request;
  const { incident: input } = parse(newMaintenance, await readBody(c));
  const components = runningStatuses(input) ?? {};
  await assertComponents(request, components);
  const state = input.status ?? 'scheduled';
  if (state === 'verifying' || state === 'completed') {
    throw fault('status', 'A maintenance begins as scheduled or in_progress.');
  }
  const now = site.kernel.clock.now();
  const habits = newHabits(input);
  // One whose time has come, and that may begin by itself, has begun.
  const begins = state === 'scheduled' && input.scheduled_for <= now && habits.autoStart;
  const made = await withFieldNames(sentAs, () =>
    schedule(site.kernel, c.get('actor'), {
      ...habits,
      title: input.name,
      body: input.body ?? `${input.name}.`,
      scheduledFor: input.scheduled_for,
      scheduledUntil: input.scheduled_until,
      components,
      announces: input.deliver_notifications ?? true,
      rule: null,
      state: begins ? 'in_progress' : state,
      ...repeatable(request, input),
    }),
  );
  return c.json(await answerFor(request, made.maintenancePublicId), 201);
}

/** Words, a state or another time make an update; anything else changes the maintenance without one. */
async function changeMaintenance(request: Request): Promise<Response> {
  const { c, site } = request;
  const { kernel } = site;
  const id = idOf(c, 'incident');
  const { incident: input } = parse(changedMaintenance, await readBody(c));
  const before = await findMaintenance(kernel.db.read, id);
  const components = runningStatuses(input);
  if (components) await assertComponents(request, components);
  const details: MaintenanceDetails = {
    ...givenHabits(input),
    title: input.name,
    components,
  };
  const window = windowOf(before, input);
  if (input.body === undefined && input.status === undefined && !window) {
    await withFieldNames(sentAs, () =>
      changeDetails(kernel, c.get('actor'), id, undefined, details),
    );
    return c.json(await answerFor(request, id));
  }
  await withFieldNames(sentAs, () =>
    publishMaintenanceUpdate(kernel, c.get('actor'), id, {
      // A state that was not asked for must be the one it still has.
      version: input.status === undefined ? before.version : undefined,
      state: input.status ?? before.state,
      body: input.body,
      notify: input.deliver_notifications ?? true,
      window,
      details,
      ...repeatable(request, input),
    }),
  );
  return c.json(await answerFor(request, id));
}

function windowOf(before: Window, input: MaintenanceInput): Window | undefined {
  const { scheduled_for: start, scheduled_until: end } = input;
  const window = {
    scheduledFor: start ?? before.scheduledFor,
    scheduledUntil: end ?? before.scheduledUntil,
  };
  const isSame =
    window.scheduledFor.getTime() === before.scheduledFor.getTime() &&
    window.scheduledUntil.getTime() === before.scheduledUntil.getTime();
  return isSame ? undefined : window;
}

/** The record is never deleted (PROCESS M3): one that is deleted is called off, and its subscribers hear of it. */
async function cancelMaintenance(request: Request): Promise<Response> {
  const { c, site } = request;
  const id = idOf(c, 'incident');
  const { notifies } = await findMaintenance(site.kernel.db.read, id);
  await cancel(site.kernel, c.get('actor'), id, { notify: notifies, scope: 'one' });
  return c.json(await answerFor(request, id));
}

// Faults, told under the names that the client sent

const fault = (field: string, message: string) =>
  new AppError('invalid', message, { fields: { [`incident.${field}`]: message } });

async function assertComponents(
  { site }: Request,
  chosen: Readonly<Record<string, unknown>>,
): Promise<void> {
  const known = new Set((await publicComponents(site.kernel.db.read)).map(({ id }) => id));
  const unknown = Object.keys(chosen).find((id) => !known.has(id));
  if (unknown !== undefined) throw fault('components', `There is no component ${unknown}.`);
}

const names: Record<string, string> = {
  scheduledFor: 'incident.scheduled_for',
  scheduledUntil: 'incident.scheduled_until',
  state: 'incident.status',
  title: 'incident.name',
};

const sentAs = (field: string) => names[field] ?? field;
