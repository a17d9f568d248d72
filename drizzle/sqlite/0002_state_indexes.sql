DROP INDEX `notifications_live`;--> statement-breakpoint
CREATE INDEX `notifications_state` ON `notifications` (`state`,`lane`);--> statement-breakpoint
DROP INDEX `subscribers_state`;--> statement-breakpoint
CREATE INDEX `subscribers_by_state` ON `subscribers` (`state`,`id`);