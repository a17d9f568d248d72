// What an import knows of the page it reads, in our own terms, before anything is written.
import type { PastIncident } from '../incidents/past-types.ts';
import type { PastMaintenance } from '../maintenance/past.ts';
import type { ComponentStatus } from '../shared/words.ts';

export interface SourcePage {
  id: string;
  name: string;
  /** A zone that Intl knows; undefined where the source says none or another. */
  timeZone: string | undefined;
}

export interface SourceGroup {
  id: string;
  name: string;
  description: string;
  position: number;
  createdAt: Date;
  updatedAt: Date;
}

export interface SourceComponent extends SourceGroup {
  groupId: string | null;
  status: ComponentStatus;
  showcase: boolean;
  onlyShowIfDegraded: boolean;
  startDate: string | null;
}

export interface SourceSubscriber {
  email: string;
  /** Ids, or names where the source says no ids. Empty means all. */
  components: string[];
}

/** Known by the id it had elsewhere, and keeps. */
export type Told<T> = T & { publicId: string };

export interface Source {
  page: SourcePage | undefined;
  groups: SourceGroup[];
  components: SourceComponent[];
  incidents: Told<PastIncident>[];
  maintenances: Told<PastMaintenance>[];
  /** Of a management API; a CSV file is read as it goes. */
  subscribers: SourceSubscriber[];
  /** From when on all that happened is in it; undefined where nothing of the past is. */
  knownSince: Date | undefined;
  /** What could not be read or is told otherwise than there, for the person who imports. */
  warnings: string[];
}

/** Documents as they came, sorted by what they are; of two versions the later stays. */
export interface Gathered {
  page: unknown;
  components: Map<string, unknown>;
  groups: Map<string, unknown>;
  /** Incidents and maintenances alike. */
  incidents: Map<string, unknown>;
  subscribers: unknown[];
  knownSince: Date | undefined;
  warnings: string[];
}

export const nothingGathered = (): Gathered => ({
  page: undefined,
  components: new Map(),
  groups: new Map(),
  incidents: new Map(),
  subscribers: [],
  knownSince: undefined,
  warnings: [],
});

/** Before anything: all that ever happened is known. */
export const always = new Date(0);
