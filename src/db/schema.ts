// Every table, once. Invariants that the database can hold live here as CHECKs and unique indexes.
import { sql } from 'drizzle-orm';
import {
  componentStatuses,
  deliveryStates,
  emailDraftStates,
  impacts,
  incidentStates,
  lanes,
  maintenanceStates,
  notificationStates,
  recipientKinds,
  returnKinds,
  returnSources,
  roles,
  severities,
  stages,
  subscriberStates,
  visibilities,
  webhookFormats,
  webhookStates,
  type ComponentStatus,
} from '../shared/words.ts';
import {
  bool,
  holds,
  index,
  int,
  json,
  oneOf,
  position,
  primaryKey,
  serial,
  table,
  text,
  time,
  uniqueIndex,
  word,
} from './columns.ts';

// What happened

export const events = table(
  'events',
  {
    seq: int('seq').primaryKey({ autoIncrement: true }),
    at: time('at').notNull(),
    kind: text('kind').notNull(),
    actorKind: text('actor_kind').notNull(),
    actorId: int('actor_id'),
    ip: text('ip'),
    requestId: text('request_id'),
    subject: text('subject').notNull(),
    subjectId: int('subject_id'),
    incidentId: int('incident_id'),
    /** Moves the public snapshot. */
    isPublic: bool('is_public').notNull(),
    /** JSON exactly as hashed. */
    data: text('data').notNull(),
    previous: text('previous').notNull(),
    hash: text('hash').notNull(),
  },
  (t) => [
    index('events_incident').on(t.incidentId, t.seq),
    index('events_public')
      .on(t.seq)
      .where(sql`is_public = 1`),
  ],
);

export const settings = table('settings', {
  name: text('name').primaryKey(),
  value: json<unknown>('value').notNull(),
  version: int('version').notNull(),
  updatedAt: time('updated_at').notNull(),
});

/** Requests that must not simply be repeated: what a key led to, per author, for 24 hours. */
export const idempotencyKeys = table(
  'idempotency_keys',
  {
    author: text('author').notNull(),
    key: text('key').notNull(),
    bodyHash: text('body_hash').notNull(),
    resultId: int('result_id').notNull(),
    at: time('at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.author, t.key] }), index('idempotency_at').on(t.at)],
);

/** Counts within a window: sign-in failures, confirmation mails. Survives restarts. */
export const rateWindows = table(
  'rate_windows',
  {
    key: text('key').primaryKey(),
    hits: int('hits').notNull(),
    startedAt: time('started_at').notNull(),
    endsAt: time('ends_at').notNull(),
  },
  (t) => [index('rate_windows_end').on(t.endsAt)],
);

// Accounts

export const accounts = table(
  'accounts',
  {
    id: serial(),
    email: text('email').notNull(),
    emailKey: text('email_key').notNull().unique(),
    name: text('name').notNull(),
    role: word('role', roles).notNull(),
    passwordHash: text('password_hash').notNull(),
    disabledAt: time('disabled_at'),
    createdAt: time('created_at').notNull(),
    updatedAt: time('updated_at').notNull(),
    version: int('version').notNull(),
  },
  (t) => [oneOf('accounts_role', t.role, roles)],
);

export const sessions = table(
  'sessions',
  {
    idHash: text('id_hash').primaryKey(),
    accountId: int('account_id')
      .notNull()
      .references(() => accounts.id, { onDelete: 'cascade' }),
    createdAt: time('created_at').notNull(),
    seenAt: time('seen_at').notNull(),
    userAgent: text('user_agent').notNull(),
  },
  (t) => [index('sessions_account').on(t.accountId)],
);

export const apiTokens = table(
  'api_tokens',
  {
    id: serial(),
    name: text('name').notNull(),
    role: word('role', roles).notNull(),
    tokenHash: text('token_hash').notNull().unique(),
    createdAt: time('created_at').notNull(),
    lastUsedAt: time('last_used_at'),
    revokedAt: time('revoked_at'),
  },
  (t) => [oneOf('api_tokens_role', t.role, roles)],
);

/** One row: who may make the first admin, and that it has been done. */
export const setup = table(
  'setup',
  {
    id: int('id').primaryKey(),
    tokenHash: text('token_hash').notNull(),
    completedAt: time('completed_at'),
  },
  (t) => [holds('setup_single', sql`${t.id} = 1`)],
);

// Components

export const componentGroups = table('component_groups', {
  id: serial(),
  publicId: text('public_id').notNull().unique(),
  name: text('name').notNull(),
  description: text('description').notNull(),
  position: int('position').notNull(),
  archivedAt: time('archived_at'),
  createdAt: time('created_at').notNull(),
  updatedAt: time('updated_at').notNull(),
  version: int('version').notNull(),
});

export const components = table(
  'components',
  {
    id: serial(),
    publicId: text('public_id').notNull().unique(),
    groupId: int('group_id').references(() => componentGroups.id),
    name: text('name').notNull(),
    description: text('description').notNull(),
    position: int('position').notNull(),
    /** Set by a person. */
    baseline: word('baseline', componentStatuses).notNull(),
    /** Derived: the worst of the baseline and what open public incidents say. */
    status: word('status', componentStatuses).notNull(),
    showcase: bool('showcase').notNull(),
    onlyShowIfDegraded: bool('only_show_if_degraded').notNull(),
    /** `YYYY-MM-DD` */
    startDate: text('start_date'),
    archivedAt: time('archived_at'),
    createdAt: time('created_at').notNull(),
    updatedAt: time('updated_at').notNull(),
    version: int('version').notNull(),
  },
  (t) => [
    oneOf('components_baseline', t.baseline, componentStatuses),
    oneOf('components_status', t.status, componentStatuses),
  ],
);

/** What sources outside the component (open public incidents, maintenance) say of its status now. */
export const componentImpacts = table(
  'component_impacts',
  {
    source: text('source').notNull(),
    sourceId: int('source_id').notNull(),
    componentId: int('component_id')
      .notNull()
      .references(() => components.id),
    status: word('status', componentStatuses).notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.source, t.sourceId, t.componentId] }),
    index('component_impacts_component').on(t.componentId),
    oneOf('component_impacts_status', t.status, componentStatuses),
  ],
);

