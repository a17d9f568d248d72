// The addresses by which programs written for Statuspage subscribe and leave. They answer as ours do: alike
// for an address in any state, and a leave needs the secret of the link in every mail, never a mere id.
import { AppError } from '../shared/errors.ts';
import { unsubscribe } from '../subscribers/service.ts';
import { statusOf } from '../web/errors.ts';
import { createGuessLimit, type GuessLimit } from '../web/guesses.ts';
import { manyOf, mediaType, oneOf, readForm } from '../web/forms.ts';
import type { Context, Route, Site } from '../web/types.ts';
import { unsubscribeWebhook } from '../webhooks/service.ts';
import { isDead, say, token, visit } from './notices.ts';
import { askByEmail, askByWebhook } from './subscribe-asking.ts';
import type { Typed } from './subscribe-model.ts';
import { aboutSubscribing } from './subscribe-page.ts';
import { routeFor } from './visitor-route.ts';

export function statuspageRoutes(site: Site): Route[] {
  const route = routeFor(site);
  const guesses = createGuessLimit(site.kernel.clock);
  const takesJson = { takesJson: true };
  return [
    route('POST', '/api/v2/subscribers.json', postSubscriber, takesJson),
    route('DELETE', '/api/v2/subscribers.json', (_, c) => leaveById(site, c, guesses), takesJson),
    route('DELETE', '/api/v2/subscribers/:token', leaveByPath, takesJson),
    route('POST', '/subscriptions/new-email', (_, c) => answerForm(c, newEmail(site, c))),
    route('POST', '/subscriptions/webhook.json', (_, c) => answerForm(c, newWebhook(site, c))),
    route('POST', '/subscriptions/new-sms', (_, c) => answerForm(c, refuseSms())),
  ];
}

async function postSubscriber(site: Site, c: Context): Promise<Response> {
  const asked = await readSubscriber(c);
  const mode = asked.endpoint === undefined ? 'email_sms' : 'webhook';
  const about = aboutSubscribing(site.snapshots.current(), mode);
  try {
    if (asked.phone !== undefined) await refuseSms();
    if (asked.endpoint === undefined) {
      await askByEmail(site, c, asked);
      return c.json({ ...about, email: asked.email });
    }
    await askByWebhook(site, c, { ...asked, format: 'statuspage' });
    return c.json({ ...about, webhook: asked.endpoint });
  } catch (error) {
    const { message, fields, status } = refusal(c, error);
    return c.json({ ...about, error: message, fields }, status);
  }
}

const refuseSms = () =>
  Promise.reject(
    new AppError('invalid', say('sms_not_offered'), {
      fields: { phone_number: say('sms_not_offered') },
    }),
  );

/** What whoever asked can do something about; any other fault goes on. */
function refusal(c: Context, error: unknown) {
  if (!(error instanceof AppError) || error.code === 'unavailable') throw error;
  if (error.retryAfter !== undefined) c.header('Retry-After', String(error.retryAfter));
  const [message = error.message] = Object.values(error.fields);
  const { fields, code } = error;
  return { message, fields, status: code === 'invalid' ? (422 as const) : statusOf(error) };
}

// Leaving

async function leaveById(site: Site, c: Context, guesses: GuessLimit): Promise<Response> {
  guesses.assertMayGuess(c.get('ip'));
  const left = await leave(site, c, (await readSubscriber(c)).id ?? '');
  if (left.status === 404) guesses.countWrong(c.get('ip'));
  return left;
}

const leaveByPath = (site: Site, c: Context): Promise<Response> =>
  leave(site, c, token(c).replace(/\.json$/, ''));

/** By the secret at the end of an unsubscribe link; the link itself does too. Again is fine. */
async function leave(site: Site, c: Context, id: string): Promise<Response> {
  const secret = id.slice(id.lastIndexOf('/') + 1);
  const snapshot = site.snapshots.current();
  try {
    await unsubscribe(site.kernel, secret, visit(c));
    return c.json(aboutSubscribing(snapshot, 'email_sms'));
  } catch (error) {
    if (!isDead(error)) throw error;
  }
  try {
    await unsubscribeWebhook(site.kernel, secret, visit(c));
    return c.json(aboutSubscribing(snapshot, 'webhook'));
  } catch (error) {
    if (!isDead(error)) throw error;
  }
  return c.json({ error: say('dead.heading') }, 404);
}

// Statuspage's own web forms

async function newEmail(site: Site, c: Context): Promise<void> {
  const form = await readForm(c);
  const incidentId = oneOf(form, 'incident');
  await askByEmail(site, c, {
    email: oneOf(form, 'email'),
    componentIds: manyOf(form, 'component'),
    ...(incidentId !== '' && { incidentId }),
  });
}

async function newWebhook(site: Site, c: Context): Promise<void> {
  const form = await readForm(c);
  const [email, endpoint] = [oneOf(form, 'email'), oneOf(form, 'endpoint')];
  await askByWebhook(site, c, { email, endpoint, format: 'statuspage' });
}

async function answerForm(c: Context, asked: Promise<unknown>): Promise<Response> {
  try {
    await asked;
    return c.json({ type: 'success', text: say('inbox.text') });
  } catch (error) {
    const { message, status } = refusal(c, error);
    return c.json({ type: 'error', text: message }, status);
  }
}

// Reading

interface AskedHere extends Typed {
  id?: string;
  phone?: string;
}

/** `subscriber[email]=…` of a form, or `{"subscriber": {"email": …}}`. */
async function readSubscriber(c: Context): Promise<AskedHere> {
  const given =
    mediaType(c) === 'application/json' ? await readJson(c) : readFields(await readForm(c));
  const { id, email, endpoint, phone_number, incident_id, component_id } = given;
  const many = [...(component_id ?? []), ...(given['component_ids'] ?? [])];
  return {
    componentIds: many,
    email: email?.[0] ?? '',
    ...(id?.[0] !== undefined && { id: id[0] }),
    ...(endpoint?.[0] !== undefined && { endpoint: endpoint[0] }),
    ...(phone_number?.[0] !== undefined && { phone: phone_number[0] }),
    ...(incident_id?.[0] !== undefined && { incidentId: incident_id[0] }),
  };
}

type Given = Partial<Record<(typeof names)[number], string[]>>;
const names = [
  'id',
  'email',
  'endpoint',
  'phone_number',
  'incident_id',
  'component_id',
  'component_ids',
] as const;

function readFields(form: Record<string, string | string[]>): Given {
  const given: Given = {};
  for (const name of names) {
    const values = [`subscriber[${name}]`, `subscriber[${name}][]`].flatMap((key) =>
      manyOf(form, key),
    );
    if (values.length > 0) given[name] = values;
  }
  return given;
}

async function readJson(c: Context): Promise<Given> {
  const body: unknown = await c.req.json().catch(() => undefined);
  const subscriber = ownValue(body, 'subscriber');
  const given: Given = {};
  for (const name of names) {
    const value = ownValue(subscriber, name);
    const texts = [value].flat().filter((one) => typeof one === 'string');
    if (texts.length > 0) given[name] = texts;
  }
  return given;
}

const ownValue = (thing: unknown, key: string): unknown =>
  typeof thing === 'object' && thing !== null && Object.hasOwn(thing, key)
    ? (thing as Record<string, unknown>)[key]
    : undefined;
