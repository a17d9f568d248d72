// The read-only JSON of Statuspage's public API v2: which objects each document holds, and in what order.
import { createHash } from 'node:crypto';
import type { MaintenanceState } from '../shared/words.ts';
import type { PublicIncident, PublicMaintenance, PublicSnapshot } from '../status/types.ts';
import type { Document } from './types.ts';
import {
  componentsJson,
  incidentJson,
  isMaintenance,
  maintenanceJson,
  pageJson,
  statusJson,
  type Told,
} from './v2-objects.ts';
import { noPostmortem } from './payloads.ts';

/** How many incidents, or maintenances, a list of the newest has. */
const newestShown = 50;

/** Tools know a Statuspage by this header; its value tells theirs nothing, so ours names the contract. */
const versionHeader = {
  'X-Statuspage-Version': createHash('sha1').update('forthright public api v2').digest('hex'),
};

/** A document of Statuspage's JSON. */
export const statuspageJson = (value: object): Document => ({
  body: JSON.stringify(value),
  contentType: 'application/json; charset=utf-8',
  isOpen: true,
  headers: versionHeader,
});

/** Documents of `/api/v2/`, by name. */
export const v2Documents: Record<string, (snapshot: PublicSnapshot) => Document> = {
  'summary.json': (snapshot) =>
    statuspageJson({
      page: pageJson(snapshot),
      components: componentsJson(snapshot),
      incidents: snapshot.openIncidents
        .toSorted(newestFirst)
        .map((one) => incidentJson(snapshot, one)),
      scheduled_maintenances: told(snapshot.maintenances)
        .filter((one) => one.state !== 'completed')
        .toSorted(soonestFirst)
        .map((one) => maintenanceJson(snapshot, one)),
      status: statusJson(snapshot),
    }),
  'status.json': (snapshot) =>
    statuspageJson({ page: pageJson(snapshot), status: statusJson(snapshot) }),
  'components.json': (snapshot) =>
    statuspageJson({ page: pageJson(snapshot), components: componentsJson(snapshot) }),
  'incidents.json': (snapshot) => incidents(snapshot, newest(snapshot.recentIncidents)),
  'incidents/unresolved.json': (snapshot) =>
    incidents(snapshot, snapshot.openIncidents.toSorted(newestFirst)),
  'incidents/resolved.json': (snapshot) =>
    incidents(snapshot, newest(snapshot.recentIncidents.filter((one) => one.state === 'resolved'))),
  'scheduled-maintenances.json': (snapshot) =>
    maintenances(snapshot, newest(told(snapshot.recentMaintenances))),
  'scheduled-maintenances/upcoming.json': (snapshot) =>
    maintenances(snapshot, inStates(snapshot, ['scheduled'])),
  'scheduled-maintenances/active.json': (snapshot) =>
    maintenances(snapshot, inStates(snapshot, ['in_progress', 'verifying'])),
};

/**
 * One incident or maintenance by itself, as Statuspage answers it under `/incidents/ID.json`: what v2
 * tells of it, and what there is of a post-mortem.
 */
export const incidentDocument = (snapshot: PublicSnapshot, one: Told): Document =>
  statuspageJson({
    ...(isMaintenance(one) ? maintenanceJson(snapshot, one) : incidentJson(snapshot, one)),
    ...noPostmortem,
  });

const incidents = (snapshot: PublicSnapshot, list: PublicIncident[]) =>
  statuspageJson({
    page: pageJson(snapshot),
    incidents: list.map((one) => incidentJson(snapshot, one)),
  });

const maintenances = (snapshot: PublicSnapshot, list: PublicMaintenance[]) =>
  statuspageJson({
    page: pageJson(snapshot),
    scheduled_maintenances: list.map((one) => maintenanceJson(snapshot, one)),
  });

/** Statuspage knows no cancelled maintenance: there it is deleted, so here it is not told. */
export const told = (list: PublicMaintenance[]) => list.filter((one) => one.state !== 'cancelled');

const inStates = (snapshot: PublicSnapshot, states: MaintenanceState[]) =>
  snapshot.maintenances.filter((one) => states.includes(one.state)).toSorted(soonestFirst);

const newestFirst = (a: Told, b: Told) => b.createdAt.getTime() - a.createdAt.getTime();

const soonestFirst = (a: PublicMaintenance, b: PublicMaintenance) =>
  a.scheduledFor.getTime() - b.scheduledFor.getTime();

const newest = <T extends Told>(list: T[]) => list.toSorted(newestFirst).slice(0, newestShown);
