// One maintenance on the desk: where it stands, the composer, its record, its mails, its series.
import { can } from '../accounts/rules.ts';
import { listComponents } from '../components/service.ts';
import {
  type MaintenanceDetail,
  maintenanceDetail,
  maintenanceEvents,
  maintenanceMails,
  runningStatuses,
  seriesOf,
} from '../maintenance/read.ts';
import { ruleWords } from '../maintenance/rule-words.ts';
import { isOver, movesFrom } from '../maintenance/rules.ts';
import { progress } from '../notifications/service.ts';
import { readSettings } from '../settings/service.ts';
import { type AppError, notFound } from '../shared/errors.ts';
import { minutes, plus } from '../shared/clock.ts';
import { publicIdPattern } from '../shared/ids.ts';
import { maintenanceLabels, statusLabels } from '../shared/labels.ts';
import { duration, utcFull, utcShort } from '../shared/time.ts';
import type { MaintenanceState } from '../shared/words.ts';
import { statusOf } from '../web/errors.ts';
import type { FormValues } from '../web/forms.ts';
import type { Context, Site } from '../web/types.ts';
import { componentsField } from './composer.ts';
import { renderDesk } from './desk.ts';
import { type FormState, freshForm } from './forms.ts';
import { namesOf } from './incident-page.ts';
import { notificationLabels } from './labels.ts';
import { habitsView, typedReminders, windowWords } from './maintenance-form.ts';
import { maintenanceTimeline } from './maintenance-timeline.ts';
import { windowView } from './window-field.ts';

/** A form of the page that is shown again after a fault. */
export interface Failed {
  which: 'composer' | 'window' | 'cancel' | 'details';
  form: FormState;
  typed: FormValues;
  error: AppError;
}

export const maintenanceId = (c: Context): string => {
  const id = c.req.param('id') ?? '';
  if (!publicIdPattern.test(id)) throw notFound('maintenance');
  return id;
};

export async function showMaintenance(c: Context, site: Site, failed?: Failed): Promise<Response> {
  const { kernel } = site;
  const { read } = kernel.db;
  const detail = await maintenanceDetail(read, maintenanceId(c));
  const { maintenance } = detail;
  const account = c.get('account');
  const { timeZone } = await readSettings(read);
  const formOf = (which: Failed['which'], fresh: FormState) =>
    failed?.which === which ? failed.form : fresh;
  const keepsKey = failed !== undefined && failed.error.code !== 'mismatch';
  const page = {
    title: maintenance.title,
    wide: true,
    ...headModel(detail, kernel.clock.now()),
    canSpeak: account !== undefined && can(account.role, 'speak'),
    version: maintenance.version,
    key: (keepsKey && failed.form.values['key']) || kernel.ids.publicId(),
    isConflict: failed?.error.code === 'conflict',
    failed: failed?.which ?? '',
    composer: composerModel(maintenance, kernel.clock.now(), formOf),
    move: {
      form: formOf('window', freshForm({ notify: maintenance.notifies ? 'on' : '' })),
      window: windowView(formOf('window', freshForm()), timeZone, maintenance),
    },
    cancel: formOf('cancel', freshForm({ notify: maintenance.notifies ? 'on' : '' })),
    details: await detailsModel(site, detail, failed?.which === 'details' ? failed : undefined),
    timeline: maintenanceTimeline(
      detail,
      await maintenanceEvents(read, maintenance.id),
      await namesOf(read),
    ),
    mails: await mailsModel(site, maintenance.id),
    series: await seriesModel(site, detail),
  };
  return renderDesk(c, site, 'admin/maintenance', page, failed ? statusOf(failed.error) : 200);
}

function headModel({ maintenance, components }: MaintenanceDetail, now: Date) {
  const { scheduledFor, scheduledUntil, state, startedAt, completedAt } = maintenance;
  return {
    id: maintenance.publicId,
    name: maintenance.title,
    state,
    stateLabel: maintenanceLabels[state],
    isOver: isOver(state),
    hasBegun: state !== 'scheduled',
    ...whenWords(maintenance, now),
    windowText: windowWords(maintenance),
    length: duration(scheduledUntil.getTime() - scheduledFor.getTime()),
    startedText: startedAt ? utcFull(startedAt) : '',
    completedText: completedAt ? utcFull(completedAt) : '',
    affected: components.map(({ name, status }) => ({ name, status, label: statusLabels[status] })),
  };
}

