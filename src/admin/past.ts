// Recording a past incident: what it was, and what was said about it, row by row with its own times.
import { listComponents } from '../components/service.ts';
import { recordPast } from '../incidents/past.ts';
import { pastForm } from '../incidents/past-types.ts';
import type { PastIncident } from '../incidents/past-types.ts';
import { readSettings } from '../settings/service.ts';
import { AppError, type FieldErrors } from '../shared/errors.ts';
import { parse } from '../shared/form.ts';
import { stateLabels } from '../shared/labels.ts';
import { readLocalTime } from '../shared/local-time.ts';
import { utcFull } from '../shared/time.ts';
import { incidentStates, severities } from '../shared/words.ts';
import { statusOf } from '../web/errors.ts';
import { type FormValues, manyOf, oneOf, readForm } from '../web/forms.ts';
import type { Context, Route, Site } from '../web/types.ts';
import { componentsField } from './composer.ts';
import { renderDesk } from './desk.ts';
import {
  choiceWords,
  chosenStatuses,
  failedForm,
  type FormState,
  freshForm,
  keyOf,
  mendable,
  promiseChoices,
  rawField,
  readBoth,
  sentOf,
} from './forms.ts';
import { severityWords } from './labels.ts';

export const pastRoutes = (site: Site): Route[] => [
  {
    method: 'GET',
    path: '/admin/incidents/past',
    surface: 'desk',
    needs: 'speak',
    handle: (c) => showForm(c, site, fresh()),
  },
  {
    method: 'POST',
    path: '/admin/incidents/past',
    surface: 'desk',
    needs: 'speak',
    limit: 256 * 1024,
    handle: (c) => record(c, site),
  },
];

const mostRows = 40;

/** A beginning and an end; the last row always is the end. */
const fresh = () =>
  freshForm({
    severity: '2',
    rows: '2',
    counts: 'on',
    'state.0': 'investigating',
    'state.1': 'resolved',
  });

async function record(c: Context, site: Site): Promise<Response> {
  const typed = await readForm(c);
  if (oneOf(typed, 'intent') === 'more') return showForm(c, site, withRow(asTyped(typed)));
  return mendable(
    async () => {
      const past = await readPast(site, typed);
      const { publicId } = await recordPast(site.kernel, c.get('actor'), past, {
        idempotencyKey: keyOf(typed),
        sent: sentOf(typed),
      }).catch((error: unknown) => {
        throw atRows(error, filledRows(typed));
      });
      return c.redirect(`/admin/incidents/${publicId}?done=recorded`, 303);
    },
    (error) => showForm(c, site, failedForm(typed, error), error),
  );
}

const asTyped = (typed: FormValues): FormState => ({
  ...failedForm(typed, new AppError('invalid', '')),
  message: '',
});

function rowCount({ values }: Pick<FormState, 'values'>): number {
  const text = values['rows'] ?? '';
  return /^\d{1,2}$/.test(text) ? Math.min(mostRows, Math.max(2, Number(text))) : 2;
}

const rowFields = ['at', 'atChoice', 'state', 'body'] as const;

/** One more empty row before the last one, which moves down with all that was typed into it. */
function withRow(form: FormState): FormState {
  const count = rowCount(form);
  if (count >= mostRows) return form;
  const values: Record<string, string> = { ...form.values, rows: String(count + 1) };
  for (const field of rowFields) {
    values[`${field}.${count}`] = values[`${field}.${count - 1}`] ?? '';
    values[`${field}.${count - 1}`] = field === 'state' ? 'identified' : '';
  }
  return { ...form, values };
}

/** The rows that something was written into; the first and the last have to be. */
function filledRows(typed: FormValues): number[] {
  const count = rowCount(asTyped(typed));
  const rows = Array.from({ length: count }, (_, n) => n);
  const isFilled = (n: number) =>
    oneOf(typed, `at.${n}`) !== '' || oneOf(typed, `body.${n}`) !== '';
  return rows.filter((n) => n === 0 || n === count - 1 || isFilled(n));
}

async function readPast(site: Site, typed: FormValues): Promise<PastIncident> {
  const { timeZone } = await readSettings(site.kernel.db.read);
  const rows = filledRows(typed);
  const [form, times] = readBoth(
    () => named(rows, () => parse(pastForm, fieldsOf(typed, rows))),
    () => timesOf(typed, rows, timeZone),
  );
  return {
    title: form.title,
    severity: form.severity,
    counts: oneOf(typed, 'counts') === 'on',
    updates: form.updates.map(({ state, body }, i) => ({
      state,
      body,
      at: times[i] ?? new Date(0),
      components: i === 0 ? form.components : {},
    })),
  };
}

