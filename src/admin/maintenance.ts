// Scheduled maintenance on the desk: the list, and acting on one: update, move, cancel, change, correct.
import { can } from '../accounts/rules.ts';
import {
  cancelForm,
  maintenanceCorrectionForm,
  maintenanceDetailsForm,
  maintenanceUpdateForm,
  moveForm,
} from '../maintenance/forms.ts';
import {
  maintenanceDetail,
  type MaintenanceSummary,
  openMaintenances,
  pastMaintenances,
} from '../maintenance/read.ts';
import { isRunning } from '../maintenance/rules.ts';
import {
  cancel,
  changeMaintenance,
  correctMaintenanceUpdate,
  endSeries,
  publishMaintenanceUpdate,
  reschedule,
} from '../maintenance/service.ts';
import { readSettings } from '../settings/service.ts';
import { type AppError, invalid, notFound } from '../shared/errors.ts';
import { parse } from '../shared/form.ts';
import { maintenanceLabels } from '../shared/labels.ts';
import { statusOf } from '../web/errors.ts';
import { type FormValues, oneOf, readForm } from '../web/forms.ts';
import type { Context, Route, Site } from '../web/types.ts';
import { renderDesk } from './desk.ts';
import {
  failedForm,
  type FormState,
  freshForm,
  keyOf,
  mendable,
  rawField,
  sentOf,
  versionOf,
} from './forms.ts';
import { idParameter } from './incident-list.ts';
import { planFields, scheduleMaintenance, showNew, windowWords } from './maintenance-form.ts';
import { maintenanceMailRoutes } from './maintenance-mails.ts';
import { type Failed, maintenanceId, showMaintenance, whenWords } from './maintenance-page.ts';
import { windowOf } from './window-field.ts';

export function maintenanceRoutes(site: Site): Route[] {
  const desk = { surface: 'desk', limit: 64 * 1024 } as const;
  const get = { ...desk, method: 'GET' } as const;
  const post = { ...desk, method: 'POST', needs: 'speak' } as const;
  const all = '/admin/maintenance';
  const here = `${all}/:id`;
  const correction = `${here}/updates/:update/correction`;
  return [
    { ...get, path: all, needs: 'read', handle: (c) => showList(c, site) },
    { ...post, path: all, handle: (c) => scheduleMaintenance(c, site) },
    { ...get, path: `${all}/new`, needs: 'speak', handle: (c) => showNew(c, site) },
    { ...get, path: here, needs: 'read', handle: (c) => showMaintenance(c, site) },
    { ...post, path: `${here}/updates`, handle: (c) => publish(c, site) },
    { ...post, path: `${here}/moves`, handle: (c) => move(c, site) },
    { ...post, path: `${here}/cancellations`, handle: (c) => callOff(c, site) },
    { ...post, path: `${here}/details`, handle: (c) => change(c, site) },
    { ...post, path: `${here}/series-ends`, handle: (c) => stopRepeating(c, site) },
    { ...get, path: correction, needs: 'speak', handle: (c) => showCorrection(c, site) },
    { ...post, path: correction, handle: (c) => correct(c, site) },
    ...maintenanceMailRoutes(site),
  ];
}

// The list

const pageSize = 30;

async function showList(c: Context, site: Site): Promise<Response> {
  const { read } = site.kernel.db;
  const now = site.kernel.clock.now();
  const before = idParameter(c, 'before');
  const open = await openMaintenances(read);
  const past = await pastMaintenances(read, { before, limit: pageSize + 1 });
  const shown = past.slice(0, pageSize);
  const account = c.get('account');
  return renderDesk(c, site, 'admin/maintenances', {
    title: 'Maintenance',
    canSpeak: account !== undefined && can(account.role, 'speak'),
    running: open.filter((one) => isRunning(one.state)).map((one) => maintenanceLine(one, now)),
    upcoming: open.filter((one) => !isRunning(one.state)).map((one) => maintenanceLine(one, now)),
    past: shown.map((one) => maintenanceLine(one, now)),
    isFirstPage: before === undefined,
    older: past.length > pageSize ? shown.at(-1)?.id : undefined,
  });
}

/** A maintenance in a list. */
export const maintenanceLine = (one: MaintenanceSummary, now: Date) => ({
  id: one.publicId,
  title: one.title,
  state: one.state,
  stateLabel: maintenanceLabels[one.state],
  at: one.scheduledFor.toISOString(),
  window: windowWords(one),
  when: whenWords(one, now),
  components: one.components.map(({ name }) => name).join(', '),
  repeats: one.rrule !== null,
});

// Acting on one

