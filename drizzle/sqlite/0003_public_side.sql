CREATE TABLE `event_cursors` (
	`name` text PRIMARY KEY NOT NULL,
	`seq` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `maintenance_components` (
	`maintenance_id` integer NOT NULL,
	`component_id` integer NOT NULL,
	`status` text NOT NULL,
	PRIMARY KEY(`maintenance_id`, `component_id`),
	FOREIGN KEY (`maintenance_id`) REFERENCES `maintenances`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`component_id`) REFERENCES `components`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "maintenance_components_status" CHECK("maintenance_components"."status" in ('operational', 'under_maintenance', 'degraded_performance', 'partial_outage', 'major_outage'))
);
--> statement-breakpoint
CREATE TABLE `maintenance_reminders` (
	`maintenance_id` integer NOT NULL,
	`scheduled_for` integer NOT NULL,
	`before` integer NOT NULL,
	`at` integer NOT NULL,
	`sent` integer NOT NULL,
	PRIMARY KEY(`maintenance_id`, `scheduled_for`, `before`),
	FOREIGN KEY (`maintenance_id`) REFERENCES `maintenances`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `maintenance_updates` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`public_id` text NOT NULL,
	`maintenance_id` integer NOT NULL,
	`state` text NOT NULL,
	`body` text NOT NULL,
	`affected` text NOT NULL,
	`deliver_notifications` integer NOT NULL,
	`display_at` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`edited_at` integer,
	`author_id` integer,
	FOREIGN KEY (`maintenance_id`) REFERENCES `maintenances`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`author_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "maintenance_updates_state" CHECK("maintenance_updates"."state" in ('scheduled', 'in_progress', 'verifying', 'completed', 'cancelled'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `maintenance_updates_public_id_unique` ON `maintenance_updates` (`public_id`);--> statement-breakpoint
CREATE INDEX `maintenance_updates_maintenance` ON `maintenance_updates` (`maintenance_id`,`created_at`);--> statement-breakpoint
CREATE TABLE `maintenances` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`public_id` text NOT NULL,
	`title` text NOT NULL,
	`state` text NOT NULL,
	`scheduled_for` integer NOT NULL,
	`scheduled_until` integer NOT NULL,
	`auto_start` integer NOT NULL,
	`auto_complete` integer NOT NULL,
	`reminders` text NOT NULL,
	`notifies` integer NOT NULL,
	`started_at` integer,
	`completed_at` integer,
	`rrule` text,
	`series_id` text,
	`backfilled` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`version` integer NOT NULL,
	CONSTRAINT "maintenances_state_known" CHECK("maintenances"."state" in ('scheduled', 'in_progress', 'verifying', 'completed', 'cancelled')),
	CONSTRAINT "maintenances_span" CHECK("maintenances"."scheduled_until" > "maintenances"."scheduled_for")
);
--> statement-breakpoint
CREATE UNIQUE INDEX `maintenances_public_id_unique` ON `maintenances` (`public_id`);--> statement-breakpoint
CREATE INDEX `maintenances_state` ON `maintenances` (`state`,`scheduled_for`);--> statement-breakpoint
CREATE INDEX `maintenances_created` ON `maintenances` (`created_at`);--> statement-breakpoint
CREATE TABLE `page_files` (
	`name` text PRIMARY KEY NOT NULL,
	`content_type` text NOT NULL,
	`content` text NOT NULL,
	`sha256` text NOT NULL,
	`width` integer NOT NULL,
	`height` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `subscriber_incidents` (
	`subscriber_id` integer NOT NULL,
	`incident_id` integer NOT NULL,
	PRIMARY KEY(`subscriber_id`, `incident_id`),
	FOREIGN KEY (`subscriber_id`) REFERENCES `subscribers`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`incident_id`) REFERENCES `incidents`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `subscriber_incidents_incident` ON `subscriber_incidents` (`incident_id`);--> statement-breakpoint
CREATE TABLE `webhooks` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`public_id` text NOT NULL,
	`format` text NOT NULL,
	`url` text NOT NULL,
	`email` text,
	`state` text NOT NULL,
	`nonce` text NOT NULL,
	`wants_incidents` integer NOT NULL,
	`wants_maintenance` integer NOT NULL,
	`wants_components` integer NOT NULL,
	`incident_id` integer,
	`component_ids` text NOT NULL,
	`confirmed_seq` integer,
	`left_seq` integer,
	`failures` integer NOT NULL,
	`failing_since` integer,
	`confirm_sent_at` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`version` integer NOT NULL,
	FOREIGN KEY (`incident_id`) REFERENCES `incidents`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "webhooks_format" CHECK("webhooks"."format" in ('standard', 'statuspage', 'slack', 'discord', 'teams')),
	CONSTRAINT "webhooks_state_known" CHECK("webhooks"."state" in ('pending', 'confirmed', 'unsubscribed', 'quarantined'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `webhooks_public_id_unique` ON `webhooks` (`public_id`);--> statement-breakpoint
CREATE INDEX `webhooks_state` ON `webhooks` (`state`,`id`);--> statement-breakpoint
CREATE TABLE `__new_notifications` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`kind` text NOT NULL,
	`lane` text NOT NULL,
	`recipient_kind` text NOT NULL,
	`state` text NOT NULL,
	`incident_id` integer,
	`maintenance_id` integer,
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
	FOREIGN KEY (`maintenance_id`) REFERENCES `maintenances`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`content_sha256`) REFERENCES `mail_contents`(`sha256`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "notifications_lane" CHECK("__new_notifications"."lane" in ('direct', 'bulk', 'webhook')),
	CONSTRAINT "notifications_recipient_kind" CHECK("__new_notifications"."recipient_kind" in ('subscriber', 'account', 'webhook')),
	CONSTRAINT "notifications_state" CHECK("__new_notifications"."state" in ('queued', 'sending', 'paused', 'sent', 'cancelled'))
);
--> statement-breakpoint
INSERT INTO `__new_notifications`("id", "kind", "lane", "recipient_kind", "state", "incident_id", "maintenance_id", "stage", "content_sha256", "audience", "cut_seq", "high_id", "expanded_to", "created_at", "not_before", "expires_at", "finished_at") SELECT "id", "kind", "lane", "recipient_kind", "state", "incident_id", NULL, "stage", "content_sha256", "audience", "cut_seq", "high_id", "expanded_to", "created_at", "not_before", "expires_at", "finished_at" FROM `notifications`;--> statement-breakpoint
DROP TABLE `notifications`;--> statement-breakpoint
ALTER TABLE `__new_notifications` RENAME TO `notifications`;--> statement-breakpoint
CREATE INDEX `notifications_state` ON `notifications` (`state`,`lane`);--> statement-breakpoint
CREATE INDEX `notifications_incident` ON `notifications` (`incident_id`);--> statement-breakpoint
ALTER TABLE `incidents` ADD `backfilled` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `subscribers` ADD `wants_incidents` integer DEFAULT true NOT NULL;--> statement-breakpoint
ALTER TABLE `subscribers` ADD `wants_maintenance` integer DEFAULT true NOT NULL;--> statement-breakpoint
ALTER TABLE `subscribers` ADD `wish` text;