/** The status a component showed, without gaps, from the day it was made. */
export const statusIntervals = table(
  'status_intervals',
  {
    id: serial(),
    componentId: int('component_id')
      .notNull()
      .references(() => components.id),
    status: word('status', componentStatuses).notNull(),
    startedAt: time('started_at').notNull(),
    endedAt: time('ended_at'),
  },
  (t) => [
    index('status_intervals_component').on(t.componentId, t.startedAt),
    uniqueIndex('status_intervals_open')
      .on(t.componentId)
      .where(sql`ended_at is null`),
    oneOf('status_intervals_status', t.status, componentStatuses),
  ],
);

// Subscribers

/** Choices that take effect once the address confirms them. */
export interface SubscriberWish {
  wantsIncidents: boolean;
  wantsMaintenance: boolean;
  /** Row ids; none means all. */
  componentIds: number[];
  /** The one incident to follow. */
  incidentId: number | null;
}

export const subscribers = table(
  'subscribers',
  {
    id: serial(),
    publicId: text('public_id').notNull().unique(),
    email: text('email').notNull(),
    emailKey: text('email_key').notNull().unique(),
    state: word('state', subscriberStates).notNull(),
    /** Seq of the event that confirmed; a repeated confirm never moves it. */
    confirmedSeq: int('confirmed_seq'),
    /** Seq of the event that ended it: unsubscribed or quarantined. Cleared when they come back. */
    leftSeq: int('left_seq'),
    /** Part of the confirm link's signature: a new one kills the old links. */
    confirmNonce: text('confirm_nonce').notNull(),
    confirmSentAt: time('confirm_sent_at'),
    confirmedAt: time('confirmed_at'),
    /** Every incident (of the chosen components); false for someone who follows single ones only. */
    wantsIncidents: bool('wants_incidents').notNull().default(true),
    wantsMaintenance: bool('wants_maintenance').notNull().default(true),
    /** What was asked for and waits to be confirmed. */
    wish: json<SubscriberWish | null>('wish'),
    /** Proof of consent. */
    consent: json<{ ip: string; userAgent: string; at: string; text: string } | null>('consent'),
    createdAt: time('created_at').notNull(),
    updatedAt: time('updated_at').notNull(),
  },
  (t) => [
    index('subscribers_by_state').on(t.state, t.id),
    oneOf('subscribers_state_known', t.state, subscriberStates),
  ],
);

