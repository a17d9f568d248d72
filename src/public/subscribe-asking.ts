// From what a form or a program of a visitor's sent to a request: by email, or for a webhook.
import { invalid } from '../shared/errors.ts';
import { isOneOf } from '../shared/words.ts';
import { subscribe } from '../subscribers/service.ts';
import { type Topic, topics } from '../subscribers/types.ts';
import {
  alreadySubscribedMail,
  confirmationMail,
  webhookConfirmationMail,
} from '../templates/mails.ts';
import type { Context, Site } from '../web/types.ts';
import { requestWebhook } from '../webhooks/service.ts';
import { visit } from './notices.ts';
import { channelOf, hookTopics, type Typed } from './subscribe-model.ts';

/** Sends a mail that asks to confirm, or whatever else the address is owed for asking. */
export function askByEmail(site: Site, c: Context, typed: Typed, website = ''): Promise<void> {
  const { email = '', componentIds = [], incidentId } = typed;
  const wanted = readTopics<Topic>(typed.topics ?? [], topics);
  return subscribe(
    site.kernel,
    { email, componentIds, topics: wanted, incidentId, website, ...visit(c) },
    { confirmationMail, alreadySubscribedMail },
  );
}

/** Asks for a webhook. Chats hear of single components only when that is ticked. */
export async function askByWebhook(
  site: Site,
  c: Context,
  typed: Typed,
  website = '',
): Promise<void> {
  const { email = '', endpoint = '', format = '', componentIds = [] } = typed;
  const given = readTopics(typed.topics ?? [], hookTopics);
  const usual = channelOf(format) === 'chat' ? topics : hookTopics;
  const wanted: readonly string[] = given.length > 0 ? given : usual;
  await requestWebhook(
    site.kernel,
    {
      email,
      endpoint,
      format,
      componentIds,
      incidentId: typed.incidentId ?? null,
      wantsIncidents: wanted.includes('incidents'),
      wantsMaintenance: wanted.includes('maintenance'),
      wantsComponents: wanted.includes('components'),
      website,
      ...visit(c),
    },
    { webhookConfirmationMail, allow: site.config.webhookAllow },
  );
}

/** Only the known words (S-50). */
export function readTopics<T extends string>(given: readonly string[], known: readonly T[]): T[] {
  const unknown = given.find((one) => !isOneOf(known, one));
  if (unknown !== undefined) throw invalid('topic', 'Please choose from what is shown.');
  return known.filter((one) => given.includes(one));
}
