// Announcing maintenance: the form, what it holds, and a look at what it will announce.
import { listComponents } from '../components/service.ts';
import { scheduleForm } from '../maintenance/forms.ts';
import { firstOccurrences, seriesFrom } from '../maintenance/recurrence.ts';
import { type Repeat, repeatForm, ruleOf, weekdayCodes } from '../maintenance/repeat.ts';
import { leadTime, usualHabits } from '../maintenance/rules.ts';
import { schedule } from '../maintenance/service.ts';
import type { ScheduleInput, Window } from '../maintenance/types.ts';
import { readSettings } from '../settings/service.ts';
import { AppError } from '../shared/errors.ts';
import { parse } from '../shared/form.ts';
import { localTime } from '../shared/local-time.ts';
import { renderMarkdown } from '../shared/markdown.ts';
import { dayName, dayIn, utcClock, utcFull } from '../shared/time.ts';
import { statusOf } from '../web/errors.ts';
import { type FormValues, manyOf, oneOf, readForm } from '../web/forms.ts';
import type { Context, Site } from '../web/types.ts';
import { componentsField } from './composer.ts';
import { renderDesk } from './desk.ts';
import {
  chosenStatuses,
  failedForm,
  type FormState,
  freshForm,
  keyOf,
  mendable,
  rawField,
  readBoth,
  sentOf,
} from './forms.ts';
import { windowOf, windowView } from './window-field.ts';

/** What a new form has chosen. */
const fresh = (): FormState =>
  freshForm({ autoStart: 'on', notifies: 'on', repeat: 'none', every: '1' });

export const showNew = (c: Context, site: Site): Promise<Response> =>
  showForm(c, site, { form: fresh(), typed: {} });

export async function scheduleMaintenance(c: Context, site: Site): Promise<Response> {
  const typed = await readForm(c);
  return mendable(
    async () => {
      const input = await readPlan(site, typed);
      if (oneOf(typed, 'intent') === 'preview') {
        const form = { ...failedForm(typed, new AppError('invalid', '')), message: '' };
        return showForm(c, site, { form, typed, preview: await previewOf(site, input) });
      }
      const made = await schedule(site.kernel, c.get('actor'), input);
      return c.redirect(`/admin/maintenance/${made.maintenancePublicId}?done=scheduled`, 303);
    },
    (error) => showForm(c, site, { form: failedForm(typed, error), typed, error }),
  );
}

async function readPlan(site: Site, typed: FormValues): Promise<ScheduleInput> {
  const { timeZone } = await readSettings(site.kernel.db.read);
  const [form, [window, repeat]] = readBoth(
    () => parse(scheduleForm, planFields(typed)),
    () =>
      readBoth(
        () => windowOf(typed, timeZone),
        () => parse(repeatForm, repeatFields(typed)),
      ),
  );
  const rule = ruleOf(repeat, localTime(timeZone, window.scheduledFor));
  return { ...form, ...window, rule, idempotencyKey: keyOf(typed), sent: sentOf(typed) };
}

/** What scheduling and editing have in common, as the schema reads it. */
export const planFields = (typed: FormValues) => ({
  title: rawField(typed, 'title'),
  body: rawField(typed, 'body'),
  components: chosenStatuses(typed),
  autoStart: rawField(typed, 'autoStart'),
  autoComplete: rawField(typed, 'autoComplete'),
  notifies: rawField(typed, 'notifies'),
  reminders: manyOf(typed, 'reminders'),
});

const repeatFields = (typed: FormValues): Record<keyof Repeat, unknown> => ({
  repeat: rawField(typed, 'repeat') || undefined,
  every: rawField(typed, 'every'),
  days: manyOf(typed, 'days'),
  monthly: rawField(typed, 'monthly'),
  ends: rawField(typed, 'ends'),
  times: rawField(typed, 'times'),
  lastDay: rawField(typed, 'lastDay'),
  rule: rawField(typed, 'rule'),
});

interface Preview {
  title: string;
  window: string;
  components: string;
  /** Sanitised HTML. */
  html: string;
  follows: string[];
  dates: { local: string; utc: string }[];
}

const datesShown = 5;

