// The wire's shapes, read leniently: what is missing has a default, what makes no sense is refused.
import { z } from 'zod';
import { componentStatuses } from '../shared/words.ts';

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');
const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? undefined);
const instant = z.string().transform((value, context) => {
  const at = new Date(value);
  if (!Number.isNaN(at.getTime())) return at;
  context.addIssue({ code: 'custom', message: `"${value}" is not a time` });
  return z.NEVER;
});
const maybeInstant = instant.nullish().transform((value) => value ?? undefined);
/** What a component shows; an unknown or empty word says nothing. */
const status = z.enum(componentStatuses).nullish().catch(undefined);
const position = z.coerce.number().int().min(0).catch(0);

export const pageReader = z.object({ id: text, name: text, time_zone: text });

export const componentReader = z.object({
  id: z.string(),
  name: z.string(),
  status,
  description: text,
  position,
  group_id: z.string().nullish(),
  showcase: flag,
  only_show_if_degraded: flag,
  start_date: z.iso.date().nullish().catch(undefined),
  created_at: maybeInstant,
  updated_at: maybeInstant,
});

export const groupReader = z.object({
  id: z.string(),
  name: z.string(),
  description: text,
  position,
  components: z.array(z.string()).nullish(),
  created_at: maybeInstant,
  updated_at: maybeInstant,
});

const affectedReader = z.object({
  code: z.string(),
  name: text,
  old_status: status,
  new_status: status,
});

const updateReader = z.object({
  id: z.string(),
  status: z.string(),
  body: text,
  created_at: instant,
  updated_at: maybeInstant,
  display_at: maybeInstant,
  affected_components: z.array(affectedReader).nullish(),
  deliver_notifications: flag,
});
export type RawUpdate = z.output<typeof updateReader>;

export const incidentReader = z.object({
  id: z.string(),
  name: z.string(),
  status: text,
  impact: text,
  impact_override: z.string().nullish(),
  created_at: instant,
  updated_at: maybeInstant,
  started_at: maybeInstant,
  resolved_at: maybeInstant,
  scheduled_for: maybeInstant,
  scheduled_until: maybeInstant,
  scheduled_auto_in_progress: flag,
  scheduled_auto_completed: flag,
  incident_updates: z.array(updateReader),
  components: z
    .array(z.object({ id: z.string(), name: text, status }))
    .nullish()
    .catch(undefined),
  postmortem_body: z.string().nullish(),
  postmortem_published_at: maybeInstant,
});
export type RawIncident = z.output<typeof incidentReader>;

export const subscriberReader = z.object({
  mode: text,
  email: text,
  quarantined_at: z.string().nullish(),
  confirmed_at: z.string().nullish(),
  state: text,
  components: z.array(z.string()).nullish().catch(undefined),
});
