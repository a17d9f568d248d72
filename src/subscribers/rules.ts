// Limits and lifetimes of subscribing. Pure.
import { days, hours, minutes } from '../shared/clock.ts';

export const confirmLifetime = hours(48);
export const manageLifetime = days(30);

/** Version of the words next to the button that people agree to; kept as proof with each consent. */
export const consentText = 'incident-emails-1';

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
