// The start and end of a maintenance as two local times in the page's zone, each with its own fault and choice.
import { AppError, type FieldErrors } from '../shared/errors.ts';
import { localTime, readLocalTime } from '../shared/local-time.ts';
import { utcFull } from '../shared/time.ts';
import type { Window } from '../maintenance/types.ts';
import { type FormValues, manyOf, oneOf } from '../web/forms.ts';
import { choiceWords, type FormState, promiseChoices } from './forms.ts';

const fields = ['scheduledFor', 'scheduledUntil'] as const;
type Field = (typeof fields)[number];

/** What was typed, or `invalid` with a message at each field that is wrong. */
export function windowOf(form: FormValues, zone: string): Window {
  const errors: FieldErrors = {};
  const read = (field: Field): Date => {
    const found = instantOf(form, field, zone);
    if (typeof found !== 'string') return found;
    errors[field] = found;
    return new Date(0);
  };
  const window = { scheduledFor: read('scheduledFor'), scheduledUntil: read('scheduledUntil') };
  if (Object.keys(errors).length === 0) return window;
  throw new AppError('invalid', 'Please correct the fields below.', { fields: errors });
}

/** The instant typed into a field, or what is wrong with it. */
function instantOf(form: FormValues, field: Field, zone: string): Date | string {
  if (manyOf(form, field).length > 1) return 'Please enter one time.';
  const text = oneOf(form, field);
  // Untouched, it is still the very instant: local times that come twice would lose which of them.
  if (text !== '' && text === oneOf(form, `${field}Was`)) {
    const exact = new Date(oneOf(form, `${field}At`));
    if (!Number.isNaN(exact.getTime()) && localTime(zone, exact) === text) return exact;
  }
  const read = readLocalTime(zone, text);
  if (read.kind === 'unreadable') return 'Please enter a day and a time.';
  if (read.kind === 'one') return read.at;
  const chosen = oneOf(form, `${field}Choice`);
  const found = read.choices.find((choice) => choice.toISOString() === chosen);
  return found ?? choiceWords(text, zone, read.why);
}

export interface WindowView {
  zone: string;
  fields: {
    name: Field;
    label: string;
    value: string;
    /** What the field was filled with, and the instant that stands for. */
    was: string;
    at: string;
    utc: string;
    choices: { value: string; label: string }[];
    chosen: string;
  }[];
}

const labels: Record<Field, string> = { scheduledFor: 'Begins', scheduledUntil: 'Ends' };

/** Both fields, with what was typed or the times as they stand. */
export const windowView = (
  form: FormState,
  zone: string,
  current: Window | undefined,
): WindowView => ({
  zone: zone === 'Etc/UTC' ? 'UTC' : zone,
  fields: fields.map((name) => {
    const was = current ? localTime(zone, current[name]) : '';
    const value = form.values[name] ?? was;
    return {
      name,
      label: labels[name],
      value,
      was,
      at: current?.[name].toISOString() ?? '',
      utc: utcOf(zone, value, current?.[name], was),
      choices: value === was ? [] : promiseChoices(value, zone),
      chosen: form.values[`${name}Choice`] ?? '',
    };
  }),
});

function utcOf(zone: string, value: string, current: Date | undefined, was: string): string {
  if (current && value === was) return utcFull(current);
  const read = readLocalTime(zone, value);
  return read.kind === 'one' ? utcFull(read.at) : '';
}