/** Components chosen by a subscriber; no row means everything. */
export const subscriberComponents = table(
  'subscriber_components',
  {
    subscriberId: int('subscriber_id')
      .notNull()
      .references(() => subscribers.id, { onDelete: 'cascade' }),
    componentId: int('component_id')
      .notNull()
      .references(() => components.id),
  },
  (t) => [primaryKey({ columns: [t.subscriberId, t.componentId] })],
);

/** Single incidents that a subscriber follows. */
export const subscriberIncidents = table(
  'subscriber_incidents',
  {
    subscriberId: int('subscriber_id')
      .notNull()
      .references(() => subscribers.id, { onDelete: 'cascade' }),
    incidentId: int('incident_id')
      .notNull()
      .references(() => incidents.id),
  },
  (t) => [
    primaryKey({ columns: [t.subscriberId, t.incidentId] }),
    index('subscriber_incidents_incident').on(t.incidentId),
  ],
);

/** Addresses that must not be mailed, by hash: outlives the subscriber's erasure. */
export const suppressions = table('suppressions', {
  addressHash: text('address_hash').primaryKey(),
  reason: text('reason').notNull(),
  /** What was reported, redacted. */
  evidence: text('evidence').notNull().default(''),
  at: time('at').notNull(),
});

// Webhooks

/** Addresses of machines that are told what happens. */
export const webhooks = table(
  'webhooks',
  {
    id: serial(),
    publicId: text('public_id').notNull().unique(),
    format: word('format', webhookFormats).notNull(),
    /** A secret in itself for chats: never shown whole, never logged. */
    url: text('url').notNull(),
    /** Who hears when it fails, and who confirms it; null for those an admin made. */
    email: text('email'),
    state: word('state', webhookStates).notNull(),
    /** The signing secret is derived from it and `SECRET_KEY`; a new one rotates it. Also signs its links. */
    nonce: text('nonce').notNull(),
    wantsIncidents: bool('wants_incidents').notNull(),
    wantsMaintenance: bool('wants_maintenance').notNull(),
    wantsComponents: bool('wants_components').notNull(),
    /** The one incident it follows, and then nothing else; null for the rest. */
    incidentId: int('incident_id').references(() => incidents.id),
    /** Row ids of the chosen components; empty means all. */
    componentIds: json<number[]>('component_ids').notNull(),
    /** Seq of the event that confirmed it: it is owed nothing older. */
    confirmedSeq: int('confirmed_seq'),
    leftSeq: int('left_seq'),
    /** Failures in a row, and when the first of them was. */
    failures: int('failures').notNull(),
    failingSince: time('failing_since'),
    confirmSentAt: time('confirm_sent_at'),
    createdAt: time('created_at').notNull(),
    updatedAt: time('updated_at').notNull(),
    version: int('version').notNull(),
  },
  (t) => [
    index('webhooks_state').on(t.state, t.id),
    oneOf('webhooks_format', t.format, webhookFormats),
    oneOf('webhooks_state_known', t.state, webhookStates),
  ],
);

/** How far a reader of the record has come: it goes on there after a restart. */
export const eventCursors = table('event_cursors', {
  name: text('name').primaryKey(),
  seq: int('seq').notNull(),
});

// Files that an admin uploaded

export const pageFiles = table('page_files', {
  name: text('name').primaryKey(),
  contentType: text('content_type').notNull(),
  /** base64 */
  content: text('content').notNull(),
  sha256: text('sha256').notNull(),
  width: int('width').notNull(),
  height: int('height').notNull(),
  updatedAt: time('updated_at').notNull(),
});

