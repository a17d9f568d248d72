// The links in our mails to subscribers: confirm, choose, leave. A GET shows, a POST acts (S-60).
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { AppError, type FieldErrors } from '../shared/errors.ts';
import {
  confirm,
  readConfirm,
  readManage,
  readUnsubscribe,
  saveManage,
  unsubscribe,
} from '../subscribers/service.ts';
import { type ChangedChoices, type Subscription, topics } from '../subscribers/types.ts';
import { manyOf, oneOf, type FormValues, readForm } from '../web/forms.ts';
import type { Context, Route, Site } from '../web/types.ts';
import { deadLink, notice, say, send, token, visit } from './notices.ts';
import { subscribeChoices } from './pages.ts';
import { readTopics } from './subscribe-asking.ts';
import { shownErrors, wishLines } from './subscribe-model.ts';
import { routeFor } from './visitor-route.ts';

export function linkRoutes(site: Site): Route[] {
  const route = routeFor(site);
  return [
    route('GET', '/subscriptions/confirm/:token', showConfirm),
    route('POST', '/subscriptions/confirm/:token', postConfirm),
    route('GET', '/subscriptions/manage/:token', showManage),
    route('POST', '/subscriptions/manage/:token', postManage),
    route('GET', '/unsubscribe/:token', showUnsubscribe),
    route('POST', '/unsubscribe/:token', postUnsubscribe),
  ];
}

/** Uses nothing up: mail scanners open links too. */
async function showConfirm(site: Site, c: Context): Promise<Response> {
  try {
    const pending = await readConfirm(site.kernel, token(c));
    return notice(site, c, {
      heading: say('confirm.heading'),
      text: say('confirm.text', { email: pending.email }),
      points: wishLines(say, pending),
      button: say('confirm.button'),
      action: `/subscriptions/confirm/${encodeURIComponent(token(c))}`,
    });
  } catch (error) {
    return deadLink(site, c, error);
  }
}

async function postConfirm(site: Site, c: Context): Promise<Response> {
  try {
    const subscription = await confirm(site.kernel, token(c), visit(c));
    return notice(site, c, {
      heading: say('confirm.done'),
      text: say('confirm.done_text'),
      link: { href: manageUrl(subscription), label: say('confirm.manage') },
    });
  } catch (error) {
    return deadLink(site, c, error);
  }
}

async function showManage(site: Site, c: Context): Promise<Response> {
  try {
    return manage(site, c, await readManage(site.kernel, token(c)));
  } catch (error) {
    return deadLink(site, c, error);
  }
}

async function postManage(site: Site, c: Context): Promise<Response> {
  const form = await readForm(c);
  try {
    const saved = await saveManage(site.kernel, token(c), readChanges(form), visit(c));
    return manage(site, c, saved, { saved: savedWords(saved) });
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'invalid') return deadLink(site, c, error);
    const typed = { topics: manyOf(form, 'topic'), componentIds: manyOf(form, 'component') };
    const current = { ...(await readManage(site.kernel, token(c))), ...typed };
    return manage(site, c, current, { errors: error.fields, kept: manyOf(form, 'incident') }, 400);
  }
}

/** An unticked box sends nothing: only a form that says it shows topics and follows can take them away. */
function readChanges(form: FormValues): ChangedChoices {
  const componentIds = manyOf(form, 'component');
  if (oneOf(form, 'shown') !== 'topics') return { componentIds };
  return {
    componentIds,
    topics: readTopics(manyOf(form, 'topic'), topics),
    incidentIds: manyOf(form, 'incident'),
  };
}

function savedWords({ topics: wanted, componentIds }: Subscription): string {
  if (wanted.length === 0) return say('manage.saved_follows');
  return componentIds.length === 0 ? say('manage.saved_all') : say('manage.saved_some');
}

const manageUrl = (subscription: Subscription) =>
  `/subscriptions/manage/${encodeURIComponent(subscription.token)}`;

/** As it stands, or as it was typed: topics may hold any word then. */
type Shown = Omit<Subscription, 'topics'> & { topics: readonly string[] };

const manage = (
  site: Site,
  c: Context,
  { email, topics: wanted, componentIds, incidents, ...links }: Shown,
  more: { saved?: string; errors?: FieldErrors; kept?: string[] } = {},
  status: ContentfulStatusCode = 200,
) =>
  send(site, c, 'public/manage', say('manage.title'), status, {
    lead: say('manage.lead', { email }),
    topics: topics.map((value) => ({ value, isChosen: wanted.includes(value) })),
    choices: subscribeChoices(site.snapshots.current(), [...componentIds]),
    incidents: incidents.map((one) => ({ ...one, isKept: more.kept?.includes(one.id) ?? true })),
    action: `/subscriptions/manage/${encodeURIComponent(links.token)}`,
    unsubscribeUrl: `/unsubscribe/${encodeURIComponent(links.unsubscribeToken)}`,
    saved: more.saved ?? '',
    errors: shownErrors(more.errors ?? {}),
  });

async function showUnsubscribe(site: Site, c: Context): Promise<Response> {
  try {
    await readUnsubscribe(site.kernel, token(c));
  } catch (error) {
    return deadLink(site, c, error);
  }
  return notice(site, c, {
    heading: say('unsubscribe.heading'),
    text: say('unsubscribe.text'),
    button: say('unsubscribe.button'),
    action: `/unsubscribe/${encodeURIComponent(token(c))}`,
    oneClick: true,
  });
}

/** RFC 8058: mail programs post this field without cookie or origin; our button sends the same (S-64). */
async function postUnsubscribe(site: Site, c: Context): Promise<Response> {
  const form = await readForm(c);
  if (oneOf(form, 'List-Unsubscribe') !== 'One-Click') return showUnsubscribe(site, c);
  try {
    await unsubscribe(site.kernel, token(c), visit(c));
  } catch (error) {
    return deadLink(site, c, error);
  }
  return notice(site, c, {
    heading: say('unsubscribe.done'),
    text: say('unsubscribe.done_text'),
  });
}
