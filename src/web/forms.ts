// Reading forms: urlencoded and multipart only, texts only.
import { AppError } from '../shared/errors.ts';
import type { Context } from './types.ts';

/** A field sent once is a text, one sent again a list: a schema for one text refuses the list (S-26). */
export type FormValues = Record<string, string | string[]>;

/** The request's form. Reads the body once, however often it is asked. An empty body is an empty form. */
export function readForm(c: Context): Promise<FormValues> {
  const form = c.get('form') ?? parseForm(c);
  c.set('form', form);
  return form;
}

/** All values of a field that may be repeated. */
export function manyOf(form: FormValues, field: string): string[] {
  const value = Object.hasOwn(form, field) ? form[field] : undefined;
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}

/** What was typed into a field, for showing it again; empty for anything but one text. */
export function oneOf(form: FormValues, field: string): string {
  const value = Object.hasOwn(form, field) ? form[field] : undefined;
  return typeof value === 'string' ? value : '';
}

const formTypes = ['application/x-www-form-urlencoded', 'multipart/form-data'];

/** True when the request says it carries a form. */
export const carriesForm = (c: Context) => formTypes.includes(mediaType(c));

export const mediaType = (c: Context) =>
  (c.req.header('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';

async function parseForm(c: Context): Promise<FormValues> {
  if (!carriesForm(c)) return {};
  const values = new Map<string, string | string[]>();
  for (const [name, value] of await readEntries(c)) {
    if (typeof value !== 'string') throw new AppError('invalid', 'Files cannot be sent here.');
    const before = values.get(name);
    if (before === undefined) values.set(name, value);
    else values.set(name, typeof before === 'string' ? [before, value] : [...before, value]);
  }
  return Object.fromEntries(values);
}

async function readEntries(c: Context) {
  const formData = c.req.formData();
  try {
    return [...(await formData).entries()];
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError('invalid', 'This form could not be read.', { cause: error });
  }
}