// Scheduled maintenance

export const maintenances = table(
  'maintenances',
  {
    id: serial(),
    publicId: text('public_id').notNull().unique(),
    title: text('title').notNull(),
    /** Derived from the newest update. */
    state: word('state', maintenanceStates).notNull(),
    scheduledFor: time('scheduled_for').notNull(),
    scheduledUntil: time('scheduled_until').notNull(),
    autoStart: bool('auto_start').notNull(),
    autoComplete: bool('auto_complete').notNull(),
    /** Minutes before the start at which it is announced again. */
    reminders: json<number[]>('reminders').notNull(),
    /** Whether email goes out at announcement, start, end; reminders too. */
    notifies: bool('notifies').notNull(),
    /** When it truly began, and was over. */
    startedAt: time('started_at'),
    completedAt: time('completed_at'),
    /** RFC 5545 RRULE of a series, on its newest occurrence; in the page's time zone. */
    rrule: text('rrule'),
    /** Public id of the series' first occurrence. */
    seriesId: text('series_id'),
    /** Told of the past without a word to anyone: imported. */
    backfilled: bool('backfilled').notNull(),
    createdAt: time('created_at').notNull(),
    updatedAt: time('updated_at').notNull(),
    version: int('version').notNull(),
  },
  (t) => [
    index('maintenances_state').on(t.state, t.scheduledFor),
    index('maintenances_created').on(t.createdAt),
    oneOf('maintenances_state_known', t.state, maintenanceStates),
    holds('maintenances_span', sql`${t.scheduledUntil} > ${t.scheduledFor}`),
  ],
);

/** The components it is about, and what they show while it runs. */
export const maintenanceComponents = table(
  'maintenance_components',
  {
    maintenanceId: int('maintenance_id')
      .notNull()
      .references(() => maintenances.id),
    componentId: int('component_id')
      .notNull()
      .references(() => components.id),
    status: word('status', componentStatuses).notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.maintenanceId, t.componentId] }),
    oneOf('maintenance_components_status', t.status, componentStatuses),
  ],
);

export const maintenanceUpdates = table(
  'maintenance_updates',
  {
    id: serial(),
    publicId: text('public_id').notNull().unique(),
    maintenanceId: int('maintenance_id')
      .notNull()
      .references(() => maintenances.id),
    state: word('state', maintenanceStates).notNull(),
    /** Markdown. */
    body: text('body').notNull(),
    affected: json<AffectedComponent[]>('affected').notNull(),
    deliverNotifications: bool('deliver_notifications').notNull(),
    displayAt: time('display_at').notNull(),
    createdAt: time('created_at').notNull(),
    updatedAt: time('updated_at').notNull(),
    editedAt: time('edited_at'),
    authorId: int('author_id').references(() => accounts.id),
  },
  (t) => [
    index('maintenance_updates_maintenance').on(t.maintenanceId, t.createdAt),
    oneOf('maintenance_updates_state', t.state, maintenanceStates),
  ],
);

/** Reminders given: each once for a start time, also after a restart or a move. */
export const maintenanceReminders = table(
  'maintenance_reminders',
  {
    maintenanceId: int('maintenance_id')
      .notNull()
      .references(() => maintenances.id),
    scheduledFor: time('scheduled_for').notNull(),
    /** Minutes before. */
    before: int('before').notNull(),
    at: time('at').notNull(),
    /** False when a nearer one stood in for it after a gap. */
    sent: bool('sent').notNull(),
  },
  (t) => [primaryKey({ columns: [t.maintenanceId, t.scheduledFor, t.before] })],
);

// Incidents

