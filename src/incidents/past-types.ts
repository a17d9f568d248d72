// What is told of an incident that nobody wrote down here while it went on.
import { z } from 'zod';
import type { Impact, IncidentState, Severity } from '../shared/words.ts';
import { type AffectedComponent, declareForm, type StatusChoices } from './types.ts';

export interface PastUpdate {
  state: IncidentState;
  /** Markdown. */
  body: string;
  /** When it was said. */
  at: Date;
  /** Components named in this update, by public id; the others keep what they have. */
  components: StatusChoices;
  /** Kept as it was recorded elsewhere; `components` is then left aside. */
  affected?: AffectedComponent[] | undefined;
  publicId?: string | undefined;
  createdAt?: Date | undefined;
  updatedAt?: Date | undefined;
  deliverNotifications?: boolean | undefined;
}

export interface PastIncident {
  title: string;
  severity: Severity;
  /** A person's word, over what the components come to. */
  impactOverride?: Impact | null | undefined;
  /** Oldest first. */
  updates: PastUpdate[];
  /** Whether the components' record is to show it, and so their uptime. */
  counts: boolean;
  /** The first update's time, unless it began before anybody spoke. */
  startedAt?: Date | undefined;
  publicId?: string | undefined;
  createdAt?: Date | undefined;
  updatedAt?: Date | undefined;
  /** Where words were added after the end; else the newest update's time. */
  resolvedAt?: Date | undefined;
}

const { title, severity, state, body, components } = declareForm.shape;

/** The desk's form and the API's, once their times are instants. */
export const pastForm = z.object({
  title,
  severity,
  components,
  updates: z.array(z.object({ state, body, at: z.date() })).min(1),
});