/** The times are read on their own, with choices where clocks were turned; the schema sees any. */
const fieldsOf = (typed: FormValues, rows: readonly number[]) => ({
  title: rawField(typed, 'title'),
  severity: rawField(typed, 'severity'),
  components: chosenStatuses(typed),
  updates: rows.map((n) => ({
    state: rawField(typed, `state.${n}`),
    body: rawField(typed, `body.${n}`),
    at: new Date(0),
  })),
});

function timesOf(typed: FormValues, rows: readonly number[], zone: string): Date[] {
  const errors: FieldErrors = {};
  const times = rows.map((n) => {
    const found = timeOf(typed, n, zone);
    if (typeof found !== 'string') return found;
    errors[`at.${n}`] = found;
    return new Date(0);
  });
  if (Object.keys(errors).length === 0) return times;
  throw new AppError('invalid', 'Please correct the fields below.', { fields: errors });
}

/** The instant typed into a row, or what is wrong with it (F-13). */
function timeOf(typed: FormValues, n: number, zone: string): Date | string {
  if (manyOf(typed, `at.${n}`).length > 1) return 'Please enter one time.';
  const text = oneOf(typed, `at.${n}`);
  const read = readLocalTime(zone, text);
  if (read.kind === 'unreadable') return 'Please enter a day and a time.';
  if (read.kind === 'one') return read.at;
  const chosen = oneOf(typed, `atChoice.${n}`);
  const found = read.choices.find((choice) => choice.toISOString() === chosen);
  return found ?? choiceWords(text, zone, read.why);
}

function named<T>(rows: readonly number[], work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw atRows(error, rows);
  }
}

/** Faults of updates, `updates.1.at`, named as the form's fields, `at.2`. */
function atRows(error: unknown, rows: readonly number[]): unknown {
  if (!(error instanceof AppError)) return error;
  const fields = Object.fromEntries(
    Object.entries(error.fields).map(([name, message]) => {
      const match = /^updates\.(\d+)\.(\w+)$/.exec(name);
      return [match ? `${match[2]}.${rows[Number(match[1])] ?? 0}` : name, message];
    }),
  );
  const cause = { fields, cause: error };
  return new AppError(error.code, error.message, cause);
}

async function showForm(
  c: Context,
  site: Site,
  form: FormState,
  error?: AppError,
): Promise<Response> {
  const { kernel } = site;
  const { timeZone } = await readSettings(kernel.db.read);
  const keepsKey = error === undefined || error.code !== 'mismatch';
  const count = rowCount(form);
  const page = {
    title: 'Record a past incident',
    form,
    key: (keepsKey && form.values['key']) || kernel.ids.publicId(),
    severities: severities.map((value) => ({
      value: String(value),
      label: `SEV${value}`,
      words: severityWords[value],
    })),
    components: componentsField(await listComponents(kernel.db.read), form, new Map()),
    rows: Array.from({ length: count }, (_, n) => rowView(form, n, count, timeZone)),
    mayAdd: count < mostRows,
    zone: timeZone === 'Etc/UTC' ? 'UTC' : timeZone,
    counts: form.values['counts'] === 'on',
  };
  return renderDesk(c, site, 'admin/past', page, error ? statusOf(error) : 200);
}

function rowView({ values }: FormState, n: number, count: number, zone: string) {
  const at = values[`at.${n}`] ?? '';
  const read = readLocalTime(zone, at);
  const isEnd = n === count - 1;
  const legend = n === 0 ? 'How it began' : isEnd ? 'How it ended' : `Update ${n + 1}`;
  const states = incidentStates.filter((state) => isEnd === (state === 'resolved'));
  return {
    n,
    legend,
    isEnd,
    at,
    utc: read.kind === 'one' ? utcFull(read.at) : '',
    choices: promiseChoices(at, zone),
    chosen: values[`atChoice.${n}`] ?? '',
    states: states.map((value) => ({ value, label: stateLabels[value] })),
    state: values[`state.${n}`] ?? '',
    body: values[`body.${n}`] ?? '',
  };
}
