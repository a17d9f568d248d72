CREATE TABLE `accounts` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`email` text NOT NULL,
	`email_key` text NOT NULL,
	`name` text NOT NULL,
	`role` text NOT NULL,
	`password_hash` text NOT NULL,
	`disabled_at` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`version` integer NOT NULL,
	CONSTRAINT "accounts_role" CHECK("accounts"."role" in ('viewer', 'comms_lead', 'approver', 'admin'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `accounts_email_key_unique` ON `accounts` (`email_key`);--> statement-breakpoint
CREATE TABLE `api_tokens` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`name` text NOT NULL,
	`role` text NOT NULL,
	`token_hash` text NOT NULL,
	`created_at` integer NOT NULL,
	`last_used_at` integer,
	`revoked_at` integer,
	CONSTRAINT "api_tokens_role" CHECK("api_tokens"."role" in ('viewer', 'comms_lead', 'approver', 'admin'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `api_tokens_token_hash_unique` ON `api_tokens` (`token_hash`);--> statement-breakpoint
CREATE TABLE `cadence_warnings` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`incident_id` integer NOT NULL,
	`audience` text NOT NULL,
	`due` integer NOT NULL,
	`offset` integer NOT NULL,
	`at` integer NOT NULL,
	`sent` integer NOT NULL,
	FOREIGN KEY (`incident_id`) REFERENCES `incidents`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `cadence_warnings_once` ON `cadence_warnings` (`incident_id`,`audience`,`due`,`offset`);--> statement-breakpoint
CREATE TABLE `component_groups` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`public_id` text NOT NULL,
	`name` text NOT NULL,
	`description` text NOT NULL,
	`position` integer NOT NULL,
	`archived_at` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`version` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `component_groups_public_id_unique` ON `component_groups` (`public_id`);--> statement-breakpoint
CREATE TABLE `component_impacts` (
	`source` text NOT NULL,
	`source_id` integer NOT NULL,
	`component_id` integer NOT NULL,
	`status` text NOT NULL,
	PRIMARY KEY(`source`, `source_id`, `component_id`),
	FOREIGN KEY (`component_id`) REFERENCES `components`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "component_impacts_status" CHECK("component_impacts"."status" in ('operational', 'under_maintenance', 'degraded_performance', 'partial_outage', 'major_outage'))
);
--> statement-breakpoint
CREATE INDEX `component_impacts_component` ON `component_impacts` (`component_id`);--> statement-breakpoint
CREATE TABLE `components` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`public_id` text NOT NULL,
	`group_id` integer,
	`name` text NOT NULL,
	`description` text NOT NULL,
	`position` integer NOT NULL,
	`baseline` text NOT NULL,
	`status` text NOT NULL,
	`showcase` integer NOT NULL,
	`only_show_if_degraded` integer NOT NULL,
	`start_date` text,
	`archived_at` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`version` integer NOT NULL,
	FOREIGN KEY (`group_id`) REFERENCES `component_groups`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "components_baseline" CHECK("components"."baseline" in ('operational', 'under_maintenance', 'degraded_performance', 'partial_outage', 'major_outage')),
	CONSTRAINT "components_status" CHECK("components"."status" in ('operational', 'under_maintenance', 'degraded_performance', 'partial_outage', 'major_outage'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `components_public_id_unique` ON `components` (`public_id`);--> statement-breakpoint
CREATE TABLE `deliveries` (
	`notification_id` integer NOT NULL,
	`recipient_id` integer NOT NULL,
	`state` integer NOT NULL,
	`attempts` integer NOT NULL,
	`next_at` integer NOT NULL,
	`lease` text,
	`code` integer,
	PRIMARY KEY(`notification_id`, `recipient_id`),
	FOREIGN KEY (`notification_id`) REFERENCES `notifications`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "deliveries_state" CHECK("deliveries"."state" between 0 and 5)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `deliveries_due` ON `deliveries` (`notification_id`,`next_at`,`recipient_id`) WHERE state = 0;--> statement-breakpoint
CREATE INDEX `deliveries_claimed` ON `deliveries` (`lease`) WHERE state = 1;--> statement-breakpoint
CREATE TABLE `delivery_attempts` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`notification_id` integer NOT NULL,
	`recipient_id` integer NOT NULL,
	`at` integer NOT NULL,
	`outcome` text NOT NULL,
	`code` integer,
	`reply` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `delivery_attempts_delivery` ON `delivery_attempts` (`notification_id`,`recipient_id`);--> statement-breakpoint
CREATE TABLE `email_drafts` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`incident_id` integer NOT NULL,
	`update_id` integer NOT NULL,
	`stage` text NOT NULL,
	`state` text NOT NULL,
	`subject` text NOT NULL,
	`mjml` text NOT NULL,
	`plain` text NOT NULL,
	`facts` text NOT NULL,
	`notification_id` integer,
	`reason` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`version` integer NOT NULL,
	FOREIGN KEY (`incident_id`) REFERENCES `incidents`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`update_id`) REFERENCES `incident_updates`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "email_drafts_stage" CHECK("email_drafts"."stage" in ('investigating', 'identified', 'monitoring', 'resolved', 'postmortem')),
	CONSTRAINT "email_drafts_state" CHECK("email_drafts"."state" in ('draft', 'queued', 'cancelled'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `email_drafts_update_id_unique` ON `email_drafts` (`update_id`);--> statement-breakpoint
CREATE INDEX `email_drafts_incident` ON `email_drafts` (`incident_id`);--> statement-breakpoint
CREATE TABLE `events` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at` integer NOT NULL,
	`kind` text NOT NULL,
	`actor_kind` text NOT NULL,
	`actor_id` integer,
	`ip` text,
	`request_id` text,
	`subject` text NOT NULL,
	`subject_id` integer,
	`incident_id` integer,
	`is_public` integer NOT NULL,
	`data` text NOT NULL,
	`previous` text NOT NULL,
	`hash` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `events_incident` ON `events` (`incident_id`,`seq`);--> statement-breakpoint
CREATE INDEX `events_public` ON `events` (`seq`) WHERE is_public = 1;--> statement-breakpoint
CREATE TABLE `idempotency_keys` (
	`author` text NOT NULL,
	`key` text NOT NULL,
	`body_hash` text NOT NULL,
	`result_id` integer NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`author`, `key`)
);
--> statement-breakpoint
CREATE INDEX `idempotency_at` ON `idempotency_keys` (`at`);--> statement-breakpoint
CREATE TABLE `incident_components` (
	`incident_id` integer NOT NULL,
	`component_id` integer NOT NULL,
	`status` text NOT NULL,
	PRIMARY KEY(`incident_id`, `component_id`),
	FOREIGN KEY (`incident_id`) REFERENCES `incidents`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`component_id`) REFERENCES `components`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "incident_components_status" CHECK("incident_components"."status" in ('operational', 'under_maintenance', 'degraded_performance', 'partial_outage', 'major_outage'))
);
--> statement-breakpoint
CREATE TABLE `incident_updates` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`public_id` text NOT NULL,
	`incident_id` integer NOT NULL,
	`state` text NOT NULL,
	`body` text NOT NULL,
	`affected` text NOT NULL,
	`is_public` integer NOT NULL,
	`next_update_by` integer,
	`deliver_notifications` integer,
	`display_at` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`edited_at` integer,
	`author_id` integer,
	FOREIGN KEY (`incident_id`) REFERENCES `incidents`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`author_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "incident_updates_state" CHECK("incident_updates"."state" in ('investigating', 'identified', 'monitoring', 'resolved'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `incident_updates_public_id_unique` ON `incident_updates` (`public_id`);--> statement-breakpoint
CREATE INDEX `incident_updates_incident` ON `incident_updates` (`incident_id`,`created_at`);--> statement-breakpoint
CREATE INDEX `incident_updates_display` ON `incident_updates` (`display_at`);--> statement-breakpoint
CREATE TABLE `incidents` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`public_id` text NOT NULL,
	`title` text NOT NULL,
	`severity` integer NOT NULL,
	`visibility` text NOT NULL,
	`state` text NOT NULL,
	`impact` text NOT NULL,
	`impact_override` text,
	`target_minutes` integer NOT NULL,
	`next_due_at` integer,
	`commander_id` integer,
	`comms_lead_id` integer,
	`started_at` integer NOT NULL,
	`published_at` integer,
	`monitoring_at` integer,
	`resolved_at` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`version` integer NOT NULL,
	FOREIGN KEY (`commander_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`comms_lead_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "incidents_severity" CHECK("incidents"."severity" in (1, 2, 3, 4)),
	CONSTRAINT "incidents_visibility" CHECK("incidents"."visibility" in ('public', 'private')),
	CONSTRAINT "incidents_state" CHECK("incidents"."state" in ('investigating', 'identified', 'monitoring', 'resolved')),
	CONSTRAINT "incidents_impact" CHECK("incidents"."impact" in ('none', 'minor', 'major', 'critical')),
	CONSTRAINT "incidents_resolved" CHECK(("incidents"."state" = 'resolved') = ("incidents"."resolved_at" is not null)),
	CONSTRAINT "incidents_clock" CHECK("incidents"."next_due_at" is null or ("incidents"."state" <> 'resolved' and "incidents"."visibility" = 'public'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `incidents_public_id_unique` ON `incidents` (`public_id`);--> statement-breakpoint
CREATE INDEX `incidents_created` ON `incidents` (`visibility`,`created_at`);--> statement-breakpoint
CREATE INDEX `incidents_open` ON `incidents` (`next_due_at`) WHERE state <> 'resolved';--> statement-breakpoint
CREATE TABLE `mail_contents` (
	`sha256` text PRIMARY KEY NOT NULL,
	`subject` text NOT NULL,
	`html` text NOT NULL,
	`plain` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `notifications` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`kind` text NOT NULL,
	`lane` text NOT NULL,
	`recipient_kind` text NOT NULL,
	`state` text NOT NULL,
	`incident_id` integer,
	`stage` text,
	`content_sha256` text NOT NULL,
	`audience` text NOT NULL,
	`cut_seq` integer NOT NULL,
	`high_id` integer NOT NULL,
	`expanded_to` integer NOT NULL,
	`created_at` integer NOT NULL,
	`not_before` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`finished_at` integer,
	FOREIGN KEY (`incident_id`) REFERENCES `incidents`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`content_sha256`) REFERENCES `mail_contents`(`sha256`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "notifications_lane" CHECK("notifications"."lane" in ('direct', 'bulk')),
	CONSTRAINT "notifications_recipient_kind" CHECK("notifications"."recipient_kind" in ('subscriber', 'account')),
	CONSTRAINT "notifications_state" CHECK("notifications"."state" in ('queued', 'sending', 'paused', 'sent', 'cancelled'))
);
--> statement-breakpoint
CREATE INDEX `notifications_live` ON `notifications` (`lane`,`state`);--> statement-breakpoint
CREATE INDEX `notifications_incident` ON `notifications` (`incident_id`);--> statement-breakpoint
CREATE TABLE `rate_windows` (
	`key` text PRIMARY KEY NOT NULL,
	`hits` integer NOT NULL,
	`started_at` integer NOT NULL,
	`ends_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `rate_windows_end` ON `rate_windows` (`ends_at`);--> statement-breakpoint
CREATE TABLE `sessions` (
	`id_hash` text PRIMARY KEY NOT NULL,
	`account_id` integer NOT NULL,
	`created_at` integer NOT NULL,
	`seen_at` integer NOT NULL,
	`user_agent` text NOT NULL,
	FOREIGN KEY (`account_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `sessions_account` ON `sessions` (`account_id`);--> statement-breakpoint
CREATE TABLE `settings` (
	`name` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL,
	`version` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `setup` (
	`id` integer PRIMARY KEY NOT NULL,
	`token_hash` text NOT NULL,
	`completed_at` integer,
	CONSTRAINT "setup_single" CHECK("setup"."id" = 1)
);
--> statement-breakpoint
CREATE TABLE `status_intervals` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`component_id` integer NOT NULL,
	`status` text NOT NULL,
	`started_at` integer NOT NULL,
	`ended_at` integer,
	FOREIGN KEY (`component_id`) REFERENCES `components`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "status_intervals_status" CHECK("status_intervals"."status" in ('operational', 'under_maintenance', 'degraded_performance', 'partial_outage', 'major_outage'))
);
--> statement-breakpoint
CREATE INDEX `status_intervals_component` ON `status_intervals` (`component_id`,`started_at`);--> statement-breakpoint
CREATE UNIQUE INDEX `status_intervals_open` ON `status_intervals` (`component_id`) WHERE ended_at is null;--> statement-breakpoint
CREATE TABLE `subscriber_components` (
	`subscriber_id` integer NOT NULL,
	`component_id` integer NOT NULL,
	PRIMARY KEY(`subscriber_id`, `component_id`),
	FOREIGN KEY (`subscriber_id`) REFERENCES `subscribers`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`component_id`) REFERENCES `components`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `subscribers` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`public_id` text NOT NULL,
	`email` text NOT NULL,
	`email_key` text NOT NULL,
	`state` text NOT NULL,
	`confirmed_seq` integer,
	`left_seq` integer,
	`confirm_nonce` text NOT NULL,
	`confirm_sent_at` integer,
	`confirmed_at` integer,
	`consent` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	CONSTRAINT "subscribers_state_known" CHECK("subscribers"."state" in ('pending', 'confirmed', 'unsubscribed', 'quarantined'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `subscribers_public_id_unique` ON `subscribers` (`public_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `subscribers_email_key_unique` ON `subscribers` (`email_key`);--> statement-breakpoint
CREATE INDEX `subscribers_state` ON `subscribers` (`state`,`created_at`);--> statement-breakpoint
CREATE TABLE `suppressions` (
	`address_hash` text PRIMARY KEY NOT NULL,
	`reason` text NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `update_revisions` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`update_id` integer NOT NULL,
	`body` text NOT NULL,
	`replaced_at` integer NOT NULL,
	`replaced_by` integer,
	FOREIGN KEY (`update_id`) REFERENCES `incident_updates`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`replaced_by`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `update_revisions_update` ON `update_revisions` (`update_id`);