async function previewOf(site: Site, input: ScheduleInput): Promise<Preview> {
  const { timeZone } = await readSettings(site.kernel.db.read);
  const { components } = await listComponents(site.kernel.db.read);
  const dates =
    input.rule === null
      ? []
      : firstOccurrences(seriesFrom(input, input.rule, timeZone), datesShown);
  return {
    title: input.title,
    window: windowWords(input),
    components: components
      .filter(({ publicId }) => input.components[publicId] !== undefined)
      .map(({ name }) => name)
      .join(', '),
    html: renderMarkdown(input.body),
    follows: followsOf(input),
    dates: dates.map(({ scheduledFor }) => ({
      local: `${dayName(dayIn(timeZone, scheduledFor))}, ${localTime(timeZone, scheduledFor).slice(11)}`,
      utc: utcFull(scheduledFor),
    })),
  };
}

/** `24 Nov 2026, 03:20 to 05:20 UTC`; both days where it ends on another. */
export function windowWords({ scheduledFor, scheduledUntil }: Window): string {
  const sameDay = dayIn('UTC', scheduledFor) === dayIn('UTC', scheduledUntil);
  const end = sameDay ? utcClock(scheduledUntil) : utcFull(scheduledUntil);
  return `${utcFull(scheduledFor).replace(/ UTC$/, '')} to ${end}`;
}

/** What happens by itself after the announcement, in order. */
function followsOf({ notifies, reminders, autoStart, autoComplete }: ScheduleInput): string[] {
  const mail = notifies ? ' and by email' : '';
  return [
    notifies
      ? 'At once: on the page, in the feeds, by email.'
      : 'At once: on the page and in the feeds, no email.',
    ...reminders
      .toSorted((a, b) => b - a)
      .map((before) => `${leadTime(before)} before: a reminder on the page${mail}.`),
    autoStart
      ? `At the start: “In progress” on the page${mail}, components change.`
      : 'At the start: nothing, until you say that it has begun.',
    autoComplete
      ? `At the end: “Completed” on the page${mail}.`
      : 'At the end: nothing, until you say that it is completed.',
  ];
}

const reminderChoices = [7 * 1440, 3 * 1440, 1440, 60];

/** The tick boxes of how it runs, with what was typed or what stands. */
export const habitsView = (form: FormState, chosen: readonly number[]) => ({
  autoStart: form.values['autoStart'] === 'on',
  autoComplete: form.values['autoComplete'] === 'on',
  notifies: form.values['notifies'] === 'on',
  reminders: [...new Set([...reminderChoices, ...chosen])]
    .toSorted((a, b) => b - a)
    .map((before) => ({
      value: String(before),
      label: `${leadTime(before)} before`,
      checked: chosen.includes(before),
    })),
});

/** Reminders ticked in a form that is shown again; only whole numbers come back. */
export const typedReminders = (typed: FormValues): number[] =>
  manyOf(typed, 'reminders')
    .filter((text) => /^\d{1,5}$/.test(text))
    .map(Number);

const weekdayLabels: Record<(typeof weekdayCodes)[number], string> = {
  MO: 'Monday',
  TU: 'Tuesday',
  WE: 'Wednesday',
  TH: 'Thursday',
  FR: 'Friday',
  SA: 'Saturday',
  SU: 'Sunday',
};

const repeatChoices = [
  { value: 'none', label: 'Does not repeat' },
  { value: 'daily', label: 'Daily' },
  { value: 'weekly', label: 'Weekly' },
  { value: 'monthly', label: 'Monthly' },
  { value: 'custom', label: 'By a rule' },
];

interface Shown {
  form: FormState;
  typed: FormValues;
  preview?: Preview;
  error?: AppError;
}

async function showForm(
  c: Context,
  site: Site,
  { form, typed, preview, error }: Shown,
): Promise<Response> {
  const { kernel } = site;
  const { timeZone } = await readSettings(kernel.db.read);
  const keepsKey = error === undefined || error.code !== 'mismatch';
  const isFresh = Object.keys(typed).length === 0;
  const page = {
    title: 'Schedule maintenance',
    wide: true,
    form,
    key: (keepsKey && form.values['key']) || kernel.ids.publicId(),
    window: windowView(form, timeZone, undefined),
    components: componentsField(await listComponents(kernel.db.read), form, new Map()),
    habits: habitsView(form, isFresh ? usualHabits.reminders : typedReminders(typed)),
    repeats: repeatChoices,
    days: weekdayCodes.map((value) => ({
      value,
      label: weekdayLabels[value],
      checked: manyOf(typed, 'days').includes(value),
    })),
    preview,
  };
  return renderDesk(c, site, 'admin/maintenance-new', page, error ? statusOf(error) : 200);
}
