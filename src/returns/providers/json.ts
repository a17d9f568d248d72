// Reading other people's JSON: a value is what it should be, or as good as not there.
import { AppError } from '../../shared/errors.ts';

export type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The body as a value. Throws `invalid`. */
export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw misshapen();
  }
}

export const misshapen = () => new AppError('invalid', 'The body is not what is expected here.');

/** An object, or `invalid`. */
export function mustBeObject(value: unknown): Json {
  if (isObject(value)) return value;
  throw misshapen();
}

/** A list of objects of at most `most`, or `invalid`. */
export function mustBeList(value: unknown, most: number): Json[] {
  if (Array.isArray(value) && value.length <= most && value.every(isObject)) return value;
  throw misshapen();
}

/** The object at a key; empty where there is none. */
export const objectAt = (parent: Json, key: string): Json => {
  const value = parent[key];
  return isObject(value) ? value : {};
};

/** The objects in the list at a key. */
export function listAt(parent: Json, key: string): Json[] {
  const value = parent[key];
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** The text at a key, numbers too; empty where there is none. */
export function textAt(parent: Json, key: string): string {
  const value = parent[key];
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? String(value) : '';
}

export function numberAt(parent: Json, key: string): number | undefined {
  const number = Number(textAt(parent, key) || Number.NaN);
  return Number.isInteger(number) ? number : undefined;
}
