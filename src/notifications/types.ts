// The words of the outbox: what is told, to whom, and how far it has come.
import type {
  DeliveryState,
  Lane,
  NotificationState,
  RecipientKind,
  Stage,
  WebhookFormat,
} from '../shared/words.ts';

/**
 * `incident` and `maintenance` go to subscribers in bulk, `webhook` to webhooks in a lane of their own;
 * the others to one recipient, in the direct lane. `test` is a draft sent to the person writing it.
 */
export const notificationKinds = [
  'incident',
  'maintenance',
  'webhook',
  'webhook_confirmation',
  'webhook_trouble',
  'confirmation',
  'already_subscribed',
  'manage_link',
  'clock',
  'test',
  'record_head',
] as const;
export type NotificationKind = (typeof notificationKinds)[number];

/** A mail's finished parts. Only recipient slots such as `{{unsubscribe_url}}` are still open. */
export interface MailContent {
  subject: string;
  html: string;
  plain: string;
}

/** What a message to subscribers is about. */
type Subject =
  | { kind: 'incident'; incidentId: number; stage: Stage }
  | { kind: 'maintenance'; maintenanceId: number };

export type ReleaseToSubscribers = Subject & {
  mail: MailContent;
  /** Components it is about: who chose others is left out. Empty means everyone. */
  componentIds: number[];
  /** Until then it can be taken back. */
  notBefore?: Date;
};

export interface ReleaseToOne {
  kind: Exclude<NotificationKind, 'incident' | 'maintenance' | 'webhook'>;
  recipientKind: RecipientKind;
  recipientId: number;
  mail: MailContent;
  incidentId?: number;
}

/** A message to webhooks, frozen: one finished body for each format that has something to say. */
export interface WebhookMessage {
  /** One line, for the delivery log. */
  subject: string;
  /** JSON values. What differs from one recipient to the next is put in at sending. */
  bodies: Partial<Record<WebhookFormat, object>>;
}

export interface ReleaseToWebhooks {
  topic: 'incidents' | 'maintenance' | 'components';
  /** The event it tells of: who had confirmed by then is owed it. */
  cutSeq: number;
  /** What it is about; null where nothing must keep it from being sent any more. */
  incidentId: number | null;
  maintenanceId: number | null;
  /** Public ids of the components it is about. Empty means everyone. */
  componentIds: string[];
  /** Only those who were told of this incident before, whatever they chose. */
  formerOf?: number;
  message: WebhookMessage;
}

export type DeliveryCounts = Record<DeliveryState, number>;

export interface Progress {
  notificationId: number;
  state: NotificationState;
  counts: DeliveryCounts;
  /** Everyone it is owed to, also those whose row is still to be made. */
  owed: number;
  /** True once every row is made. */
  expanded: boolean;
  createdAt: Date;
  finishedAt: Date | null;
}

export interface NotificationSummary extends Progress {
  kind: NotificationKind;
  stage: Stage | null;
  subject: string;
}

/** Somebody who was owed a message and has not got it. */
export interface Undelivered {
  recipientId: number;
  /** Null once the address is erased. */
  email: string | null;
  state: DeliveryState;
  /** Why, in words fit for the desk; addresses in replies are redacted. */
  reason: string;
  attempts: number;
}

/** A delivery that a lane holds under its lease. */
export interface Claimed {
  notification: {
    id: number;
    kind: NotificationKind;
    lane: Lane;
    stage: Stage | null;
    incidentPublicId: string | null;
    maintenancePublicId: string | null;
    contentSha256: string;
    createdAt: Date;
    expiresAt: Date;
  };
  recipient: Recipient;
  /** Attempts that counted, before this one. */
  attempts: number;
  /** SMTP code of the last refusal, or null. */
  code: number | null;
}

/** What one needs to address and sign a recipient's copy. */
export type Recipient =
  | { kind: 'account'; id: number; email: string }
  | { kind: 'subscriber'; id: number; email: string; publicId: string; confirmNonce: string }
  | WebhookRecipient;

export interface WebhookRecipient {
  kind: 'webhook';
  id: number;
  /** Where mail about it goes; null where nobody gave an address. */
  email: string | null;
  publicId: string;
  nonce: string;
  format: WebhookFormat;
  url: string;
  failures: number;
  failingSince: Date | null;
}

/** Per recipient id: how to address them, or why not to. */
export type Verdicts = Map<number, Recipient | string>;

/** How a claimed delivery came out. */
export interface Settlement {
  state: 'sent' | 'failed' | 'queued' | 'suppressed' | 'cancelled';
  /** When to try again; only with `queued`. */
  nextAt?: Date;
  /** Whether the attempt counts against this row, or was the relay's fault. */
  charge: boolean;
  code: number | null;
  /** Kept in the attempt log; null when all went well at the first try. */
  note: { outcome: string; reply: string } | null;
  /** Stops the whole notification: its content was refused, the next copies would be too. */
  pauseBecause?: string;
}
