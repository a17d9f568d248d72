// View models of the forms by which visitors ask for updates.
import { isOneOf, type WebhookFormat } from '../shared/words.ts';
import type { FieldErrors } from '../shared/errors.ts';
import type { PublicSnapshot } from '../status/types.ts';
import type { Pending } from '../subscribers/types.ts';
import type { Language } from '../web/language.ts';
import type { Model } from '../web/views.ts';
import type { Edition } from './editions.ts';
import { subscribeChoices } from './pages.ts';

const chats = ['slack', 'teams', 'discord'] as const satisfies readonly WebhookFormat[];
const programs = ['standard', 'statuspage'] as const satisfies readonly WebhookFormat[];

/** The ways to ask, as the page lists them. */
export type Channel = 'email' | 'chat' | 'webhook';

/** What a webhook may hear of beside what people do. */
export const hookTopics = ['incidents', 'maintenance', 'components'] as const;

/** What was typed into a form that has to be shown again. */
export interface Typed {
  email?: string;
  endpoint?: string;
  format?: string;
  topics?: readonly string[];
  componentIds?: readonly string[];
  incidentId?: string;
}

/** Which form asks for a webhook of this format. */
export const channelOf = (format: string): Channel => (isOneOf(chats, format) ? 'chat' : 'webhook');

/** The page of all ways to ask, with one of them open: as it came, or with what was typed and what is wrong. */
export function subscribeModel(
  edition: Edition,
  open: Channel = 'email',
  typed: Typed = {},
  errors: FieldErrors = {},
): Model {
  const { snapshot, speech } = edition;
  const { t } = speech;
  const of = (channel: Channel) =>
    formModel(snapshot, channel, open === channel ? typed : {}, open === channel ? errors : {});
  return {
    open,
    forms: {
      email: of('email'),
      chat: {
        ...of('chat'),
        id: 'chat',
        lead: t('subscribe:chat_lead'),
        kindLabel: t('subscribe:program'),
        button: t('subscribe:add_chat'),
      },
      webhook: {
        ...of('webhook'),
        id: 'webhook',
        lead: t('subscribe:webhook_lead'),
        kindLabel: t('subscribe:payload'),
        button: t('subscribe:add_webhook'),
      },
    },
    rows: feedRows(snapshot.page.url, t),
  };
}

function formModel(snapshot: PublicSnapshot, channel: Channel, typed: Typed, errors: FieldErrors) {
  const formats: readonly WebhookFormat[] = channel === 'chat' ? chats : programs;
  const [first] = formats;
  const chosen = isOneOf(formats, typed.format) ? typed.format : first;
  return {
    email: (typed.email ?? '').slice(0, 254),
    endpoint: (typed.endpoint ?? '').slice(0, 2000),
    follow: followedBy(snapshot, typed.incidentId),
    formats: formats.map((value) => ({ value, isChosen: value === chosen })),
    topics: topicModels(channel === 'webhook' ? hookTopics : hookTopics.slice(0, 2), typed.topics),
    choices: subscribeChoices(snapshot, [...(typed.componentIds ?? [])]),
    errors: shownErrors(errors),
  };
}

/** Checkboxes of what to be told of; all of them unless it is known which. */
const topicModels = (
  topics: readonly (typeof hookTopics)[number][],
  chosen: readonly string[] = topics,
) => topics.map((value) => ({ value, isChosen: chosen.length === 0 || chosen.includes(value) }));

/** The one incident that a form asks to follow, if customers know of it. */
const followedBy = ({ openIncidents, recentIncidents }: PublicSnapshot, id?: string) => {
  const found = [...openIncidents, ...recentIncidents].find((one) => one.id === id);
  return found && { id: found.id, title: found.title };
};

const fieldsShown = ['email', 'endpoint', 'format', 'topic'];

/** Messages by field; those of fields that have no place of their own come as `other`. */
export function shownErrors(errors: FieldErrors): FieldErrors {
  const [other] = Object.entries(errors).filter(([field]) => !fieldsShown.includes(field));
  return other ? { ...errors, other: other[1] } : errors;
}

/** Everything that can be followed without telling an address. */
function feedRows(url: string, t: Language['t']) {
  const row = (name: string, path: string) => ({ name, path, url: url + path });
  return [
    row('RSS', '/feed.rss'),
    row('Atom', '/feed.atom'),
    row('JSON', '/feed.json'),
    {
      ...row(t('subscribe:calendar'), '/calendar.ics'),
      webcal: `${url.replace(/^https?:/, 'webcal:')}/calendar.ics`,
    },
  ];
}

/** What a wish asks for, a line each. `say` speaks the words of subscribing. */
export function wishLines(say: Language['t'], { topics, components, incident }: Pending): string[] {
  const lines: string[] = [];
  const [topic, another] = topics;
  if (topic) {
    const what = say(another ? 'wants.both' : `wants.${topic}`);
    const of =
      components.length === 0
        ? say('wants.every_component')
        : say('wants.components', { names: components.join(', ') });
    lines.push(say('wants.line', { what, of }));
  }
  if (incident) lines.push(say('wants.incident', { title: incident.title }));
  // Followed while it was public, and taken back since.
  return lines.length > 0 ? lines : [say('wants.past_incident')];
}
