// What customers recognise of the product: components, and groups of them.
import { z } from 'zod';
import type { componentGroups, components } from '../db/schema.ts';
import { line, optionalLine } from '../shared/form.ts';
import { publicIdPattern } from '../shared/ids.ts';
import { componentStatuses } from '../shared/words.ts';

export type ComponentRow = typeof components.$inferSelect;
export type GroupRow = typeof componentGroups.$inferSelect;

/** Rows that are not archived, by position; a child's position counts inside its group. */
export interface ComponentList {
  groups: GroupRow[];
  components: ComponentRow[];
}

/** Who says a status besides the person who set the baseline. */
export interface ImpactSource {
  source: 'incident' | 'maintenance';
  sourceId: number;
}

/** A ticked box arrives as `on`, an empty one not at all; JSON brings a boolean. */
const ticked = z
  .union([z.boolean(), z.literal('on'), z.literal('true'), z.literal('false'), z.literal('')])
  .default(false)
  .transform((value) => value === true || value === 'on' || value === 'true');

const noGroup = { error: 'Please choose one of the groups.' };

const groupId = z
  .union([z.literal(''), z.null(), z.string().regex(publicIdPattern, noGroup)], noGroup)
  .default(null)
  .transform((value) => (value === '' ? null : value));

const noDay = { error: 'Please enter a day, such as 2026-11-22.' };

const startDate = z
  .union([z.literal(''), z.null(), z.iso.date(noDay)], noDay)
  .default(null)
  .transform((value) => (value === '' ? null : value));

export const componentStatus = z.enum(componentStatuses, {
  error: 'Please choose one of the statuses.',
});

export const componentForm = z.object({
  name: line(100, 'Please name the component as customers know it.'),
  description: optionalLine(500),
  /** Public id of the group, or null at the top level. */
  groupId,
  showcase: ticked,
  onlyShowIfDegraded: ticked,
  startDate,
});
export type ComponentForm = z.output<typeof componentForm>;

export const groupForm = z.object({
  name: line(100, 'Please name the group.'),
  description: optionalLine(500),
});
export type GroupForm = z.output<typeof groupForm>;
