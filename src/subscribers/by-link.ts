// What the holder of a link from a mail can do: confirm, see and change their choices, leave.
import type { Kernel } from '../db/kernel.ts';
import type { Reader, Tx } from '../db/tx.ts';
import { AppError, invalid } from '../shared/errors.ts';
import { choicesNow, readComponents, saveChoices, topicsOf } from './choices.ts';
import { choicesOf, followsOf, namesOf, wishedIncident } from './choices-store.ts';
import { leaving } from './leaving.ts';
import { record, themself } from './record.ts';
import { type Choices, consentText, widened } from './rules.ts';
import { findByPublicId, type StoredSubscriber, updateSubscriber } from './store.ts';
import { isGenuine, manageToken, mayUnsubscribe, readToken, unsubscribeToken } from './tokens.ts';
import type { ChangedChoices, Pending, Subscription, Visit } from './types.ts';

/** The page behind a confirm link: whose it is, and what for. Throws `gone` when it leads nowhere. Changes nothing. */
export async function readConfirm(kernel: Kernel, token: string): Promise<Pending> {
  const { read } = kernel.db;
  const { email, wish } = await findByToken(kernel, read, 'confirm', token);
  const wanted = wish ?? everything;
  return {
    email,
    topics: topicsOf(wanted),
    components: await namesOf(read, wanted.componentIds),
    incident: await wishedIncident(read, wanted),
  };
}

const everything = {
  wantsIncidents: true,
  wantsMaintenance: true,
  componentIds: [],
  incidentId: null,
};

/** Makes a wish count. The link is used up by it. Throws `gone` when it leads nowhere. */
export async function confirm(kernel: Kernel, token: string, visit: Visit): Promise<Subscription> {
  return kernel.db.write(async (tx) => {
    const subscriber = await findByToken(kernel, tx, 'confirm', token);
    const isNew = subscriber.state !== 'confirmed';
    if (subscriber.wish) {
      const had = isNew ? nothing : await choicesNow(tx, subscriber);
      await saveChoices(tx, subscriber.id, widened(had, subscriber.wish));
    }
    const now = kernel.clock.now();
    const actor = themself(subscriber.id, visit);
    const kind = isNew ? 'subscriber.confirmed' : 'subscriber.choices_changed';
    const seq = await record(tx, kernel, actor, kind, subscriber.id);
    await updateSubscriber(tx, subscriber.id, {
      // Who only asks for more stays owed all that they were owed.
      ...(isNew && { state: 'confirmed', confirmedSeq: seq, leftSeq: null, confirmedAt: now }),
      wish: null,
      updatedAt: now,
      confirmNonce: kernel.ids.secret(),
      consent: consentOf(visit, now),
    });
    return readSubscription(kernel, tx, subscriber.publicId);
  });
}

const nothing: Choices = {
  wantsIncidents: false,
  wantsMaintenance: false,
  componentIds: [],
  incidentIds: [],
};

const consentOf = (visit: Visit, now: Date) => ({
  ip: visit.ip,
  userAgent: visit.userAgent.slice(0, 300),
  at: now.toISOString(),
  text: consentText,
});

/** A subscriber's choices, for the holder of a manage link. Throws `gone` when it leads nowhere. */
export async function readManage(kernel: Kernel, token: string): Promise<Subscription> {
  const subscriber = await findByToken(kernel, kernel.db.read, 'manage', token);
  return toSubscription(kernel, kernel.db.read, subscriber);
}

