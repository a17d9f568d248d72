// What an admin decides about the page as a whole.
import type { PageSettingsForm } from './forms.ts';

export type { PageSettingsForm } from './forms.ts';

/** A link of the operator's own, in the page's header or footer. */
interface PageLink {
  label: string;
  /** http(s), checked. */
  url: string;
}

/** How the public page looks beyond our own style. Empty strings leave ours. */
export interface PageLook {
  /** `#rrggbb`; its contrast was checked when it was saved. */
  accent: string;
  accentDark: string;
  /** Custom properties that may be changed, by name without dashes; values checked against a list of kinds. */
  properties: Record<string, string>;
  /** Markdown below the page. */
  footer: string;
  links: PageLink[];
}

/** What the public page shows. */
export interface PageShown {
  bars: boolean;
  percentages: boolean;
  /** Days of past incidents on the front page. */
  pastDays: number;
  /** Says it when a promised update is overdue. */
  overdue: boolean;
}

/** How much of its time in a status counts as downtime, from 0 to 1. A major outage is 1, operational 0. */
export interface UptimeWeights {
  partial_outage: number;
  degraded_performance: number;
  under_maintenance: number;
}

export interface PageExtras {
  look: PageLook;
  shown: PageShown;
  weights: UptimeWeights;
}

export const defaultExtras: PageExtras = {
  look: { accent: '', accentDark: '', properties: {}, footer: '', links: [] },
  shown: { bars: true, percentages: true, pastDays: 14, overdue: false },
  weights: { partial_outage: 0.3, degraded_performance: 0, under_maintenance: 0 },
};

export interface PageSettings extends PageSettingsForm, PageExtras {
  /** The page's own public id, in v2 and v1 URLs. */
  pageId: string;
  version: number;
  createdAt: Date;
  updatedAt: Date;
}
