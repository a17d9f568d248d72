// Answers in the public layout that are not documents: a few words for one visitor, never kept.
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { AppError } from '../shared/errors.ts';
import { allowInline } from '../web/headers.ts';
import { defaultLanguage } from '../web/language.ts';
import type { Context, Site } from '../web/types.ts';
import type { Model } from '../web/views.ts';
import { page } from './pages.ts';

interface Notice {
  heading: string;
  text: string;
  /** A list under the text. */
  points?: string[];
  /** A webhook's signing secret, shown once. */
  secret?: string | undefined;
  button?: string;
  action?: string;
  oneClick?: boolean;
  link?: { href: string; label: string };
}

export function notice(
  site: Site,
  c: Context,
  words: Notice,
  status: ContentfulStatusCode = 200,
): Response {
  const { heading, text, points = [], secret = '', button = '', action = '', link } = words;
  const { oneClick = false } = words;
  const model = { heading, text, points, secret, button, action, oneClick, link };
  return send(site, c, 'public/notice', heading, status, model);
}

export function send(
  site: Site,
  c: Context,
  view: string,
  title: string,
  status: ContentfulStatusCode,
  model: Model,
): Response {
  const snapshot = site.snapshots.current();
  const document = page(snapshot, view, `${title} · ${snapshot.page.name}`, model);
  allowInline(c, { styles: [document.styleHash] });
  return c.html(document.body, status);
}

/** The words of these pages, in the page's default language. */
export const say = (key: string, values?: Record<string, string | number>) =>
  defaultLanguage().t(`subscribe:${key}`, values);

/** Where a visitor's request came from, for limits and for the proof of consent. */
export const visit = (c: Context) => ({
  ip: c.get('ip'),
  userAgent: (c.req.header('user-agent') ?? '').slice(0, 300),
  requestId: c.get('requestId'),
});

/** The secret in the path. */
export const token = (c: Context) => c.req.param('token') ?? '';

/** Unknown, used and expired links look alike (S-62); anything else is a fault and goes on. */
export function deadLink(site: Site, c: Context, error: unknown): Response {
  if (!isDead(error)) throw error;
  const words = {
    heading: say('dead.heading'),
    text: say('dead.text'),
    link: { href: '/subscribe', label: say('dead.link') },
  };
  return notice(site, c, words, 404);
}

/** Whether a fault says no more than that a link leads nowhere. */
export const isDead = (error: unknown): error is AppError =>
  error instanceof AppError && ['not_found', 'gone', 'forbidden', 'invalid'].includes(error.code);