/** Changes the choices. Answers the subscription as it is then. Throws `invalid` when nothing would be left. */
export async function saveManage(
  kernel: Kernel,
  token: string,
  changed: ChangedChoices,
  visit: Visit,
): Promise<Subscription> {
  const chosen =
    changed.componentIds && (await readComponents(kernel.db.read, changed.componentIds));
  return kernel.db.write(async (tx) => {
    const subscriber = await findByToken(kernel, tx, 'manage', token);
    const before = await choicesNow(tx, subscriber);
    const kept = (await followsOf(tx, [subscriber.id]))
      .filter((one) => changed.incidentIds?.includes(one.id) ?? true)
      .map((one) => one.incidentId);
    const after: Choices = {
      wantsIncidents: changed.topics?.includes('incidents') ?? before.wantsIncidents,
      wantsMaintenance: changed.topics?.includes('maintenance') ?? before.wantsMaintenance,
      componentIds: chosen ?? before.componentIds,
      incidentIds: kept,
    };
    if (!after.wantsIncidents && !after.wantsMaintenance && kept.length === 0) {
      throw invalid('topic', 'Please choose at least one, or unsubscribe below.');
    }
    await saveChoices(tx, subscriber.id, after);
    await updateSubscriber(tx, subscriber.id, { updatedAt: kernel.clock.now() });
    const actor = themself(subscriber.id, visit);
    await record(tx, kernel, actor, 'subscriber.choices_changed', subscriber.id, { ...after });
    return readSubscription(kernel, tx, subscriber.publicId);
  });
}

/** The page behind an unsubscribe link. Throws `gone` for a token that is not ours. Changes nothing. */
export async function readUnsubscribe(
  kernel: Kernel,
  token: string,
): Promise<{ email: string | undefined; subscribed: boolean }> {
  const subscriber = await findByPublicId(kernel.db.read, publicIdToLeave(kernel, token));
  return { email: subscriber?.email, subscribed: subscriber?.state === 'confirmed' };
}

/** Ends all mail to a subscriber; doing it again, or after their erasure, is fine. */
export async function unsubscribe(kernel: Kernel, token: string, visit: Visit): Promise<void> {
  const publicId = publicIdToLeave(kernel, token);
  await kernel.db.write(async (tx) => {
    const subscriber = await findByPublicId(tx, publicId);
    if (!subscriber || subscriber.state === 'unsubscribed') return;
    await leaving(tx, kernel, themself(subscriber.id, visit), subscriber.id);
  });
}

function publicIdToLeave(kernel: Kernel, token: string): string {
  const claim = readToken(token);
  if (claim && mayUnsubscribe(kernel.secretKey, claim)) return claim.publicId;
  throw deadLink();
}

/** A confirm link serves whoever has not confirmed, or asked for more since; a manage link, whoever has. */
const usable = {
  confirm: ({ state, wish }: StoredSubscriber) =>
    state === 'pending' || state === 'unsubscribed' || (state === 'confirmed' && wish !== null),
  manage: ({ state }: StoredSubscriber) => state === 'confirmed',
};

async function findByToken(
  kernel: Kernel,
  reader: Reader,
  purpose: 'confirm' | 'manage',
  token: string,
): Promise<StoredSubscriber> {
  const claim = readToken(token);
  const subscriber = claim && (await findByPublicId(reader, claim.publicId));
  if (!claim || !subscriber) throw deadLink();
  if (!usable[purpose](subscriber)) throw deadLink();
  if (!isGenuine(kernel.secretKey, purpose, claim, subscriber, kernel.clock)) throw deadLink();
  return subscriber;
}

/** Unknown, used and expired look alike (S-62). */
const deadLink = () =>
  new AppError(
    'gone',
    'This link has been used already, or it has expired. You can ask for a new one.',
  );

/** As it is after a change in the same transaction. */
async function readSubscription(kernel: Kernel, tx: Tx, publicId: string): Promise<Subscription> {
  const subscriber = await findByPublicId(tx, publicId);
  if (!subscriber) throw deadLink();
  return toSubscription(kernel, tx, subscriber);
}

async function toSubscription(
  kernel: Kernel,
  reader: Reader,
  subscriber: StoredSubscriber,
): Promise<Subscription> {
  const choices = await choicesOf(reader, [subscriber.id]);
  const follows = await followsOf(reader, [subscriber.id]);
  return {
    email: subscriber.email,
    topics: topicsOf(subscriber),
    componentIds: choices.map((choice) => choice.publicId),
    incidents: follows.map(({ id, title, isOver }) => ({ id, title, isOver })),
    token: manageToken(kernel.secretKey, subscriber, kernel.clock.now()),
    unsubscribeToken: unsubscribeToken(kernel.secretKey, subscriber),
  };
}
