// The words of subscribing: who asks, from where, and what a subscriber looks like to the desk and to themself.
import type { MailContent } from '../notifications/types.ts';
import type { SubscriberState } from '../shared/words.ts';

/** What a mail to a subscriber may say of the page. Nothing that a visitor typed. */
interface MailPage {
  name: string;
  url: string;
  timeZone: string;
  supportContact: string;
}

/** The mails that subscribing sends, compiled by whoever owns the templates. */
export interface SubscriberMails {
  confirmationMail(page: MailPage): Promise<MailContent>;
  alreadySubscribedMail(page: MailPage): Promise<MailContent>;
}

/** The mail that brings a link to one's choices. */
export interface ManageMails {
  manageLinkMail(page: MailPage): Promise<MailContent>;
}

/** What somebody can want to hear about in general. */
export const topics = ['incidents', 'maintenance'] as const;
export type Topic = (typeof topics)[number];

/** Where a visitor's request came from. */
export interface Visit {
  ip: string;
  userAgent: string;
  requestId?: string | null;
}

/** What a form asks to hear about. */
export interface Asked {
  /** Public ids of the chosen components; none means all. */
  componentIds: readonly string[];
  /** None means both. */
  topics?: readonly Topic[];
  /** Public id of the one incident to follow. With it nothing else is asked for. */
  incidentId?: string | undefined;
}

export interface SubscribeRequest extends Visit, Asked {
  email: string;
  /** The honeypot field: people leave it empty. */
  website?: string | undefined;
}

export interface ManageLinkRequest extends Visit {
  email: string;
  website?: string | undefined;
}

/** An incident that somebody follows. */
export interface FollowedIncident {
  /** Public id. */
  id: string;
  title: string;
  isOver: boolean;
}

/** What stands behind a confirm link, for the page that asks to press the button. */
export interface Pending {
  email: string;
  topics: Topic[];
  /** Names of the chosen components; none means all. */
  components: string[];
  incident: FollowedIncident | undefined;
}

/** A subscriber's own view of their subscription. */
export interface Subscription {
  email: string;
  topics: Topic[];
  /** Public ids of the chosen components; none means all. */
  componentIds: string[];
  incidents: FollowedIncident[];
  /** A manage token with its thirty days begun anew. */
  token: string;
  /** For ever, and good for that only. */
  unsubscribeToken: string;
}

/** Choices as a manage page sends them; what is left out stays as it is. */
export interface ChangedChoices {
  /** None means all. */
  componentIds?: readonly string[];
  /** None means neither. */
  topics?: readonly Topic[] | undefined;
  /** Public ids of the followed incidents to keep. */
  incidentIds?: readonly string[] | undefined;
}

/** A subscriber as the desk and the management API list them. */
export interface SubscriberRow {
  id: number;
  publicId: string;
  email: string;
  state: SubscriberState;
  topics: Topic[];
  /** The chosen components; none means all. */
  components: { id: string; name: string }[];
  incidents: FollowedIncident[];
  createdAt: Date;
  confirmedAt: Date | null;
  updatedAt: Date;
}

/** Which subscribers a list is of. */
export interface SubscriberFilter {
  /** Any of these; left out, whoever there is. */
  states?: readonly SubscriberState[] | undefined;
  topic?: Topic | undefined;
  /** A part of the address. */
  search?: string | undefined;
}
