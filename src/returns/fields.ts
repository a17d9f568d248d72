// Reads header fields and groups of them: the form of message heads, delivery-status and feedback reports. Pure.

/** Lower-case name to its values, unfolded, in order. */
export type Fields = Map<string, string[]>;

/** Far more than any report has. */
const mostGroups = 50;

/** Groups of fields that blank lines part. Lines that are no fields are skipped. */
export function fieldGroups(text: string): Fields[] {
  return text
    .replaceAll(/\r\n?/g, '\n')
    .replace(/^\n+/, '')
    .split(/\n[ \t]*\n/, mostGroups)
    .map(readGroup)
    .filter((group) => group.size > 0);
}

function readGroup(block: string): Fields {
  const fields: Fields = new Map();
  for (const line of block.replaceAll(/\n[ \t]+/g, ' ').split('\n')) {
    const [, name, value] = /^([!-9;-~]+)[ \t]*:(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    const key = name.toLowerCase();
    fields.set(key, [...(fields.get(key) ?? []), value.trim()]);
  }
  return fields;
}

/** A field's first value; empty where there is none. */
export const fieldOf = (fields: Fields, name: string) => fields.get(name)?.[0] ?? '';

/** The text behind a type such as `smtp;` or `rfc822;`. */
export const withoutType = (value: string) => value.replace(/^[\w-]+\s*;\s*/, '');
