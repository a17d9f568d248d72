// Limits and lifetimes of subscribing, and how a wish meets what somebody has already. Pure.
import { days, hours, minutes } from '../shared/clock.ts';

export const confirmLifetime = hours(48);
export const manageLifetime = days(30);

/** Version of the words next to the button that people agree to; kept as proof with each consent. */
export const consentText = 'update-emails-2';

export interface Limit {
  name: string;
  most: number;
  within: number;
}

/** Mails that somebody else's typing can send to an address (S-66). Past these the answer stays the same. */
export const addressLimits: Limit[] = [
  { name: 'hour', most: 1, within: hours(1) },
  { name: 'day', most: 3, within: hours(24) },
];

/** Requests from one network. Past this the visitor is told to wait. */
export const networkLimit: Limit = { name: 'network', most: 5, within: minutes(10) };

/** Requests in all: a flood of addresses from everywhere. */
export const totalLimit: Limit = { name: 'total', most: 60, within: minutes(1) };

/** "You are already subscribed" mails to one address. */
export const alreadyLimit: Limit = { name: 'already', most: 1, within: hours(24) };

/** What somebody has chosen. Component ids are row ids; none means all. */
export interface Choices {
  wantsIncidents: boolean;
  wantsMaintenance: boolean;
  componentIds: number[];
  /** Single incidents that are followed. */
  incidentIds: number[];
}

/** What is asked for, as it waits with a subscriber. */
interface Wish {
  wantsIncidents: boolean;
  wantsMaintenance: boolean;
  componentIds: number[];
  /** The one incident to follow. */
  incidentId: number | null;
}

/** True when a wish would bring nothing that is not had already. */
export function covers(has: Choices, wish: Wish): boolean {
  const everyIncident = has.wantsIncidents && has.componentIds.length === 0;
  const follows =
    wish.incidentId === null || everyIncident || has.incidentIds.includes(wish.incidentId);
  if (!wish.wantsIncidents && !wish.wantsMaintenance) return follows;
  return (
    follows &&
    (has.wantsIncidents || !wish.wantsIncidents) &&
    (has.wantsMaintenance || !wish.wantsMaintenance) &&
    coversComponents(has.componentIds, wish.componentIds)
  );
}

const coversComponents = (has: number[], wanted: number[]) =>
  has.length === 0 || (wanted.length > 0 && wanted.every((id) => has.includes(id)));

/** Choices and a wish together: asking adds, only the manage page takes away. */
export function widened(has: Choices, wish: Wish): Choices {
  return {
    wantsIncidents: has.wantsIncidents || wish.wantsIncidents,
    wantsMaintenance: has.wantsMaintenance || wish.wantsMaintenance,
    componentIds: widenedComponents(has, wish),
    incidentIds:
      wish.incidentId === null ? has.incidentIds : union(has.incidentIds, [wish.incidentId]),
  };
}

/** Who hears of nothing in general has chosen no components either: their empty list is not "all". */
function widenedComponents(has: Choices, wish: Wish): number[] {
  if (!wish.wantsIncidents && !wish.wantsMaintenance) return has.componentIds;
  if (!has.wantsIncidents && !has.wantsMaintenance) return wish.componentIds;
  if (has.componentIds.length === 0 || wish.componentIds.length === 0) return [];
  return union(has.componentIds, wish.componentIds);
}

const union = (a: number[], b: number[]) => [...new Set([...a, ...b])];
