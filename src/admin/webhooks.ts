// Webhooks at the desk: the list, one with its delivery log, and what an admin does with them.
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { sendTest } from '../delivery/webhook-test.ts';
import { countHeld, decideHeld } from '../notifications/webhooks.ts';
import { invalid, notFound } from '../shared/errors.ts';
import { publicIdPattern } from '../shared/ids.ts';
import { statusOf } from '../web/errors.ts';
import { type FormValues, manyOf, oneOf, readForm } from '../web/forms.ts';
import type { Context, Route, Site } from '../web/types.ts';
import {
  addWebhook,
  changeWebhook,
  deliveryLog,
  listWebhooks,
  reactivateWebhook,
  readWebhook,
  removeWebhook,
  rotateSecret,
} from '../webhooks/service.ts';
import type { NewWebhook } from '../webhooks/types.ts';
import { renderDesk } from './desk.ts';
import { failedForm, type FormState, freshForm, mendable, versionOf } from './forms.ts';
import { componentChoices, formatChoices, logView, rowView, valuesOf } from './webhook-model.ts';

export function webhookRoutes(site: Site): Route[] {
  const get = { surface: 'desk', method: 'GET', needs: 'configure' } as const;
  const post = { surface: 'desk', method: 'POST', needs: 'configure' } as const;
  const list = '/admin/webhooks';
  return [
    { ...get, path: list, handle: (c) => showList(c, site) },
    { ...get, path: `${list}/new`, handle: (c) => showNew(c, site) },
    { ...post, path: list, handle: (c) => add(c, site) },
    { ...post, path: `${list}/held`, handle: (c) => decide(c, site) },
    { ...get, path: `${list}/:id`, handle: (c) => showOne(c, site, {}) },
    { ...post, path: `${list}/:id`, handle: (c) => change(c, site) },
    { ...post, path: `${list}/:id/tests`, handle: (c) => test(c, site) },
    { ...post, path: `${list}/:id/secrets`, handle: (c) => rotate(c, site) },
    { ...post, path: `${list}/:id/reactivations`, handle: (c) => reactivate(c, site) },
    { ...post, path: `${list}/:id/removals`, handle: (c) => remove(c, site) },
  ];
}

async function showList(c: Context, site: Site): Promise<Response> {
  const reader = site.kernel.db.read;
  const rows = (await listWebhooks(reader)).map(rowView);
  return renderDesk(c, site, 'admin/webhooks', {
    title: 'Webhooks',
    rows,
    held: await countHeld(reader),
  });
}

async function decide(c: Context, site: Site): Promise<Response> {
  const decision = oneOf(await readForm(c), 'decision');
  if (decision !== 'send' && decision !== 'drop') {
    throw invalid('decision', 'This form is incomplete. Please reload the page.');
  }
  await decideHeld(site.kernel, c.get('actor'), decision);
  return c.redirect(`/admin/webhooks?done=${decision === 'send' ? 'sent' : 'dropped'}`, 303);
}

// Adding

const usual = { format: 'standard', incidents: 'on', maintenance: 'on' };

const showNew = (
  c: Context,
  site: Site,
  failed?: { form: FormState; typed: FormValues },
  status: ContentfulStatusCode = 200,
): Promise<Response> =>
  renderDesk(
    c,
    site,
    'admin/webhook-new',
    {
      title: 'Add a webhook',
      form: failed?.form ?? freshForm(usual),
      formats: formatChoices,
      components: componentChoices(site, manyOf(failed?.typed ?? {}, 'component')),
    },
    status,
  );

/** Answers with the webhook's page itself, not a redirect: the secret is shown now and never again. */
async function add(c: Context, site: Site): Promise<Response> {
  const typed = await readForm(c);
  return mendable(
    async () => {
      const { kernel, config } = site;
      const reach = { allow: config.webhookAllow };
      const made = await addWebhook(kernel, c.get('actor'), readInput(typed), reach);
      return showOne(c, site, { ...made, isNew: true }, 201);
    },
    (error) => showNew(c, site, { form: failedForm(typed, error), typed }, statusOf(error)),
  );
}

const readInput = (typed: FormValues): NewWebhook => ({
  format: oneOf(typed, 'format'),
  endpoint: oneOf(typed, 'endpoint'),
  email: oneOf(typed, 'email'),
  wantsIncidents: oneOf(typed, 'incidents') === 'on',
  wantsMaintenance: oneOf(typed, 'maintenance') === 'on',
  wantsComponents: oneOf(typed, 'statuses') === 'on',
  componentIds: manyOf(typed, 'component'),
});

// One webhook

interface More {
  publicId?: string;
  isNew?: boolean;
  secret?: string | undefined;
  test?: { isOk: boolean; reply: string };
  failed?: { form: FormState; typed: FormValues };
}

async function showOne(
  c: Context,
  site: Site,
  { publicId = idIn(c), isNew = false, secret, test: result, failed }: More,
  status: ContentfulStatusCode = 200,
): Promise<Response> {
  const reader = site.kernel.db.read;
  const webhook = await readWebhook(reader, publicId);
  const chosen = failed ? manyOf(failed.typed, 'component') : webhook.choices.componentIds;
  const row = rowView(webhook);
  const page = {
    title: row.host,
    webhook: row,
    isNew,
    secret: secret ?? '',
    test: result,
    log: (await deliveryLog(reader, publicId)).map(logView),
    version: webhook.version,
    form: failed?.form ?? freshForm(valuesOf(webhook)),
    formats: formatChoices,
    components: componentChoices(site, chosen),
  };
  return renderDesk(c, site, 'admin/webhook', page, status);
}

function idIn(c: Context): string {
  const id = c.req.param('id') ?? '';
  if (publicIdPattern.test(id)) return id;
  throw notFound('webhook');
}

async function change(c: Context, site: Site): Promise<Response> {
  const typed = await readForm(c);
  const id = idIn(c);
  return mendable(
    async () => {
      const { kernel, config } = site;
      const { incidentId } = (await readWebhook(kernel.db.read, id)).choices;
      const input = { ...readInput(typed), incidentId };
      const reach = { allow: config.webhookAllow };
      await changeWebhook(kernel, c.get('actor'), id, versionOf(typed), input, reach);
      return c.redirect(`/admin/webhooks/${id}?done=saved`, 303);
    },
    (error) =>
      showOne(c, site, { failed: { form: failedForm(typed, error), typed } }, statusOf(error)),
  );
}

/** Waits for the answer: seven seconds at most. */
async function test(c: Context, site: Site): Promise<Response> {
  const { kernel, config, snapshots } = site;
  const { page, headline } = snapshots.current();
  const named = { id: page.id, name: page.name, url: page.url, ...headline };
  const result = await sendTest(kernel, config, c.get('actor'), idIn(c), named);
  return showOne(c, site, { test: result });
}

async function rotate(c: Context, site: Site): Promise<Response> {
  return showOne(c, site, await rotateSecret(site.kernel, c.get('actor'), idIn(c)));
}

async function reactivate(c: Context, site: Site): Promise<Response> {
  const id = idIn(c);
  await reactivateWebhook(site.kernel, c.get('actor'), id);
  return c.redirect(`/admin/webhooks/${id}?done=reactivated`, 303);
}

async function remove(c: Context, site: Site): Promise<Response> {
  await removeWebhook(site.kernel, c.get('actor'), idIn(c));
  return c.redirect('/admin/webhooks?done=removed', 303);
}
