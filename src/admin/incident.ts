// Acting on one incident: publish, hold, correct, change its details, take over, take it off the page.
import {
  correctUpdate,
  changeDetails,
  publishUpdate,
  retract,
  takeCommsLead,
} from '../incidents/service.ts';
import { incidentDetail, type IncidentDetail } from '../incidents/read.ts';
import { canMove } from '../incidents/rules.ts';
import { correctionForm, detailsForm, updateForm } from '../incidents/types.ts';
import { readSettings } from '../settings/service.ts';
import { type AppError, notFound } from '../shared/errors.ts';
import { parse } from '../shared/form.ts';
import { renderMarkdown } from '../shared/markdown.ts';
import { statusOf } from '../web/errors.ts';
import { type FormValues, oneOf, readForm } from '../web/forms.ts';
import type { Context, Route, Site } from '../web/types.ts';
import { promiseField } from './composer.ts';
import { renderDesk } from './desk.ts';
import {
  chosenStatuses,
  failedForm,
  type FormState,
  freshForm,
  keyOf,
  mendable,
  promiseOf,
  rawField,
  readBoth,
  sentOf,
  versionOf,
} from './forms.ts';
import { incidentId, showIncident } from './incident-page.ts';
import { holdingWords } from './rules.ts';

export function incidentRoutes(site: Site): Route[] {
  const desk = { surface: 'desk', limit: 64 * 1024 } as const;
  const post = { ...desk, method: 'POST', needs: 'speak' } as const;
  const here = '/admin/incidents/:id';
  const correction = `${here}/updates/:update/correction`;
  return [
    { ...desk, method: 'GET', path: here, needs: 'read', handle: (c) => showIncident(c, site) },
    { ...post, path: `${here}/updates`, handle: (c) => publish(c, site) },
    { ...post, path: `${here}/holding-updates`, handle: (c) => hold(c, site) },
    { ...post, path: `${here}/details`, handle: (c) => change(c, site) },
    { ...post, path: `${here}/comms-lead`, handle: (c) => takeLead(c, site) },
    { ...post, path: `${here}/retractions`, handle: (c) => takeOff(c, site) },
    {
      ...desk,
      method: 'GET',
      path: correction,
      needs: 'speak',
      handle: (c) => showCorrection(c, site),
    },
    { ...post, path: correction, handle: (c) => correct(c, site) },
    { ...post, path: '/admin/preview/markdown', needs: 'read', handle: previewWords },
  ];
}

const back = (c: Context, done: string) =>
  c.redirect(`/admin/incidents/${incidentId(c)}?done=${done}`, 303);

// Updates

async function publish(c: Context, site: Site): Promise<Response> {
  const typed = await readForm(c);
  return mendable(
    async () => {
      const detail = await incidentDetail(site.kernel.db.read, incidentId(c));
      const input = await readUpdate(site, detail, typed);
      await publishUpdate(site.kernel, c.get('actor'), incidentId(c), input);
      return back(c, doneWord(detail, input));
    },
    (error) => showIncident(c, site, { which: 'composer', form: failedForm(typed, error), error }),
  );
}

function doneWord({ incident }: IncidentDetail, input: Awaited<ReturnType<typeof readUpdate>>) {
  if (input.makePublic && incident.visibility === 'private') return 'made-public';
  return canMove(incident.state, input.state).warning === null ? 'published' : 'published-skipping';
}

async function readUpdate(site: Site, { incident }: IncidentDetail, typed: FormValues) {
  const settings = await readSettings(site.kernel.db.read);
  const now = site.kernel.clock.now();
  const field = promiseField(settings.timeZone, now, incident.targetMinutes);
  const makePublic = oneOf(typed, 'makePublic') === 'yes';
  const staysPrivate = incident.visibility === 'private' && !makePublic;
  const isOver = typed['state'] === 'resolved';
  const [form, nextUpdateBy] = readBoth(
    () =>
      parse(updateForm, {
        state: rawField(typed, 'state'),
        body: rawField(typed, 'body'),
        components: changedStatuses(typed),
      }),
    () => (staysPrivate || isOver ? null : promiseOf(typed, field)),
  );
  const { state, body, components } = form;
  const said = { state, body, components, nextUpdateBy, makePublic };
  return {
    ...said,
    version: versionOf(typed),
    email: { kind: 'draft' } as const,
    idempotencyKey: keyOf(typed),
    sent: sentOf(typed),
  };
}

