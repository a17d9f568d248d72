// Subscribers in Statuspage's v1: list, count, read, add, change, end. For admins' tokens alone (S-21).
import { AppError } from '../shared/errors.ts';
import { parse } from '../shared/form.ts';
import { addByHand, askAgain, changeChosen, end, reactivate } from '../subscribers/service.ts';
import { confirmationMail } from '../templates/mails.ts';
import {
  addWebhook,
  changeWebhook,
  reactivateWebhook,
  removeWebhook,
} from '../webhooks/service.ts';
import {
  countListeners,
  findListener,
  type Listener,
  listenerAnswer,
  listLeft,
  listListeners,
} from './audience.ts';
import { queryNumber, readBody, withFieldNames } from './body.ts';
import { idOf, type Request } from './page.ts';
import {
  changedSubscriber,
  filterQuery,
  listQuery,
  manySubscribers,
  modes,
  newSubscriber,
  type SubscriberInput,
} from './subscriber-input.ts';

export async function showSubscribers({ c, site, page }: Request): Promise<Response> {
  const found = await listListeners(site.kernel.db.read, listQuery(c));
  return c.json(found.map((one) => listenerAnswer(page, one)));
}

/** `GET …/subscribers/unsubscribed`: `page` from 1 and `per_page` here. */
export async function showUnsubscribed({ c, site, page }: Request): Promise<Response> {
  const limit = queryNumber(c, 'per_page', { min: 1, max: 100, fallback: 100 });
  const number = queryNumber(c, 'page', { min: 1, max: 1_000_000, fallback: 1 });
  const found = await listLeft(site.kernel.db.read, { limit, offset: (number - 1) * limit });
  return c.json(found.map((one) => listenerAnswer(page, one)));
}

export async function countThem({ c, site }: Request): Promise<Response> {
  const { mode, state } = filterQuery(c);
  const counts = await countListeners(site.kernel.db.read);
  const wanted = mode === undefined ? modes : [mode];
  const shown = state === 'all' ? 'total' : state;
  return c.json(Object.fromEntries(wanted.map((one) => [one, counts[one][shown]])));
}

export const showHistogram = async ({ c, site }: Request): Promise<Response> =>
  c.json(await countListeners(site.kernel.db.read));

export const showSubscriber = async (request: Request): Promise<Response> =>
  answerFor(request, idOf(request.c, 'subscriber'));

export async function createSubscriber(request: Request): Promise<Response> {
  const { c } = request;
  const { subscriber } = parse(newSubscriber, await readBody(c));
  const id = await withFieldNames(sentAs, () =>
    subscriber.endpoint === undefined
      ? addEmail(request, subscriber)
      : addHook(request, subscriber),
  );
  return answerFor(request, id, 201);
}

function addEmail({ c, site }: Request, input: SubscriberInput): Promise<string> {
  if (input.phone_number !== undefined) {
    throw faulty('phone_number', 'Text messages are not offered here.');
  }
  return addByHand(
    site.kernel,
    c.get('actor'),
    {
      email: input.email ?? '',
      componentIds: input.component_ids ?? [],
      isConfirmed: input.skip_confirmation_notification ?? false,
    },
    { confirmationMail },
  );
}

/** An admin's own webhook needs nobody's leave. It is spoken to as Statuspage would. */
async function addHook({ c, site }: Request, input: SubscriberInput): Promise<string> {
  const { publicId } = await addWebhook(
    site.kernel,
    c.get('actor'),
    {
      ...everything,
      format: 'statuspage',
      endpoint: input.endpoint ?? '',
      email: input.email ?? '',
      componentIds: input.component_ids ?? [],
    },
    { allow: site.config.webhookAllow },
  );
  return publicId;
}

const everything = { wantsIncidents: true, wantsMaintenance: true, wantsComponents: true };

