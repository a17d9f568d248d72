// The words of the product: each union once, as the tuple its type, its column's CHECK and its forms are made from.

/** Worst last: the order decides which status wins. */
export const componentStatuses = [
  'operational',
  'under_maintenance',
  'degraded_performance',
  'partial_outage',
  'major_outage',
] as const;
export type ComponentStatus = (typeof componentStatuses)[number];

export const incidentStates = ['investigating', 'identified', 'monitoring', 'resolved'] as const;
export type IncidentState = (typeof incidentStates)[number];

/** What a stage template is written for. Post-mortem is a stage, never a state. */
export const stages = [...incidentStates, 'postmortem'] as const;
export type Stage = (typeof stages)[number];

/** Worst last. */
export const impacts = ['none', 'minor', 'major', 'critical'] as const;
export type Impact = (typeof impacts)[number];

export const maintenanceStates = [
  'scheduled',
  'in_progress',
  'verifying',
  'completed',
  'cancelled',
] as const;
export type MaintenanceState = (typeof maintenanceStates)[number];

/** The page's overall state in Statuspage's words, worst last. */
export const indicators = ['none', 'maintenance', 'minor', 'major', 'critical'] as const;
export type Indicator = (typeof indicators)[number];

/** SEV1 is the most severe. */
export const severities = [1, 2, 3, 4] as const;
export type Severity = (typeof severities)[number];

export const visibilities = ['public', 'private'] as const;
export type Visibility = (typeof visibilities)[number];

export const roles = ['viewer', 'comms_lead', 'approver', 'admin'] as const;
export type Role = (typeof roles)[number];

export const subscriberStates = ['pending', 'confirmed', 'unsubscribed', 'quarantined'] as const;
export type SubscriberState = (typeof subscriberStates)[number];

/** What a webhook is spoken to in: our signed events, Statuspage's payload, or a chat's incoming webhook. */
export const webhookFormats = ['standard', 'statuspage', 'slack', 'discord', 'teams'] as const;
export type WebhookFormat = (typeof webhookFormats)[number];

/** Like a subscriber's: quarantined after failing for long, confirmed again by a person. */
export const webhookStates = ['pending', 'confirmed', 'unsubscribed', 'quarantined'] as const;
export type WebhookState = (typeof webhookStates)[number];

/** A draft's own states; what happens after `queued` is told by its notification. */
export const emailDraftStates = ['draft', 'queued', 'cancelled'] as const;

export const notificationStates = ['queued', 'sending', 'paused', 'sent', 'cancelled'] as const;
export type NotificationState = (typeof notificationStates)[number];

/** Whom a notification's recipient ids name. */
export const recipientKinds = ['subscriber', 'account', 'webhook'] as const;
export type RecipientKind = (typeof recipientKinds)[number];

/** Bulk mail waits its turn; direct mail (confirmations, warnings, tests) never stands behind a fan-out, nor webhooks behind mail. */
export const lanes = ['direct', 'bulk', 'webhook'] as const;
export type Lane = (typeof lanes)[number];

/** Stored as the position in this tuple: never reorder, only append. */
export const deliveryStates = [
  'queued',
  'sending',
  'sent',
  'failed',
  'suppressed',
  'cancelled',
] as const;
export type DeliveryState = (typeof deliveryStates)[number];

/** True when `value` is one of the tuple's words. */
export const isOneOf = <const T extends readonly unknown[]>(
  tuple: T,
  value: unknown,
): value is T[number] => tuple.includes(value);

/** The worse of two words by their place in a worst-last tuple. */
export const worse = <T>(tuple: readonly T[], a: T, b: T): T =>
  tuple.indexOf(b) > tuple.indexOf(a) ? b : a;

/** Who told us that a mail came back: the relay while it was sent, a bounce mailbox, or a provider's webhook. */
export const returnSources = [
  'smtp',
  'mailbox',
  'generic',
  'ses',
  'mailgun',
  'postmark',
  'sendgrid',
] as const;
export type ReturnSource = (typeof returnSources)[number];

/**
 * `hard`: the address does not exist. `soft`: not now. `complaint`: reported as unwanted. `policy`: about
 * us, never about the address. `delayed`: still being tried. `other`: an answer that is no bounce.
 * `unreadable`: could not be understood, kept to be looked at.
 */
export const returnKinds = [
  'hard',
  'soft',
  'complaint',
  'policy',
  'delayed',
  'other',
  'unreadable',
] as const;
export type ReturnKind = (typeof returnKinds)[number];
