// The pages behind a webhook's links: confirm, see and change, stop. A GET shows, a POST acts (S-60).
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { AppError, type FieldErrors } from '../shared/errors.ts';
import type { WebhookFormat } from '../shared/words.ts';
import { manyOf, oneOf, readForm } from '../web/forms.ts';
import type { Context, Route, Site } from '../web/types.ts';
import {
  changeByLink,
  confirmWebhook,
  reactivateByLink,
  readConfirmWebhook,
  readManageWebhook,
  readUnsubscribeWebhook,
  rotateByLink,
  unsubscribeWebhook,
} from '../webhooks/service.ts';
import type { WebhookChoices, WebhookView } from '../webhooks/types.ts';
import { deadLink, notice, say, send, token, visit } from './notices.ts';
import { subscribeChoices } from './pages.ts';
import { readTopics } from './subscribe-asking.ts';
import { hookTopics, shownErrors } from './subscribe-model.ts';
import { routeFor } from './visitor-route.ts';

const base = '/subscriptions/webhook';

export function hookRoutes(site: Site): Route[] {
  const route = routeFor(site);
  return [
    route('GET', `${base}/confirm/:token`, showConfirm),
    route('POST', `${base}/confirm/:token`, postConfirm),
    route('GET', `${base}/manage/:token`, showManage),
    route('POST', `${base}/manage/:token`, postManage),
    route('POST', `${base}/manage/:token/secrets`, postSecret),
    route('POST', `${base}/manage/:token/reactivations`, postReactivation),
    route('GET', `${base}/unsubscribe/:token`, showUnsubscribe),
    route('POST', `${base}/unsubscribe/:token`, postUnsubscribe),
  ];
}

const link = (verb: string, secret: string) => `${base}/${verb}/${encodeURIComponent(secret)}`;

const named = ({ format, host }: { format: WebhookFormat; host: string }) => ({
  where: say(`where.${format}`, { host }),
});

async function showConfirm(site: Site, c: Context): Promise<Response> {
  try {
    const webhook = await readConfirmWebhook(site.kernel, token(c));
    return notice(site, c, {
      heading: say('hook.confirm'),
      text: say('hook.confirm_text', named(webhook)),
      button: say('confirm.button'),
      action: link('confirm', token(c)),
    });
  } catch (error) {
    return deadLink(site, c, error);
  }
}

async function postConfirm(site: Site, c: Context): Promise<Response> {
  try {
    const { webhook, secret } = await confirmWebhook(site.kernel, token(c), visit(c));
    return notice(site, c, {
      heading: say('hook.done'),
      text: say('hook.done_text', named(webhook)),
      secret,
      link: { href: link('manage', webhook.token), label: say('hook.manage') },
    });
  } catch (error) {
    return deadLink(site, c, error);
  }
}

async function showManage(site: Site, c: Context): Promise<Response> {
  try {
    return manage(site, c, await readManageWebhook(site.kernel, token(c)));
  } catch (error) {
    return deadLink(site, c, error);
  }
}

async function postManage(site: Site, c: Context): Promise<Response> {
  const form = await readForm(c);
  const typed = { topics: manyOf(form, 'topic'), componentIds: manyOf(form, 'component') };
  try {
    const { choices } = await readManageWebhook(site.kernel, token(c));
    const wanted = readTopics(typed.topics, hookTopics);
    const changed: WebhookChoices = {
      wantsIncidents: wanted.includes('incidents'),
      wantsMaintenance: wanted.includes('maintenance'),
      wantsComponents: wanted.includes('components'),
      componentIds: typed.componentIds,
      incidentId: choices.incidentId,
    };
    const saved = await changeByLink(site.kernel, token(c), changed, visit(c));
    return manage(site, c, saved, { saved: say('manage.saved') });
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'invalid') return deadLink(site, c, error);
    const current = await readManageWebhook(site.kernel, token(c));
    return manage(site, c, current, { errors: error.fields, typed }, 400);
  }
}

async function postSecret(site: Site, c: Context): Promise<Response> {
  try {
    const { webhook, secret } = await rotateByLink(site.kernel, token(c), visit(c));
    return manage(site, c, webhook, { secret });
  } catch (error) {
    return deadLink(site, c, error);
  }
}

async function postReactivation(site: Site, c: Context): Promise<Response> {
  try {
    const webhook = await reactivateByLink(site.kernel, token(c), visit(c));
    return manage(site, c, webhook, { saved: say('hook.reactivated') });
  } catch (error) {
    return deadLink(site, c, error);
  }
}

interface More {
  saved?: string;
  secret?: string | undefined;
  errors?: FieldErrors;
  typed?: { topics: string[]; componentIds: string[] };
}

function manage(
  site: Site,
  c: Context,
  webhook: WebhookView,
  { saved = '', secret = '', errors = {}, typed }: More = {},
  status: ContentfulStatusCode = 200,
): Response {
  const { choices, incidentTitle, state } = webhook;
  const wanted = typed?.topics ?? topicsOf(choices);
  const chosen = typed?.componentIds ?? choices.componentIds;
  return send(site, c, 'public/manage-webhook', say('hook.title'), status, {
    lead: say('hook.lead', named(webhook)),
    isQuarantined: state === 'quarantined',
    isSigned: webhook.format === 'standard' || webhook.format === 'statuspage',
    incident: incidentTitle ?? '',
    topics: hookTopics.map((value) => ({ value, isChosen: wanted.includes(value) })),
    choices: subscribeChoices(site.snapshots.current(), [...chosen]),
    action: link('manage', webhook.token),
    unsubscribeUrl: link('unsubscribe', webhook.unsubscribeToken),
    saved,
    secret,
    errors: shownErrors(errors['wants'] === undefined ? errors : { topic: errors['wants'] }),
  });
}

const topicsOf = (choices: Required<WebhookChoices>): string[] => [
  ...(choices.wantsIncidents ? ['incidents'] : []),
  ...(choices.wantsMaintenance ? ['maintenance'] : []),
  ...(choices.wantsComponents ? ['components'] : []),
];

async function showUnsubscribe(site: Site, c: Context): Promise<Response> {
  try {
    await readUnsubscribeWebhook(site.kernel, token(c));
  } catch (error) {
    return deadLink(site, c, error);
  }
  return notice(site, c, {
    heading: say('hook.stop'),
    text: say('hook.unsubscribe_text'),
    button: say('hook.stop_button'),
    action: link('unsubscribe', token(c)),
    oneClick: true,
  });
}

/** The link is in the mails about a webhook too, where mail programs post to it (S-64). */
async function postUnsubscribe(site: Site, c: Context): Promise<Response> {
  if (oneOf(await readForm(c), 'List-Unsubscribe') !== 'One-Click') return showUnsubscribe(site, c);
  try {
    await unsubscribeWebhook(site.kernel, token(c), visit(c));
  } catch (error) {
    return deadLink(site, c, error);
  }
  return notice(site, c, { heading: say('hook.ended'), text: say('hook.ended_text') });
}