type Times = Pick<
  MaintenanceDetail['maintenance'],
  'state' | 'scheduledFor' | 'scheduledUntil' | 'autoStart' | 'autoComplete'
>;

/** The one thing to know at a glance: how long until it begins, or should end. */
export function whenWords(
  { state, scheduledFor, scheduledUntil, autoStart, autoComplete }: Times,
  now: Date,
): { big: string; small: string; tone: 'none' | 'calm' | 'soon' } {
  const until = (at: Date) => duration(Math.abs(at.getTime() - now.getTime()));
  if (isOver(state)) {
    return { big: maintenanceLabels[state], small: utcShort(scheduledFor), tone: 'none' };
  }
  if (state === 'scheduled') {
    if (scheduledFor > now) {
      const small = `begins ${utcShort(scheduledFor)}${autoStart ? ' by itself' : ' when you say so'}`;
      return { big: `in ${until(scheduledFor)}`, small, tone: 'calm' };
    }
    return { big: 'Due', small: 'its start has passed: say that it has begun', tone: 'soon' };
  }
  if (scheduledUntil > now) {
    const small = autoComplete ? 'left, then it completes by itself' : 'left of the announced time';
    return { big: until(scheduledUntil), small, tone: 'calm' };
  }
  return {
    big: `${until(scheduledUntil)} over`,
    small: 'complete it, or move its end',
    tone: 'soon',
  };
}

const next: Record<MaintenanceState, MaintenanceState> = {
  scheduled: 'in_progress',
  in_progress: 'verifying',
  verifying: 'completed',
  completed: 'completed',
  cancelled: 'cancelled',
};

/** How long before its time the next press is likely to begin it; earlier, it is a note. */
const aboutToBegin = minutes(30);

function composerModel(
  { state, notifies, scheduledFor }: MaintenanceDetail['maintenance'],
  now: Date,
  formOf: (which: Failed['which'], fresh: FormState) => FormState,
) {
  const choices: MaintenanceState[] = movesFrom(state).filter((one) => one !== 'cancelled');
  if (choices.length === 0) choices.push(state);
  const usual =
    scheduledFor > plus(now, aboutToBegin) && state === 'scheduled' ? state : next[state];
  const form = formOf('composer', freshForm({ state: usual, notify: notifies ? 'on' : '' }));
  return {
    form,
    states: choices.map((value) => ({
      value,
      label: value === state ? `${maintenanceLabels[value]}, a note` : maintenanceLabels[value],
      checked: form.values['state'] === value,
    })),
  };
}

const on = (value: boolean) => (value ? 'on' : '');

async function detailsModel(site: Site, detail: MaintenanceDetail, failed: Failed | undefined) {
  const { maintenance } = detail;
  const form =
    failed?.form ??
    freshForm({
      title: maintenance.title,
      autoStart: on(maintenance.autoStart),
      autoComplete: on(maintenance.autoComplete),
      notifies: on(maintenance.notifies),
    });
  const reminders = failed ? typedReminders(failed.typed) : maintenance.reminders;
  return {
    form,
    habits: habitsView(form, reminders),
    components: componentsField(
      await listComponents(site.kernel.db.read),
      form,
      runningStatuses(detail),
    ),
  };
}

async function mailsModel({ kernel }: Site, id: number) {
  const mails = await maintenanceMails(kernel.db.read, id);
  return Promise.all(
    mails.map(async (mail) => {
      const { state, counts, owed } = await progress(kernel.db.read, mail.id);
      return {
        id: mail.id,
        at: utcShort(mail.createdAt),
        label: notificationLabels[state],
        sent: counts.sent,
        failed: counts.failed,
        owed,
      };
    }),
  );
}

async function seriesModel({ kernel }: Site, { maintenance }: MaintenanceDetail) {
  const found = await seriesOf(kernel.db.read, maintenance);
  if (!found) return undefined;
  return {
    rule: found.series?.rule ?? '',
    words: ruleWords(found.series?.rule ?? ''),
    zone: found.series?.zone ?? '',
    occurrences: found.occurrences.slice(-6).map((one) => ({
      id: one.publicId,
      text: utcFull(one.scheduledFor),
      state: one.state,
      stateLabel: maintenanceLabels[one.state],
      isThis: one.id === maintenance.id,
    })),
  };
}
