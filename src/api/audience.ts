// Email subscribers and webhooks as the one list of subscribers that Statuspage's v1 has.
import type { Reader } from '../db/tx.ts';
import { AppError } from '../shared/errors.ts';
import { isoInZone } from '../shared/time.ts';
import type { WebhookFormat } from '../shared/words.ts';
import { countSubscribers, findSubscriber, listSubscribers } from '../subscribers/service.ts';
import type { SubscriberRow } from '../subscribers/types.ts';
import { listWebhooks, readWebhook } from '../webhooks/service.ts';
import type { WebhookRow } from '../webhooks/types.ts';
import type { AnswerPage } from './answers.ts';
import { type ListQuery, type ListState, type Mode, modes, statesOf } from './subscriber-input.ts';

/** One subscriber of either kind. */
export type Listener = { kind: 'email'; row: SubscriberRow } | { kind: 'webhook'; row: WebhookRow };

const modeOfFormat: Record<WebhookFormat, Mode> = {
  standard: 'webhook',
  statuspage: 'webhook',
  discord: 'webhook',
  slack: 'slack',
  teams: 'teams',
};

const email = (row: SubscriberRow): Listener => ({ kind: 'email', row });
const webhook = (row: WebhookRow): Listener => ({ kind: 'webhook', row });

/** A page of the list: email subscribers in the order asked for, webhooks behind them. */
export async function listListeners(reader: Reader, query: ListQuery): Promise<Listener[]> {
  const { mode, limit, offset } = query;
  if (mode === 'email') return listEmails(reader, query);
  const hooks = await listHooks(reader, query);
  if (mode !== undefined) return hooks.slice(offset, offset + limit);
  const emails = await listEmails(reader, query);
  if (emails.length === limit) return emails;
  const before = emails.length > 0 ? offset : await countEmails(reader, query);
  const from = Math.max(0, offset - before);
  return [...emails, ...hooks.slice(from, from + limit - emails.length)];
}

async function listEmails(reader: Reader, query: ListQuery): Promise<Listener[]> {
  const { by, isDescending, limit, offset } = query;
  const rows = await listSubscribers(
    reader,
    { states: statesOf[query.state], search: query.search },
    { by, isDescending },
    { limit, offset },
  );
  return rows.map(email);
}

const countEmails = (reader: Reader, query: Pick<ListQuery, 'state' | 'search'>) =>
  countSubscribers(reader, { states: statesOf[query.state], search: query.search });

async function listHooks(
  reader: Reader,
  {
    mode,
    state,
    search,
    isDescending,
  }: Pick<ListQuery, 'mode' | 'state' | 'search' | 'isDescending'>,
): Promise<Listener[]> {
  const wanted = search.toLowerCase();
  const rows = (await listWebhooks(reader)).filter(
    (row) =>
      statesOf[state].includes(row.state) &&
      (mode === undefined || modeOfFormat[row.format] === mode) &&
      (row.host.includes(wanted) || (row.email ?? '').toLowerCase().includes(wanted)),
  );
  return (isDescending ? rows : rows.toReversed()).map(webhook);
}

/** Who has unsubscribed, newest rows first; webhooks that have are gone or behind. */
export async function listLeft(
  reader: Reader,
  page: { limit: number; offset: number },
): Promise<Listener[]> {
  const order = { by: 'created', isDescending: true } as const;
  const rows = await listSubscribers(reader, { states: ['unsubscribed'] }, order, page);
  return rows.map(email);
}

/** The one with this id. Throws `not_found`. */
export async function findListener(reader: Reader, id: string): Promise<Listener> {
  try {
    return email(await findSubscriber(reader, id));
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'not_found') throw error;
    return webhook(await readWebhook(reader, id));
  }
}

type Counts = Record<Exclude<ListState, 'all'> | 'total', number>;

/** How many there are of each kind in each state. */
export async function countListeners(reader: Reader): Promise<Record<Mode, Counts>> {
  const counts = Object.fromEntries(
    modes.map((mode) => [mode, { active: 0, unconfirmed: 0, quarantined: 0, total: 0 }]),
  ) as Record<Mode, Counts>;
  const hooks = await listWebhooks(reader);
  for (const state of ['active', 'unconfirmed', 'quarantined'] as const) {
    counts.email[state] = await countEmails(reader, { state, search: '' });
    for (const { format, state: itsState } of hooks) {
      if (statesOf[state].includes(itsState)) counts[modeOfFormat[format]][state] += 1;
    }
  }
  for (const one of Object.values(counts)) {
    one.total = one.active + one.unconfirmed + one.quarantined;
  }
  return counts;
}

/** A subscriber as Statuspage's v1 shows it. Of a webhook's address only the host: the rest may be a secret. */
export function listenerAnswer(page: AnswerPage, listener: Listener) {
  const at = (time: Date) => isoInZone(page.timeZone, time);
  if (listener.kind === 'email') {
    const { row } = listener;
    return {
      id: row.publicId,
      mode: 'email' as Mode,
      email: row.email,
      skip_confirmation_notification: false,
      quarantined_at: row.state === 'quarantined' ? at(row.updatedAt) : null,
      purge_at: null,
      components: row.components.map((one) => one.id),
      created_at: at(row.createdAt),
    };
  }
  const { row } = listener;
  const quarantinedAt = row.state === 'quarantined' ? row.failingSince : null;
  return {
    id: row.publicId,
    mode: modeOfFormat[row.format],
    email: row.email,
    endpoint: `https://${row.host}/…`,
    skip_confirmation_notification: false,
    quarantined_at: quarantinedAt && at(quarantinedAt),
    purge_at: null,
    components: [...row.choices.componentIds],
    created_at: at(row.createdAt),
  };
}
