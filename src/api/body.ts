// Reads a management request's body and query: JSON or Rails' form encoding, refused when misshapen.
import type { Context } from 'hono';
import { AppError } from '../shared/errors.ts';

const badRequest = (message: string) => new AppError('invalid', message);

/** The body as nested objects. Throws `invalid` when unreadable, `unsupported` for other media types. */
export async function readBody(c: Context): Promise<unknown> {
  const type = (c.req.header('content-type') ?? '').split(';')[0]?.trim().toLowerCase();
  if (type === 'application/json') return readJson(await c.req.text());
  if (type === 'application/x-www-form-urlencoded') return readRailsForm(await c.req.text());
  throw new AppError(
    'unsupported',
    'Please send JSON (application/json) or a form (application/x-www-form-urlencoded).',
  );
}

function readJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text, wellFormed);
  } catch {
    throw badRequest('The body is not valid JSON.');
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw badRequest('The body must be a JSON object.');
}

/** A lone surrogate would come back from the database as something else than what was compared with. */
const wellFormed = (_: string, value: unknown) =>
  typeof value === 'string' ? value.toWellFormed() : value;

interface Nested {
  [key: string]: string | string[] | Nested;
}

const formKey = /^[^[\]]+(\[[^[\]]*\]){0,3}$/;

/** `incident[name]=…`, `incident[components][ID]=…`, `incident[component_ids][]=…` as nested objects. */
export function readRailsForm(text: string): Nested {
  const root = emptyObject();
  for (const [name, value] of new URLSearchParams(text)) {
    if (!formKey.test(name)) throw badRequest('A parameter name in the form is malformed.');
    const path = name.replaceAll(']', '').split('[');
    const isList = path.length > 1 && path.at(-1) === '';
    place(root, isList ? path.slice(0, -1) : path, value, isList);
  }
  return root;
}

function place(root: Nested, path: string[], value: string, isList: boolean): void {
  let parent = root;
  for (const part of path.slice(0, -1)) {
    const child = (parent[part] ??= emptyObject());
    if (typeof child === 'string' || Array.isArray(child)) throw twice(path);
    parent = child;
  }
  const key = path.at(-1) ?? '';
  const present = parent[key];
  if (!isList) {
    if (present !== undefined) throw twice(path);
    parent[key] = value;
  } else if (present === undefined) {
    parent[key] = [value];
  } else if (Array.isArray(present)) {
    present.push(value);
  } else {
    throw twice(path);
  }
}

const twice = (path: string[]) => badRequest(`The parameter ${path.join('.')} is given twice.`);

// Without a prototype, so that no name in a form means anything but itself (S-23).
const emptyObject = (): Nested => Object.create(null) as Nested;

/** A whole number of the query, or `fallback` when it is not given. Throws `invalid` otherwise (S-26). */
export function queryNumber(
  c: Context,
  name: string,
  { min, max, fallback }: { min: number; max: number; fallback: number },
): number {
  const given = c.req.queries(name) ?? [];
  const [text] = given;
  if (text === undefined) return fallback;
  const number = Number(text);
  if (given.length === 1 && /^\d{1,9}$/.test(text) && number >= min) return Math.min(number, max);
  throw badRequest(`The parameter ${name} must be one whole number, at least ${min}.`);
}

/** Tells the faults of `work` under the names that the client sent things by. */
export async function withFieldNames<T>(
  nameOf: (field: string) => string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'invalid') throw error;
    const fields = Object.fromEntries(
      Object.entries(error.fields).map(([field, message]) => [nameOf(field), message]),
    );
    throw new AppError('invalid', error.message, { fields, cause: error });
  }
}