/** Only what was chosen anew: what stands is left to the service, which knows what resolving restores. */
function changedStatuses(typed: FormValues): Record<string, string | string[]> {
  const chosen = Object.entries(chosenStatuses(typed));
  return Object.fromEntries(chosen.filter(([id, value]) => value !== oneOf(typed, `was.${id}`)));
}

/** Nothing new, said honestly, and the clock starts again. The same state, no email. */
async function hold(c: Context, site: Site): Promise<Response> {
  const typed = await readForm(c);
  const { incident, updates } = await incidentDetail(site.kernel.db.read, incidentId(c));
  const body = holdingWords(incident.state, updates.length);
  return mendable(
    async () => {
      const field = promiseField('Etc/UTC', site.kernel.clock.now(), incident.targetMinutes);
      await publishUpdate(site.kernel, c.get('actor'), incidentId(c), {
        state: incident.state,
        body,
        components: {},
        nextUpdateBy: field.usual,
        version: versionOf(typed),
        email: { kind: 'none', reason: 'A holding update: nothing new to tell.' },
        idempotencyKey: keyOf(typed),
        sent: { holding: true },
      });
      return back(c, 'published');
    },
    (error) =>
      showIncident(c, site, {
        which: 'composer',
        form: { ...failedForm(typed, error), values: { state: incident.state, body } },
        error,
      }),
  );
}

// Corrections

async function showCorrection(
  c: Context,
  site: Site,
  failed?: { form: FormState; error: AppError },
): Promise<Response> {
  const detail = await incidentDetail(site.kernel.db.read, incidentId(c));
  const update = detail.updates.find((one) => one.publicId === c.req.param('update'));
  if (!update) throw notFound('update');
  const page = {
    title: 'Correct an update',
    id: detail.incident.publicId,
    name: detail.incident.title,
    update: update.publicId,
    published: update.body,
    revision: update.revisions,
    isPublic: update.isPublic,
    isConflict: failed?.error.code === 'conflict',
    form: failed?.form ?? freshForm({ body: update.body }),
  };
  return renderDesk(c, site, 'admin/correction', page, failed ? statusOf(failed.error) : 200);
}

async function correct(c: Context, site: Site): Promise<Response> {
  const typed = await readForm(c);
  return mendable(
    async () => {
      const { body } = parse(correctionForm, { body: rawField(typed, 'body') });
      const update = c.req.param('update') ?? '';
      const input = { body, revision: versionOf(typed) };
      await correctUpdate(site.kernel, c.get('actor'), incidentId(c), update, input);
      return back(c, 'corrected');
    },
    (error) => showCorrection(c, site, { form: failedForm(typed, error), error }),
  );
}

// Details, lead, visibility

async function change(c: Context, site: Site): Promise<Response> {
  const typed = await readForm(c);
  return mendable(
    async () => {
      const input = parse(detailsForm, {
        title: rawField(typed, 'title'),
        severity: rawField(typed, 'severity'),
        targetMinutes: rawField(typed, 'targetMinutes'),
      });
      await changeDetails(site.kernel, c.get('actor'), incidentId(c), versionOf(typed), input);
      return back(c, 'changed');
    },
    (error) => showIncident(c, site, { which: 'details', form: failedForm(typed, error), error }),
  );
}

async function takeLead(c: Context, site: Site): Promise<Response> {
  await takeCommsLead(site.kernel, c.get('actor'), incidentId(c));
  return back(c, 'lead');
}

async function takeOff(c: Context, site: Site): Promise<Response> {
  const typed = await readForm(c);
  return mendable(
    async () => {
      await retract(site.kernel, c.get('actor'), incidentId(c), versionOf(typed));
      return back(c, 'retracted');
    },
    (error) =>
      showIncident(c, site, {
        which: 'details',
        form: { ...freshForm(), message: error.message },
        error,
      }),
  );
}

/** The words as the page will show them: sanitised HTML, for the composer's preview. */
async function previewWords(c: Context): Promise<Response> {
  return c.html(renderMarkdown(oneOf(await readForm(c), 'body').slice(0, 20_000)));
}
