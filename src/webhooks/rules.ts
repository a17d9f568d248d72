// Limits, lifetimes and names of webhooks, and when one that fails is given up. Pure.
import { days, hours, minutes } from '../shared/clock.ts';
import type { WebhookFormat } from '../shared/words.ts';

export const confirmLifetime = hours(48);
export const manageLifetime = days(30);

/** How the formats are called on screens and in mails. */
export const formatLabels: Record<WebhookFormat, string> = {
  standard: 'Webhook, signed',
  statuspage: 'Webhook, Statuspage’s format',
  slack: 'Slack',
  discord: 'Discord',
  teams: 'Microsoft Teams',
};

/** Formats whose messages carry our signature: what nobody verifies needs no secret. */
export const isSigned = (format: WebhookFormat) => format === 'standard' || format === 'statuspage';

/** The most of an address that may be shown: a chat's address is a secret itself. */
export const hostOf = (url: string) => URL.parse(url)?.host ?? '';

export interface Limit {
  name: string;
  most: number;
  within: number;
}

/** Requests from one network, counted together with those of subscribers. Past this the visitor is told to wait. */
export const networkLimit: Limit = { name: 'network', most: 5, within: minutes(10) };

/** Requests in all, counted likewise. */
export const totalLimit: Limit = { name: 'total', most: 60, within: minutes(1) };

/** Mails to confirm one endpoint. Past these the answer stays the same (S-66). */
export const endpointLimit: Limit = { name: 'endpoint', most: 1, within: hours(1) };
export const addressLimit: Limit = { name: 'address', most: 3, within: days(1) };

/** Live webhooks of visitors that lead to one and the same address. */
export const mostPerUrl = 3;

const failuresAllowed = 10;
const failingAllowed = hours(1);

/** Whether this many failures in a row, the first of them at `since`, end it (S-49). */
export const isHopeless = (failures: number, since: Date, now: Date) =>
  failures >= failuresAllowed && now.getTime() - since.getTime() >= failingAllowed;
