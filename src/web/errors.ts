// Faults become answers here and nowhere else: generic words, never a stack (S-46).
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { AppError, type ErrorCode } from '../shared/errors.ts';
import { assetText } from './assets.ts';
import { allowInline, inlineHash } from './headers.ts';
import type { Context, Method, Site } from './types.ts';
import { render } from './views.ts';

const statuses: Record<ErrorCode, ContentfulStatusCode> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  gone: 410,
  too_large: 413,
  unsupported: 415,
  mismatch: 422,
  too_many: 429,
  unavailable: 503,
};

export const statusOf = (error: AppError): ContentfulStatusCode => statuses[error.code];

/** Logs what is our fault, once, and answers with what the asker may know. */
export function answerError(site: Site, c: Context, error: unknown): Response {
  const fault = error instanceof AppError ? error : undefined;
  const requestId = c.get('requestId');
  if (!fault) site.kernel.log.error({ err: error, requestId }, 'a request failed');
  if (fault?.code === 'unavailable') {
    site.kernel.log.warn({ err: fault, requestId }, 'a request was refused for now');
  }
  const status = fault ? statusOf(fault) : 500;
  const message =
    fault?.message ?? 'The fault is on our side and has been noted. Please try again in a moment.';
  if (fault?.retryAfter !== undefined) c.header('Retry-After', String(fault.retryAfter));
  return answerAs(c, { status, code: fault?.code ?? 'internal', message, fault });
}

/** Answers a method that a path does not offer, so that nobody takes the path for missing. */
export function answerNotOffered(c: Context, methods: readonly Method[]): Response {
  const allowed = methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
  c.header('Allow', allowed.join(', '));
  const message = 'This address is not for that.';
  return answerAs(c, { status: 405, code: 'not_offered', message, fault: undefined });
}

function answerAs(c: Context, answer: Answer): Response {
  const kind = kindOf(c, answer.status);
  if (kind === 'v1') return v1Answer(c, answer);
  return kind === 'json' ? jsonAnswer(c, answer) : pageAnswer(c, answer);
}

interface Answer {
  status: ContentfulStatusCode;
  code: string;
  message: string;
  fault: AppError | undefined;
}

/**
 * By path and surface for what caches share; only at the desk, which nothing caches, by what is asked for.
 * What does not exist is told by a page, as Statuspage does also under `/api/`.
 */
function kindOf(c: Context, status: number): 'v1' | 'json' | 'page' {
  const { path } = c.req;
  const surface = c.get('route')?.surface;
  if (surface === 'api' || path.startsWith('/v1/')) return 'v1';
  const isDocument = path.startsWith('/api/') || path.endsWith('.json');
  if (surface === 'system' || (isDocument && status !== 404)) return 'json';
  const accept = c.req.header('accept') ?? '';
  const wantsJson = accept.includes('application/json') && !accept.includes('text/html');
  return surface === 'desk' && wantsJson ? 'json' : 'page';
}

/** Statuspage's shape. What is wrong with single fields is 422 there, what cannot be read at all 400. */
function v1Answer(c: Context, { status, message, fault }: Answer): Response {
  const fields = Object.entries(fault?.fields ?? {}).filter(([field]) => field !== '');
  if (fields.length === 0) return c.json({ error: message }, status);
  const error = fields.map(([field, words]) => `${field}: ${words}`).join(' ');
  return c.json({ error, fields: fault?.fields }, status === 400 ? 422 : status);
}

function jsonAnswer(c: Context, { status, code, message, fault }: Answer): Response {
  const named = isTraceable(c, status) ? { request_id: c.get('requestId') } : {};
  return c.json({ error: { code, message, fields: fault?.fields ?? {}, ...named } }, status);
}

const titles: Partial<Record<string, string>> = {
  invalid: 'That could not be read',
  unauthenticated: 'Please sign in',
  forbidden: 'Not allowed',
  not_found: 'Not found',
  not_offered: 'Not possible here',
  conflict: 'That does not fit any more',
  gone: 'Gone',
  too_large: 'Too large',
  unsupported: 'That cannot be read',
  mismatch: 'That was sent differently before',
  too_many: 'Please slow down',
};

function pageAnswer(c: Context, { status, code, message }: Answer): Response {
  const style = assetText('error.css');
  allowInline(c, { styles: [inlineHash(style)] });
  const surface = c.get('route')?.surface;
  const model = {
    title: titles[code] ?? 'Something went wrong',
    message,
    style,
    requestId: isTraceable(c, status) ? c.get('requestId') : '',
    signIn: surface === 'desk' && status === 401,
    home: surface === 'desk' ? '/admin' : '/',
  };
  return render(c, 'error', model, status);
}

/**
 * Whether the answer names the request. Public refusals do not: a thing that is hidden and a thing that
 * does not exist must answer with the same bytes (S-40).
 */
function isTraceable(c: Context, status: number): boolean {
  const surface = c.get('route')?.surface ?? 'public';
  return status >= 500 || (surface !== 'public' && surface !== 'visitor');
}
