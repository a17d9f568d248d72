// The words of webhooks: who asks for one, what it wants to hear, and how it looks to its holder and to the desk.
import type { MailContent } from '../notifications/types.ts';
import type { DeliveryState, WebhookFormat, WebhookState } from '../shared/words.ts';

/** What a mail about a webhook may say of the page. */
interface WebhookMailPage {
  name: string;
  url: string;
  timeZone: string;
}

/** The mail that asks to confirm, compiled by whoever owns the templates. It holds nothing that a visitor typed. */
export interface WebhookMails {
  webhookConfirmationMail(page: WebhookMailPage, formatLabel: string): Promise<MailContent>;
}

/** All addresses of a host name, or a rejection. */
export type Resolve = (host: string) => Promise<string[]>;

/** What checking an address needs. */
export interface Reach {
  /** `config.webhookAllow`. */
  allow: readonly string[];
  /** For tests; the system's own by default. */
  resolve?: Resolve;
}

/** Where a visitor's request came from. */
export interface Visit {
  ip: string;
  userAgent: string;
  requestId?: string | null;
}

/** What a webhook hears, as typed or ticked in a form. */
export interface WebhookChoices {
  wantsIncidents: boolean;
  wantsMaintenance: boolean;
  /** Every change of a component's status, apart from incidents. */
  wantsComponents: boolean;
  /** Public ids of the chosen components; none means all. */
  componentIds: readonly string[];
  /** Public id of the one incident to follow, and then nothing else. */
  incidentId?: string | null;
}

export interface WebhookRequest extends WebhookChoices, Visit {
  /** As sent; `standard` where empty. Faults are named at `format`. */
  format: string;
  /** As typed. Faults are named at `endpoint`, the name of the form's field. */
  endpoint: string;
  /** As typed. Faults are named at `email`. */
  email: string;
  /** The honeypot field: people leave it empty. */
  website?: string | undefined;
}

/** What an admin types. */
export interface NewWebhook extends WebhookChoices {
  format: string;
  endpoint: string;
  /** Who hears when it fails; may be empty. */
  email: string;
}

/** A webhook's holder's own view of it. */
export interface WebhookView {
  format: WebhookFormat;
  host: string;
  state: WebhookState;
  choices: Required<WebhookChoices>;
  /** Title of the one incident it follows. */
  incidentTitle: string | null;
  /** A manage token with its thirty days begun anew. */
  token: string;
  unsubscribeToken: string;
}

/** A row of the desk's list. */
export interface WebhookRow {
  publicId: string;
  format: WebhookFormat;
  host: string;
  email: string | null;
  state: WebhookState;
  choices: Required<WebhookChoices>;
  incidentTitle: string | null;
  failures: number;
  failingSince: Date | null;
  createdAt: Date;
  version: number;
  last: LoggedAttempt | null;
}

/** One try at telling a webhook something. */
export interface LoggedAttempt {
  at: Date;
  /** `sent`, `retry`, `failed`, `gone`, `suppressed`. */
  outcome: string;
  /** HTTP status, or null when there was no answer. */
  code: number | null;
  /** What came back, short and redacted. */
  reply: string;
}

/** A message in a webhook's delivery log. */
export interface LoggedDelivery {
  notificationId: number;
  subject: string;
  state: DeliveryState;
  createdAt: Date;
  /** Oldest first. */
  attempts: LoggedAttempt[];
}