/** Replaces the components; left out, the subscriber hears of all of them. */
export async function changeSubscriber(request: Request): Promise<Response> {
  const { c, site } = request;
  const { kernel, config } = site;
  const { component_ids: top, subscriber } = parse(changedSubscriber, await readBody(c));
  const componentIds = top ?? subscriber?.component_ids ?? [];
  const { kind, row } = await findListener(kernel.db.read, idOf(c, 'subscriber'));
  await withFieldNames(sentAs, () => {
    if (kind === 'email') return changeChosen(kernel, c.get('actor'), row.publicId, componentIds);
    const { format, email, choices, version } = row;
    const input = { ...choices, format, email: email ?? '', endpoint: '', componentIds };
    const reach = { allow: config.webhookAllow };
    return changeWebhook(kernel, c.get('actor'), row.publicId, version, input, reach);
  });
  return answerFor(request, row.publicId);
}

/** Unsubscribes; answers what was there. */
export async function removeSubscriber(request: Request): Promise<Response> {
  const { c, site, page } = request;
  const found = await findListener(site.kernel.db.read, idOf(c, 'subscriber'));
  await endOne(request, found);
  return c.json(listenerAnswer(page, found));
}

function endOne({ c, site }: Request, { kind, row }: Listener): Promise<void> {
  const leave = kind === 'email' ? end : removeWebhook;
  return leave(site.kernel, c.get('actor'), row.publicId);
}

// Many at once

/** `POST …/subscribers/unsubscribe`. Everybody at once only where they are fewer than a hundred. */
export async function unsubscribeMany(request: Request): Promise<Response> {
  for (const one of await chosen(request, 'active', 99)) await endOne(request, one);
  return request.c.json({}, 201);
}

export async function reactivateMany(request: Request): Promise<Response> {
  const { c, site } = request;
  for (const { kind, row } of await chosen(request, 'quarantined')) {
    const revive = kind === 'email' ? reactivate : reactivateWebhook;
    // Who is on the suppression list stays: only a person can override that.
    await revive(site.kernel, c.get('actor'), row.publicId).catch(unlessRefused);
  }
  return c.json({}, 201);
}

/** Goes on with the others. */
function unlessRefused(error: unknown): void {
  if (error instanceof AppError && ['too_many', 'conflict'].includes(error.code)) return;
  throw error;
}

/** Asks again whoever may be asked now; the others have had their mail. */
export async function resendMany(request: Request): Promise<Response> {
  for (const one of await chosen(request, 'unconfirmed')) {
    await resendTo(request, one).catch(unlessRefused);
  }
  return request.c.json({}, 201);
}

export async function resendOne(request: Request): Promise<Response> {
  const { c, site } = request;
  await resendTo(request, await findListener(site.kernel.db.read, idOf(c, 'subscriber')));
  return c.json({}, 201);
}

async function resendTo({ c, site }: Request, { kind, row }: Listener): Promise<void> {
  if (kind === 'webhook') {
    throw new AppError('conflict', 'Only someone who has not confirmed can be asked again.');
  }
  await askAgain(site.kernel, c.get('actor'), row.publicId, { confirmationMail });
}

const mostAtOnce = 1000;

/** The subscribers that a body names, by id or all of a state. */
async function chosen(
  { c, site }: Request,
  usual: 'active' | 'quarantined' | 'unconfirmed',
  most = mostAtOnce,
): Promise<Listener[]> {
  const { read } = site.kernel.db;
  const { subscribers, type, state = usual } = parse(manySubscribers, await readBody(c));
  if (subscribers !== 'all') return Promise.all(subscribers.map((id) => findListener(read, id)));
  const query = { mode: type, state, search: '', by: 'created', isDescending: false } as const;
  const all = await listListeners(read, { ...query, offset: 0, limit: most + 1 });
  if (all.length <= most) return all;
  throw faulty('subscribers', `There are more than ${most}. Please name them.`);
}

// Answers and faults

async function answerFor({ c, site, page }: Request, id: string, status: 200 | 201 = 200) {
  return c.json(listenerAnswer(page, await findListener(site.kernel.db.read, id)), status);
}

const faulty = (field: string, message: string) =>
  new AppError('invalid', message, { fields: { [field]: message } });

const sentAs = (field: string) => `subscriber.${field === 'component' ? 'component_ids' : field}`;
