CREATE TABLE `mail_returns` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at` integer NOT NULL,
	`source` text NOT NULL,
	`kind` text NOT NULL,
	`notification_id` integer,
	`recipient_kind` text,
	`recipient_id` integer,
	`code` text,
	`detail` text NOT NULL,
	`digest` text NOT NULL,
	CONSTRAINT "mail_returns_source" CHECK("mail_returns"."source" in ('smtp', 'mailbox', 'generic', 'ses', 'mailgun', 'postmark', 'sendgrid')),
	CONSTRAINT "mail_returns_kind" CHECK("mail_returns"."kind" in ('hard', 'soft', 'complaint', 'policy', 'delayed', 'other', 'unreadable'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `mail_returns_digest_unique` ON `mail_returns` (`digest`);--> statement-breakpoint
CREATE INDEX `mail_returns_recipient` ON `mail_returns` (`recipient_kind`,`recipient_id`,`at`);--> statement-breakpoint
CREATE INDEX `mail_returns_notification` ON `mail_returns` (`notification_id`,`recipient_id`) WHERE notification_id is not null;--> statement-breakpoint
CREATE INDEX `mail_returns_unattributed` ON `mail_returns` (`at`) WHERE notification_id is null;--> statement-breakpoint
CREATE TABLE `relay_states` (
	`name` text PRIMARY KEY NOT NULL,
	`is_up` integer NOT NULL,
	`since` integer NOT NULL,
	`fault` text NOT NULL,
	`per_minute` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `relay_usage` (
	`key` text NOT NULL,
	`slice` integer NOT NULL,
	`accepted` integer NOT NULL,
	PRIMARY KEY(`key`, `slice`)
);
--> statement-breakpoint
CREATE INDEX `relay_usage_slice` ON `relay_usage` (`slice`);--> statement-breakpoint
DROP INDEX `deliveries_claimed`;--> statement-breakpoint
CREATE INDEX `deliveries_missed` ON `deliveries` (`notification_id`,`recipient_id`) WHERE state > 2;--> statement-breakpoint
CREATE INDEX `deliveries_claimed` ON `deliveries` (`recipient_id`) WHERE state = 1;--> statement-breakpoint
ALTER TABLE `notifications` ADD `made` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `notifications` ADD `sent` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `notifications` ADD `failed` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `notifications` ADD `suppressed` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `notifications` ADD `cancelled` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `notifications` ADD `paused_because` text;--> statement-breakpoint
CREATE INDEX `notifications_maintenance` ON `notifications` (`maintenance_id`) WHERE maintenance_id is not null;--> statement-breakpoint
CREATE INDEX `notifications_unswept` ON `notifications` (`id`) WHERE state = 'cancelled' and made > sent + failed + suppressed + cancelled;--> statement-breakpoint
ALTER TABLE `suppressions` ADD `evidence` text DEFAULT '' NOT NULL;--> statement-breakpoint
CREATE INDEX `delivery_attempts_ambiguous` ON `delivery_attempts` (`notification_id`,`recipient_id`) WHERE outcome = 'ambiguous';--> statement-breakpoint
UPDATE `notifications` SET
	(`made`, `sent`, `failed`, `suppressed`, `cancelled`) = (
		SELECT count(*), count(*) FILTER (WHERE `state` = 2), count(*) FILTER (WHERE `state` = 3),
			count(*) FILTER (WHERE `state` = 4), count(*) FILTER (WHERE `state` = 5)
		FROM `deliveries` WHERE `notification_id` = `notifications`.`id`);