const back = (c: Context, done: string) =>
  c.redirect(`/admin/maintenance/${maintenanceId(c)}?done=${done}`, 303);

/** Runs a form's work; a fault shows the page with that form as it was typed. */
async function acting(
  c: Context,
  site: Site,
  which: Failed['which'],
  work: (typed: FormValues) => Promise<Response>,
): Promise<Response> {
  const typed = await readForm(c);
  return mendable(
    () => work(typed),
    (error) => showMaintenance(c, site, { which, form: failedForm(typed, error), typed, error }),
  );
}

const repeatable = (typed: FormValues) => ({ idempotencyKey: keyOf(typed), sent: sentOf(typed) });

const publish = (c: Context, site: Site) =>
  acting(c, site, 'composer', async (typed) => {
    const { state, body, notify } = parse(maintenanceUpdateForm, {
      state: rawField(typed, 'state'),
      body: rawField(typed, 'body'),
      notify: rawField(typed, 'notify'),
    });
    const { maintenance } = await maintenanceDetail(site.kernel.db.read, maintenanceId(c));
    if (state === maintenance.state && body === undefined) {
      throw invalid('body', 'Please write what customers should know.');
    }
    await publishMaintenanceUpdate(site.kernel, c.get('actor'), maintenanceId(c), {
      state,
      body,
      notify,
      version: versionOf(typed),
      ...repeatable(typed),
    });
    return back(c, 'published');
  });

const move = (c: Context, site: Site) =>
  acting(c, site, 'window', async (typed) => {
    const { timeZone } = await readSettings(site.kernel.db.read);
    const window = windowOf(typed, timeZone);
    const { body, notify } = parse(moveForm, {
      body: rawField(typed, 'body'),
      notify: rawField(typed, 'notify'),
    });
    const { maintenance } = await maintenanceDetail(site.kernel.db.read, maintenanceId(c));
    const isSame = windowWords(window) === windowWords(maintenance);
    if (isSame) throw invalid('scheduledFor', 'This is the time it has already.');
    await reschedule(site.kernel, c.get('actor'), maintenanceId(c), {
      ...window,
      body,
      notify,
      version: versionOf(typed),
      ...repeatable(typed),
    });
    return back(c, 'rescheduled');
  });

const callOff = (c: Context, site: Site) =>
  acting(c, site, 'cancel', async (typed) => {
    const { body, notify, scope } = parse(cancelForm, {
      body: rawField(typed, 'body'),
      notify: rawField(typed, 'notify'),
      scope: rawField(typed, 'scope') || undefined,
    });
    await cancel(site.kernel, c.get('actor'), maintenanceId(c), {
      body,
      notify,
      scope,
      version: versionOf(typed),
      ...repeatable(typed),
    });
    return back(c, 'called-off');
  });

const change = (c: Context, site: Site) =>
  acting(c, site, 'details', async (typed) => {
    const details = parse(maintenanceDetailsForm, planFields(typed));
    await changeMaintenance(
      site.kernel,
      c.get('actor'),
      maintenanceId(c),
      versionOf(typed),
      details,
    );
    return back(c, 'changed');
  });

const stopRepeating = (c: Context, site: Site) =>
  acting(c, site, 'details', async () => {
    await endSeries(site.kernel, c.get('actor'), maintenanceId(c));
    return back(c, 'series-ended');
  });

// Corrections

async function showCorrection(
  c: Context,
  site: Site,
  failed?: { form: FormState; error: AppError },
): Promise<Response> {
  const detail = await maintenanceDetail(site.kernel.db.read, maintenanceId(c));
  const update = detail.updates.find((one) => one.publicId === c.req.param('update'));
  if (!update) throw notFound('update');
  const page = {
    title: 'Correct an update',
    id: detail.maintenance.publicId,
    name: detail.maintenance.title,
    update: update.publicId,
    published: update.body,
    isConflict: failed?.error.code === 'conflict',
    form: failed?.form ?? freshForm({ body: update.body }),
  };
  const status = failed ? statusOf(failed.error) : 200;
  return renderDesk(c, site, 'admin/maintenance-correction', page, status);
}

async function correct(c: Context, site: Site): Promise<Response> {
  const typed = await readForm(c);
  return mendable(
    async () => {
      const { body } = parse(maintenanceCorrectionForm, { body: rawField(typed, 'body') });
      const input = { body, seen: oneOf(typed, 'seen').replaceAll('\r\n', '\n') };
      const update = c.req.param('update') ?? '';
      await correctMaintenanceUpdate(site.kernel, c.get('actor'), maintenanceId(c), update, input);
      return back(c, 'corrected');
    },
    (error) => showCorrection(c, site, { form: failedForm(typed, error), error }),
  );
}
