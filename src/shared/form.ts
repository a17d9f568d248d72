// Input from outside, read against a schema: the value, or a message for each field that is wrong.
import { z } from 'zod';
import { parseAddress } from './address.ts';
import { AppError, type FieldErrors } from './errors.ts';
import { cleanText, isSingleLine } from './text.ts';
import { isTimeZone } from './time.ts';

/** Reads `raw` or throws `invalid` with the first message per field. Unknown keys are dropped (S-23). */
export function parse<T extends z.ZodType>(schema: T, raw: unknown): z.output<T> {
  const result = schema.safeParse(raw);
  if (result.success) return result.data;
  const fields: FieldErrors = {};
  for (const issue of result.error.issues) fields[issue.path.join('.')] ??= issue.message;
  throw new AppError('invalid', 'Please correct the fields below.', { fields });
}

/** One line of text, trimmed, 1 to `max` characters. A break at its end is refused too, not trimmed (S-51). */
export const line = (max: number, missing = 'Please fill this in.') =>
  z
    .string({ error: missing })
    .refine(isSingleLine, 'Please keep this on one line.')
    .transform((text) => text.trim())
    .refine((text) => text.length > 0, missing)
    .refine((text) => text.length <= max, `Please use at most ${max} characters.`);

/** One line of text that may be left empty. */
export const optionalLine = (max: number) =>
  z
    .string()
    .default('')
    .refine(isSingleLine, 'Please keep this on one line.')
    .transform((text) => text.trim())
    .refine((text) => text.length <= max, `Please use at most ${max} characters.`);

/** Text of several lines, cleaned of control characters, 1 to `maxBytes` of UTF-8. */
export const words = (maxBytes: number, missing = 'Please write something.') =>
  z
    .string({ error: missing })
    .transform((text) => cleanText(text).trim())
    .refine((text) => text.length > 0, missing)
    .refine(
      (text) => Buffer.byteLength(text) <= maxBytes,
      `This is too long: at most ${Math.floor(maxBytes / 1000)} KB.`,
    );

/** An email address in our one grammar. */
export const address = () =>
  z.string({ error: 'Please enter an email address.' }).transform((text, context) => {
    const found = parseAddress(text);
    if (found) return found;
    context.addIssue({
      code: 'custom',
      message: 'Please enter one email address, like name@example.com.',
    });
    return z.NEVER;
  });

export const timeZone = () =>
  z.string().refine(isTimeZone, 'Please choose a time zone, such as Europe/Amsterdam.');

/** A whole number: a number, or a text of digits only, so that `1e1` and ` 0x1f` are none. */
export const wholeNumber = (min: number, max: number) => {
  const range = `Please enter a number from ${min} to ${max}.`;
  return z.preprocess(
    (raw) => (typeof raw === 'string' && /^\d+$/.test(raw) ? Number(raw) : raw),
    z.number({ error: range }).int(`Please enter a whole number.`).min(min, range).max(max, range),
  );
};
