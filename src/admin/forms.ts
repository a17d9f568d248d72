// What the desk's forms have in common: fields read from a request, and showing them again after a fault.
import { AppError, type FieldErrors } from '../shared/errors.ts';
import { publicIdPattern } from '../shared/ids.ts';
import { type FormValues, manyOf, oneOf } from '../web/forms.ts';
import { readLocalTime } from '../shared/local-time.ts';
import { localChoice } from './rules.ts';

/** Values and messages by field, as views show them. */
export interface FormState {
  values: Record<string, string>;
  errors: FieldErrors;
  /** The message for the form as a whole; empty when there is none. */
  message: string;
}

export const freshForm = (values: Record<string, string> = {}): FormState => ({
  values: { ...values },
  errors: {},
  message: '',
});

/** What was typed, with what is wrong about it. */
export function failedForm(typed: FormValues, error: AppError): FormState {
  const values = Object.fromEntries(Object.keys(typed).map((name) => [name, oneOf(typed, name)]));
  return { values, errors: error.fields, message: error.message };
}

/** Runs `work`; a fault that its person can mend is shown by `again`, any other goes on up. */
export async function mendable<T>(
  work: () => Promise<T>,
  again: (error: AppError) => T | Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AppError && mendableCodes.has(error.code)) return again(error);
    throw error;
  }
}

const mendableCodes = new Set(['invalid', 'conflict', 'mismatch', 'too_large', 'unavailable']);

const statusPrefix = 'components.';

/** The statuses chosen per component, by public id. Empty selects say nothing. */
export function chosenStatuses(form: FormValues): Record<string, string | string[]> {
  const chosen = Object.entries(form)
    .filter(([name, value]) => name.startsWith(statusPrefix) && value !== '')
    .map(([name, value]) => [name.slice(statusPrefix.length), value] as const)
    .filter(([id]) => publicIdPattern.test(id));
  return Object.fromEntries(chosen);
}

/** The version a form was made from. */
export function versionOf(form: FormValues): number {
  const text = oneOf(form, 'version');
  if (!/^\d{1,9}$/.test(text))
    throw new AppError('invalid', 'This form is incomplete. Please reload the page.');
  return Number(text);
}

/** The form's own key, so that pressing twice publishes once (F-20). */
export function keyOf(form: FormValues): string {
  const key = oneOf(form, 'key');
  if (!publicIdPattern.test(key)) {
    throw new AppError('invalid', 'This form is incomplete. Please reload the page.');
  }
  return key;
}

/** What was typed, to tell a form sent twice from one changed under the same key (F-20). */
export function sentOf(form: FormValues): FormValues {
  const { csrf: _, ...sent } = form;
  return sent;
}

/** Runs both readers, so that the faults of both are shown at once. */
export function readBoth<A, B>(first: () => A, second: () => B): [A, B] {
  const faults: AppError[] = [];
  const attempt = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'invalid') throw error;
      faults.push(error);
      return undefined;
    }
  };
  const [a, b] = [attempt(first), attempt(second)];
  const [fault] = faults;
  if (!fault) return [a as A, b as B];
  const fields = Object.assign({}, ...faults.map((one) => one.fields)) as FieldErrors;
  throw new AppError('invalid', fault.message, { fields });
}

/** A field that one text is expected in; a repeated one is refused by its schema (S-26). */
export const rawField = (form: FormValues, name: string) =>
  manyOf(form, name).length > 1 ? manyOf(form, name) : oneOf(form, name);

export interface PromiseField {
  zone: string;
  /** What an untouched field stands for. */
  usual: Date;
  now: Date;
}

/**
 * The promise: what was typed as local time in `zone`, or the usual one where the field was left as it
 * was. Throws `invalid` at `nextUpdateBy`, for a missing or double hour with both choices to pick from.
 */
export function promiseOf(form: FormValues, { zone, usual, now }: PromiseField): Date {
  const text = oneOf(form, 'nextUpdateBy');
  if (manyOf(form, 'nextUpdateBy').length > 1) throw promiseFault('Please enter one time.');
  if (text === '' || text === oneOf(form, 'nextUpdateDefault')) return usual;
  const read = readLocalTime(zone, text);
  if (read.kind === 'unreadable') throw promiseFault('Please enter a day and a time.');
  const at = read.kind === 'one' ? read.at : chosenInstant(form, read.choices);
  if (!at && read.kind === 'choose') throw promiseFault(choiceWords(text, zone, read.why));
  if (!at || at <= now) throw promiseFault('Please promise a time that is still to come.');
  return at;
}

const promiseFault = (message: string) =>
  new AppError('invalid', 'Please correct the fields below.', {
    fields: { nextUpdateBy: message },
  });

const chosenInstant = (form: FormValues, choices: Date[]) =>
  choices.find((choice) => choice.toISOString() === oneOf(form, 'nextUpdateChoice'));

export const choiceWords = (text: string, zone: string, why: 'missing' | 'double') =>
  why === 'missing'
    ? `${text.slice(11, 16)} does not exist in ${zone} on that day: the clocks go forward. Which of these do you mean?`
    : `${text.slice(11, 16)} comes twice in ${zone} on that day: the clocks go back. Which of these do you mean?`;

/** The instants to pick from for what was typed; none unless it needs a choice. */
export function promiseChoices(text: string, zone: string): { value: string; label: string }[] {
  const read = readLocalTime(zone, text);
  if (read.kind !== 'choose') return [];
  return read.choices.map((at) => ({ value: at.toISOString(), label: localChoice(zone, at) }));
}
