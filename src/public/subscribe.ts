// Asking for updates: the page with all ways to, and what its forms do. The answer is the same for an
// address in any state (S-61).
import { AppError, type FieldErrors } from '../shared/errors.ts';
import { requestManageLink } from '../subscribers/service.ts';
import { manageLinkMail } from '../templates/mails.ts';
import { statusOf } from '../web/errors.ts';
import { type FormValues, manyOf, oneOf, readForm } from '../web/forms.ts';
import type { Context, Route, Site } from '../web/types.ts';
import { editionOf } from './editions.ts';
import { notice, say, send, visit } from './notices.ts';
import { askByEmail, askByWebhook } from './subscribe-asking.ts';
import { type Channel, channelOf, subscribeModel, type Typed } from './subscribe-model.ts';
import { linkRoutes } from './subscribe-links.ts';
import { statuspageRoutes } from './subscribe-statuspage.ts';
import { hookRoutes } from './subscribe-webhooks.ts';
import { routeFor } from './visitor-route.ts';

/** Everything visitors send: forms, links from our mails, and Statuspage's own addresses for them. */
export function visitorRoutes(site: Site): Route[] {
  const route = routeFor(site);
  return [
    route('POST', '/subscribe', postSubscribe),
    route('POST', '/subscribe/webhook', postWebhook),
    route('GET', '/subscriptions/manage', (_, c) => askForLink(site, c)),
    route('POST', '/subscriptions/manage', postLink),
    ...linkRoutes(site),
    ...hookRoutes(site),
    ...statuspageRoutes(site),
  ];
}

async function postSubscribe(site: Site, c: Context): Promise<Response> {
  const form = await readForm(c);
  const typed = readTyped(form);
  try {
    await askByEmail(site, c, typed, oneOf(form, 'website'));
  } catch (error) {
    return askAnew(site, c, 'email', typed, error);
  }
  return checkInbox(site, c);
}

async function postWebhook(site: Site, c: Context): Promise<Response> {
  const form = await readForm(c);
  const typed = readTyped(form);
  try {
    await askByWebhook(site, c, typed, oneOf(form, 'website'));
  } catch (error) {
    return askAnew(site, c, channelOf(typed.format ?? ''), typed, error);
  }
  return checkInbox(site, c);
}

const checkInbox = (site: Site, c: Context) =>
  notice(site, c, { heading: say('inbox.heading'), text: say('inbox.text') });

/** The page again, with what was typed and what is wrong beside it. */
function askAnew(site: Site, c: Context, channel: Channel, typed: Typed, error: unknown): Response {
  const fault = readable(error);
  if (fault.retryAfter !== undefined) c.header('Retry-After', String(fault.retryAfter));
  const edition = editionOf(site.snapshots.current());
  const model = subscribeModel(edition, channel, typed, messagesOf(fault));
  return send(site, c, 'public/subscribe', say('title'), statusOf(fault), model);
}

/** A fault that whoever asked can do something about; any other goes on. */
function readable(error: unknown): AppError {
  if (error instanceof AppError && error.code !== 'unavailable') return error;
  throw error;
}

/** By field; a fault without one is nobody's in particular. */
const messagesOf = (fault: AppError): FieldErrors =>
  Object.keys(fault.fields).length > 0 ? fault.fields : { '': fault.message };

function readTyped(form: FormValues): Typed {
  const incidentId = oneOf(form, 'incident');
  return {
    email: oneOf(form, 'email'),
    endpoint: oneOf(form, 'endpoint'),
    format: oneOf(form, 'format'),
    topics: manyOf(form, 'topic'),
    componentIds: manyOf(form, 'component'),
    ...(incidentId !== '' && { incidentId }),
  };
}

// The link to one's choices

const askForLink = (site: Site, c: Context, email = '', error = ''): Response =>
  send(site, c, 'public/manage-link', say('link.title'), error === '' ? 200 : 400, {
    email,
    error,
  });

async function postLink(site: Site, c: Context): Promise<Response> {
  const form = await readForm(c);
  const email = oneOf(form, 'email');
  const request = { email, website: oneOf(form, 'website'), ...visit(c) };
  try {
    await requestManageLink(site.kernel, request, { manageLinkMail });
  } catch (error) {
    const { code, fields } = readable(error);
    if (code !== 'invalid') throw error;
    return askForLink(site, c, email.slice(0, 254), fields['email']);
  }
  return notice(site, c, { heading: say('link.heading'), text: say('link.text') });
}