export const incidents = table(
  'incidents',
  {
    id: serial(),
    publicId: text('public_id').notNull().unique(),
    title: text('title').notNull(),
    severity: int('severity').notNull(),
    visibility: word('visibility', visibilities).notNull(),
    /** Derived from the newest update. */
    state: word('state', incidentStates).notNull(),
    /** Derived from what its updates said of components, the highest so far. */
    impact: word('impact', impacts).notNull(),
    impactOverride: word('impact_override', impacts),
    targetMinutes: int('target_minutes').notNull(),
    /** The newest public update's promise; null when no word is owed. */
    nextDueAt: time('next_due_at'),
    commanderId: int('commander_id').references(() => accounts.id),
    commsLeadId: int('comms_lead_id').references(() => accounts.id),
    /** Told afterwards, or brought along from elsewhere: nobody was notified. */
    backfilled: bool('backfilled').notNull().default(false),
    startedAt: time('started_at').notNull(),
    /** When customers could first see it. */
    publishedAt: time('published_at'),
    monitoringAt: time('monitoring_at'),
    resolvedAt: time('resolved_at'),
    createdAt: time('created_at').notNull(),
    updatedAt: time('updated_at').notNull(),
    version: int('version').notNull(),
  },
  (t) => [
    index('incidents_created').on(t.visibility, t.createdAt),
    index('incidents_open')
      .on(t.nextDueAt)
      .where(sql`state <> 'resolved'`),
    oneOf('incidents_severity', t.severity, severities),
    oneOf('incidents_visibility', t.visibility, visibilities),
    oneOf('incidents_state', t.state, incidentStates),
    oneOf('incidents_impact', t.impact, impacts),
    holds('incidents_resolved', sql`(${t.state} = 'resolved') = (${t.resolvedAt} is not null)`),
    holds(
      'incidents_clock',
      sql`${t.nextDueAt} is null or (${t.state} <> 'resolved' and ${t.visibility} = 'public')`,
    ),
  ],
);

/** The status an incident gives each component it affects, as its newest update left it. */
export const incidentComponents = table(
  'incident_components',
  {
    incidentId: int('incident_id')
      .notNull()
      .references(() => incidents.id),
    componentId: int('component_id')
      .notNull()
      .references(() => components.id),
    status: word('status', componentStatuses).notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.incidentId, t.componentId] }),
    oneOf('incident_components_status', t.status, componentStatuses),
  ],
);

export interface AffectedComponent {
  /** The component's public id. */
  code: string;
  /** Its name at that time. */
  name: string;
  oldStatus: ComponentStatus;
  newStatus: ComponentStatus;
}

export const incidentUpdates = table(
  'incident_updates',
  {
    id: serial(),
    publicId: text('public_id').notNull().unique(),
    incidentId: int('incident_id')
      .notNull()
      .references(() => incidents.id),
    state: word('state', incidentStates).notNull(),
    /** Markdown. */
    body: text('body').notNull(),
    affected: json<AffectedComponent[]>('affected').notNull(),
    /** False for words written while the incident was private: they stay inside. */
    isPublic: bool('is_public').notNull(),
    /** The promise made with this update. */
    nextUpdateBy: time('next_update_by'),
    /** Whether an email was to go with it; null where a person decides about a draft, which stays inside. */
    deliverNotifications: bool('deliver_notifications'),
    displayAt: time('display_at').notNull(),
    createdAt: time('created_at').notNull(),
    updatedAt: time('updated_at').notNull(),
    editedAt: time('edited_at'),
    authorId: int('author_id').references(() => accounts.id),
  },
  (t) => [
    index('incident_updates_incident').on(t.incidentId, t.createdAt),
    index('incident_updates_display').on(t.displayAt),
    oneOf('incident_updates_state', t.state, incidentStates),
  ],
);

/** What a corrected update said before. */
export const updateRevisions = table(
  'update_revisions',
  {
    id: serial(),
    updateId: int('update_id')
      .notNull()
      .references(() => incidentUpdates.id),
    body: text('body').notNull(),
    replacedAt: time('replaced_at').notNull(),
    replacedBy: int('replaced_by').references(() => accounts.id),
  },
  (t) => [index('update_revisions_update').on(t.updateId)],
);

