// Visitors' own pages: subscribing, and the links in our mails. A GET shows, a POST acts (S-60).
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { AppError } from '../shared/errors.ts';
import type { PublicSnapshot } from '../status/types.ts';
import {
  confirm,
  readConfirm,
  readManage,
  readUnsubscribe,
  saveManage,
  subscribe,
  unsubscribe,
} from '../subscribers/service.ts';
import type { Subscription } from '../subscribers/types.ts';
import { alreadySubscribedMail, confirmationMail } from '../templates/mails.ts';
import { statusOf } from '../web/errors.ts';
import { manyOf, oneOf, readForm } from '../web/forms.ts';
import type { Context, Method, Route, Site } from '../web/types.ts';
import type { Document } from './types.ts';
import { notice, send } from './notices.ts';
import { page, subscribeChoices } from './pages.ts';

/** The form alone, for those who come by a link; the home page has it too. */
export const subscribePage = (snapshot: PublicSnapshot): Document =>
  page(snapshot, 'public/subscribe', `Get updates · ${snapshot.page.name}`, {
    choices: subscribeChoices(snapshot),
    email: '',
    error: '',
  });

const formLimit = 4 * 1024;

export function visitorRoutes(site: Site): Route[] {
  const route = (
    method: Method,
    path: string,
    handle: (site: Site, c: Context) => Response | Promise<Response>,
  ): Route => ({
    method,
    path,
    surface: 'visitor',
    needs: null,
    limit: formLimit,
    handle: (c) => handle(site, c),
  });
  return [
    route('POST', '/subscribe', postSubscribe),
    route('GET', '/subscriptions/confirm/:token', showConfirm),
    route('POST', '/subscriptions/confirm/:token', postConfirm),
    route('GET', '/subscriptions/manage/:token', showManage),
    route('POST', '/subscriptions/manage/:token', postManage),
    route('GET', '/unsubscribe/:token', showUnsubscribe),
    route('POST', '/unsubscribe/:token', postUnsubscribe),
  ];
}

/** The answer is the same for an address in any state (S-61). */
async function postSubscribe(site: Site, c: Context): Promise<Response> {
  const form = await readForm(c);
  const componentIds = manyOf(form, 'component');
  if (Array.isArray(form['email'])) throw new AppError('invalid', 'Please send one email address.');
  const email = oneOf(form, 'email');
  try {
    const request = { email, componentIds, website: oneOf(form, 'website'), ...visit(c) };
    await subscribe(site.kernel, request, { confirmationMail, alreadySubscribedMail });
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'unavailable') throw error;
    if (error.retryAfter !== undefined) c.header('Retry-After', String(error.retryAfter));
    const message = error.fields['email'] ?? Object.values(error.fields)[0] ?? error.message;
    return send(site, c, 'public/subscribe', 'Get updates', statusOf(error), {
      choices: subscribeChoices(site.snapshots.current(), componentIds),
      email: email.slice(0, 254),
      error: message,
    });
  }
  return notice(site, c, {
    heading: 'Check your inbox',
    text: 'If the address is right, an email with a link is on its way. Open the link within 48 hours to confirm. Nothing else is sent until you do.',
  });
}

const visit = (c: Context) => ({
  ip: c.get('ip'),
  userAgent: (c.req.header('user-agent') ?? '').slice(0, 300),
  requestId: c.get('requestId'),
});

const token = (c: Context) => c.req.param('token') ?? '';

/** Uses nothing up: mail scanners open links too. */
async function showConfirm(site: Site, c: Context): Promise<Response> {
  try {
    const { email } = await readConfirm(site.kernel, token(c));
    return notice(site, c, {
      heading: 'Confirm your subscription',
      text: `One press, and incident updates come to ${email}.`,
      button: 'Confirm',
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
      heading: 'You are subscribed',
      text: 'We write when something happens. Every email has a link to unsubscribe.',
      link: { href: manageUrl(subscription), label: 'Choose components' },
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
  const componentIds = manyOf(await readForm(c), 'component');
  try {
    const saved = await saveManage(site.kernel, token(c), componentIds, visit(c));
    const about =
      saved.componentIds.length === 0
        ? 'You will hear about every component.'
        : 'You will hear about the components chosen below.';
    return manage(site, c, saved, { saved: about });
  } catch (error) {
    if (error instanceof AppError && error.code === 'invalid') {
      const current = await readManage(site.kernel, token(c));
      return manage(site, c, current, { error: error.message }, 400);
    }
    return deadLink(site, c, error);
  }
}

const manageUrl = (subscription: Subscription) =>
  `/subscriptions/manage/${encodeURIComponent(subscription.token)}`;

const manage = (
  site: Site,
  c: Context,
  subscription: Subscription,
  more: { saved?: string; error?: string } = {},
  status: ContentfulStatusCode = 200,
) =>
  send(site, c, 'public/manage', 'Your subscription', status, {
    email: subscription.email,
    choices: subscribeChoices(site.snapshots.current(), subscription.componentIds),
    action: manageUrl(subscription),
    unsubscribeUrl: `/unsubscribe/${encodeURIComponent(subscription.unsubscribeToken)}`,
    saved: more.saved ?? '',
    error: more.error ?? '',
  });

async function showUnsubscribe(site: Site, c: Context): Promise<Response> {
  try {
    await readUnsubscribe(site.kernel, token(c));
  } catch (error) {
    return deadLink(site, c, error);
  }
  return notice(site, c, {
    heading: 'Unsubscribe',
    text: 'Press the button, and no further incident emails are sent to you.',
    button: 'Unsubscribe',
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
    heading: 'You are unsubscribed',
    text: 'No further incident emails are sent to you. If one is already on its way, it is the last.',
  });
}

/** Unknown, used and expired links look alike (S-62); anything else is a fault and goes on. */
function deadLink(site: Site, c: Context, error: unknown): Response {
  const isDead =
    error instanceof AppError && ['not_found', 'gone', 'forbidden', 'invalid'].includes(error.code);
  if (!isDead) throw error;
  return notice(
    site,
    c,
    {
      heading: 'This link does not work',
      text: 'It may be too old, used already, or not copied whole.',
      link: { href: '/subscribe', label: 'Get a new link' },
    },
    404,
  );
}
