// Small checks of which a schema of Statuspage's JSON is put together: keys in their order, and what each may hold.

export type Json = Record<string, unknown>;

/** Names what is wrong with a value, each fault with its place; nothing when all is well. */
export type Check = (value: unknown, place: string, rules: Rules) => string[];

export interface Rules {
  /** Every time is written with its offset; unset for documents that were made by hand. */
  timeZone?: string;
  /** Keys that older documents left out. */
  mayLack?: string[];
}

const holds =
  (what: string, test: (value: unknown, rules: Rules) => boolean): Check =>
  (value, place, rules) =>
    test(value, rules) ? [] : [`${place} is ${JSON.stringify(value)?.slice(0, 80)}, not ${what}`];

export const matches = (what: string, pattern: RegExp) =>
  holds(what, (value) => typeof value === 'string' && pattern.test(value));

export const text = holds('a text', (value) => typeof value === 'string');
export const flag = holds('true or false', (value) => typeof value === 'boolean');
export const nothing = holds('null', (value) => value === null);
export const id = matches('an id', /^[0-9b-df-hj-np-tv-z]{12}$/);
export const url = matches('an address without a slash at its end', /^https?:\/\/\S+[^/]$/);
export const place = holds('a position', (value) => Number.isInteger(value) && Number(value) >= 1);
export const day = matches('a day', /^\d{4}-\d{2}-\d{2}$/);

export const time = holds('a time in the zone, with milliseconds', (value, { timeZone }) => {
  const form = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}(Z|[+-]\d{2}:\d{2})$/.exec(
    String(value),
  );
  if (!form || typeof value !== 'string') return false;
  return timeZone === undefined || form[1] === offsetIn(timeZone, new Date(value));
});

/** By a road of its own, not the product's. Only UTC itself is written `Z`: London in winter is not. */
function offsetIn(timeZone: string, at: Date): string {
  if (timeZone === 'Etc/UTC') return 'Z';
  const named = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' })
    .formatToParts(at)
    .find((part) => part.type === 'timeZoneName');
  const offset = (named?.value ?? '').replace('GMT', '');
  return offset === '' ? '+00:00' : offset;
}

export const oneOf = (...words: string[]) =>
  holds(`one of ${words.join(', ')}`, (value) => words.includes(String(value)));

export const orNull =
  (check: Check): Check =>
  (value, where, rules) =>
    value === null ? [] : check(value, where, rules);

export const listOf =
  (check: Check): Check =>
  (value, where, rules) =>
    Array.isArray(value)
      ? value.flatMap((one, i) => check(one, `${where}[${i}]`, rules))
      : [`${where} is no list`];

export const filled =
  (check: Check): Check =>
  (value, where, rules) =>
    Array.isArray(value) && value.length === 0 ? [`${where} is empty`] : check(value, where, rules);

/** An object with exactly these keys, in this order. */
export const object =
  (shape: Record<string, Check>): Check =>
  (value, where, rules) => {
    if (typeof value !== 'object' || value === null) return [`${where} is no object`];
    const wanted = Object.keys(shape).filter(
      (key) => !rules.mayLack?.includes(key) || Object.hasOwn(value, key),
    );
    const keys = Object.keys(value);
    if (keys.join() !== wanted.join())
      return [`${where} has the keys ${keys.join()}, not ${wanted.join()}`];
    return keys.flatMap(
      (key) => shape[key]?.((value as Json)[key], `${where}.${key}`, rules) ?? [],
    );
  };

/** What is wrong with a document, place by place. */
export const faultsOf = (schema: Check, document: unknown, rules: Rules = {}): string[] =>
  schema(document, '', rules);