export const emailDrafts = table(
  'email_drafts',
  {
    id: serial(),
    incidentId: int('incident_id')
      .notNull()
      .references(() => incidents.id),
    updateId: int('update_id')
      .notNull()
      .unique()
      .references(() => incidentUpdates.id),
    stage: word('stage', stages).notNull(),
    state: word('state', emailDraftStates).notNull(),
    subject: text('subject').notNull(),
    mjml: text('mjml').notNull(),
    plain: text('plain').notNull(),
    /** What only a person can say, by placeholder: `cannot_do`, `workaround`, … */
    facts: json<Record<string, string>>('facts').notNull(),
    /** The notification it became. */
    notificationId: int('notification_id'),
    /** Why no email went out. */
    reason: text('reason'),
    createdAt: time('created_at').notNull(),
    updatedAt: time('updated_at').notNull(),
    version: int('version').notNull(),
  },
  (t) => [
    index('email_drafts_incident').on(t.incidentId),
    oneOf('email_drafts_stage', t.stage, stages),
    oneOf('email_drafts_state', t.state, emailDraftStates),
  ],
);

/** Warnings given about a promise: each once, also after a restart. */
export const cadenceWarnings = table(
  'cadence_warnings',
  {
    id: serial(),
    incidentId: int('incident_id')
      .notNull()
      .references(() => incidents.id),
    audience: text('audience').notNull(),
    due: time('due').notNull(),
    /** Minutes from the promise at which it was to be given: -10, -5, 0, 10, 25, 40 … */
    offset: int('offset').notNull(),
    at: time('at').notNull(),
    /** False when a newer one stood in for it after a gap: recorded, not sent. */
    sent: bool('sent').notNull(),
  },
  (t) => [uniqueIndex('cadence_warnings_once').on(t.incidentId, t.audience, t.due, t.offset)],
);

// The outbox

/** Frozen message parts, shared by every notification with the same words. */
export const mailContents = table('mail_contents', {
  sha256: text('sha256').primaryKey(),
  subject: text('subject').notNull(),
  html: text('html').notNull(),
  plain: text('plain').notNull(),
});

export const notifications = table(
  'notifications',
  {
    id: serial(),
    kind: text('kind').notNull(),
    lane: word('lane', lanes).notNull(),
    recipientKind: word('recipient_kind', recipientKinds).notNull(),
    state: word('state', notificationStates).notNull(),
    incidentId: int('incident_id').references(() => incidents.id),
    maintenanceId: int('maintenance_id').references(() => maintenances.id),
    stage: word('stage', stages),
    contentSha256: text('content_sha256')
      .notNull()
      .references(() => mailContents.sha256),
    /** Component ids of the audience rule; empty means everyone. Only for fan-outs to subscribers. */
    audience: json<number[]>('audience').notNull(),
    /** Seq of the release event: who had confirmed by then is owed it. */
    cutSeq: int('cut_seq').notNull(),
    /** Highest subscriber id at the release: where the fan-out ends. */
    highId: int('high_id').notNull(),
    /** Fan-out done up to and including this id. */
    expandedTo: int('expanded_to').notNull(),
    /** Also the Date header of every copy. */
    createdAt: time('created_at').notNull(),
    notBefore: time('not_before').notNull(),
    expiresAt: time('expires_at').notNull(),
    finishedAt: time('finished_at'),
    /** Rows by how they stand, kept in step by the outbox: counting a million takes a second. The rest of `made` is open. */
    made: int('made').notNull().default(0),
    sent: int('sent').notNull().default(0),
    failed: int('failed').notNull().default(0),
    suppressed: int('suppressed').notNull().default(0),
    cancelled: int('cancelled').notNull().default(0),
    /** Why it stands still, while it is paused. */
    pausedBecause: text('paused_because'),
  },
  (t) => [
    index('notifications_state').on(t.state, t.lane),
    index('notifications_incident').on(t.incidentId),
    index('notifications_maintenance')
      .on(t.maintenanceId)
      .where(sql`maintenance_id is not null`),
    index('notifications_unswept')
      .on(t.id)
      .where(sql`state = 'cancelled' and made > sent + failed + suppressed + cancelled`),
    oneOf('notifications_lane', t.lane, lanes),
    oneOf('notifications_recipient_kind', t.recipientKind, recipientKinds),
    oneOf('notifications_state', t.state, notificationStates),
  ],
);

