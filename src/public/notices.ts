// Answers in the public layout that are not documents: a few words for one visitor, never kept.
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { allowInline } from '../web/headers.ts';
import type { Context, Site } from '../web/types.ts';
import type { Model } from '../web/views.ts';
import { page } from './pages.ts';

interface Notice {
  heading: string;
  text: string;
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
  const { heading, text, button = '', action = '', oneClick = false, link } = words;
  const model = { heading, text, button, action, oneClick, link };
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
