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

/** Where a visitor's request came from. */
export interface Visit {
  ip: string;
  userAgent: string;
  requestId?: string | null;
}

export interface SubscribeRequest extends Visit {
  email: string;
  /** Public ids of the chosen components; none means all. */
  componentIds: readonly string[];
  /** The honeypot field: people leave it empty. */
  website?: string | undefined;
}

export interface ManageLinkRequest extends Visit {
  email: string;
  website?: string | undefined;
}

/** A subscriber's own view of their subscription. */
export interface Subscription {
  email: string;
  /** Public ids of the chosen components; none means all. */
  componentIds: string[];
  /** A manage token with its thirty days begun anew. */
  token: string;
  /** For ever, and good for that only. */
  unsubscribeToken: string;
}

/** A row of the desk's list. */
export interface SubscriberRow {
  id: number;
  email: string;
  state: SubscriberState;
  /** Names of the chosen components; none means all. */
  components: string[];
  createdAt: Date;
  confirmedAt: Date | null;
}
