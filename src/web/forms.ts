// Reading forms: urlencoded and multipart only; texts, and files where a route takes them.
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
    if (typeof value !== 'string') {
      if (c.get('route')?.takesFiles) continue;
      throw new AppError('invalid', 'Files cannot be sent here.');
    }
    const before = values.get(name);
    if (before === undefined) values.set(name, value);
    else values.set(name, typeof before === 'string' ? [before, value] : [...before, value]);
  }
  return Object.fromEntries(values);
}

/** A file of the form, on a route that takes files; empty when none was chosen. */
export async function readFile(c: Context, field: string): Promise<Buffer> {
  const sent = (await readEntries(c)).find(([name]) => name === field)?.[1];
  return sent instanceof File ? Buffer.from(await sent.arrayBuffer()) : Buffer.alloc(0);
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