/** One narrow row per message and address. Made WITHOUT ROWID by the migration. */
export const deliveries = table(
  'deliveries',
  {
    notificationId: int('notification_id')
      .notNull()
      .references(() => notifications.id),
    recipientId: int('recipient_id').notNull(),
    state: position('state', deliveryStates).notNull(),
    attempts: int('attempts').notNull(),
    /** Queued: not before this. Sending: the lease ends here. */
    nextAt: time('next_at').notNull(),
    /** The boot that claimed it. */
    lease: text('lease'),
    /** Last SMTP code, or null. */
    code: int('code'),
  },
  (t) => [
    primaryKey({ columns: [t.notificationId, t.recipientId] }),
    index('deliveries_due')
      .on(t.notificationId, t.nextAt, t.recipientId)
      .where(sql`state = 0`),
    index('deliveries_claimed')
      .on(t.recipientId)
      .where(sql`state = 1`),
    index('deliveries_missed')
      .on(t.notificationId, t.recipientId)
      .where(sql`state > 2`),
    holds(
      'deliveries_state',
      sql`${t.state} between 0 and ${sql.raw(String(deliveryStates.length - 1))}`,
    ),
  ],
);

/** What went wrong, attempt by attempt; reply texts are redacted before they get here. */
export const deliveryAttempts = table(
  'delivery_attempts',
  {
    id: serial(),
    notificationId: int('notification_id').notNull(),
    recipientId: int('recipient_id').notNull(),
    at: time('at').notNull(),
    outcome: text('outcome').notNull(),
    code: int('code'),
    reply: text('reply').notNull(),
  },
  (t) => [
    index('delivery_attempts_delivery').on(t.notificationId, t.recipientId),
    index('delivery_attempts_ambiguous')
      .on(t.notificationId, t.recipientId)
      .where(sql`outcome = 'ambiguous'`),
  ],
);

// What comes back

/** Bounces and complaints, as classified. Texts are redacted before they get here. */
export const mailReturns = table(
  'mail_returns',
  {
    id: serial(),
    at: time('at').notNull(),
    source: word('source', returnSources).notNull(),
    kind: word('kind', returnKinds).notNull(),
    /** The delivery it is about; null where it could not be told for certain. */
    notificationId: int('notification_id'),
    recipientKind: word('recipient_kind', recipientKinds),
    recipientId: int('recipient_id'),
    /** Enhanced status code (RFC 3463), such as `5.1.1`. */
    code: text('code'),
    detail: text('detail').notNull(),
    /** SHA-256 of the report: the same one counts once. */
    digest: text('digest').notNull().unique(),
  },
  (t) => [
    index('mail_returns_recipient').on(t.recipientKind, t.recipientId, t.at),
    index('mail_returns_notification')
      .on(t.notificationId, t.recipientId)
      .where(sql`notification_id is not null`),
    index('mail_returns_unattributed')
      .on(t.at)
      .where(sql`notification_id is null`),
    oneOf('mail_returns_source', t.source, returnSources),
    oneOf('mail_returns_kind', t.kind, returnKinds),
  ],
);

// Relays

/** How the sender found each relay when it last looked; the sender writes it, the desk reads it. */
export const relayStates = table('relay_states', {
  name: text('name').primaryKey(),
  isUp: bool('is_up').notNull(),
  /** Since when it is up, or down. */
  since: time('since').notNull(),
  /** The last fault, redacted; empty while it is up. */
  fault: text('fault').notNull(),
  /** Messages accepted in the last minute. */
  perMinute: int('per_minute').notNull(),
  updatedAt: time('updated_at').notNull(),
});

/** Messages accepted per relay (and recipient domain) and slice of time: limits hold across restarts. */
export const relayUsage = table(
  'relay_usage',
  {
    key: text('key').notNull(),
    /** Milliseconds since 1970 at which the slice began. */
    slice: int('slice').notNull(),
    accepted: int('accepted').notNull(),
  },
  (t) => [primaryKey({ columns: [t.key, t.slice] }), index('relay_usage_slice').on(t.slice)],
);
