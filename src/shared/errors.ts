// What can go wrong, in words without a transport. Mapped once to HTTP in web/errors.ts.

const errorCodes = [
  'invalid',
  'unauthenticated',
  'forbidden',
  'not_found',
  'conflict',
  'gone',
  'too_large',
  'unsupported',
  'mismatch',
  'too_many',
  'unavailable',
] as const;
export type ErrorCode = (typeof errorCodes)[number];

/** Messages per form field; the empty string names the form as a whole. */
export type FieldErrors = Record<string, string>;

/** A fault whose `message` and `fields` are fit for the person who caused it. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly fields: FieldErrors;
  /** Seconds after which trying again makes sense. */
  readonly retryAfter: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    more: { fields?: FieldErrors; retryAfter?: number; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? {} : { cause: more.cause });
    this.name = 'AppError';
    this.code = code;
    this.fields = more.fields ?? {};
    this.retryAfter = more.retryAfter;
  }
}

/** Bad input at one field. */
export const invalid = (field: string, message: string) =>
  new AppError('invalid', message, { fields: { [field]: message } });

export const notFound = (what: string) => new AppError('not_found', `There is no such ${what}.`);
