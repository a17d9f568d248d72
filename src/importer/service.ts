// Moving here from Statuspage: read, compare, and write in a few transactions, each whole in itself.
import type { Kernel } from '../db/kernel.ts';
import type { Tx } from '../db/tx.ts';
import { append } from '../events/service.ts';
import type { Actor } from '../events/types.ts';
import { insertPast, revisePast } from '../incidents/past.ts';
import type { PastIncident } from '../incidents/past-types.ts';
import {
  type PastMaintenance,
  recordPastMaintenance,
  revisePastMaintenance,
} from '../maintenance/past.ts';
import type { Fate } from './compare.ts';
import { readCsv } from './csv.ts';
import {
  type Choices,
  type IncidentItem,
  type MaintenanceItem,
  planIncidents,
  planMaintenances,
  planStructure,
  type StructurePlan,
} from './plan.ts';
import { applyStructure } from './structure.ts';
import { asRows, bringSubscribers, type SubscriberCount } from './subscribers.ts';
import type { Source, Told } from './types.ts';

export interface ImportRequest extends Choices {
  /** Where it comes from, for the record: a host, or `saved documents`. */
  from: string;
  /** A file of subscribers. */
  csv: string | undefined;
  /** Shows what would be done, and does nothing. */
  isPreview: boolean;
}

/** What an import did, or would do. */
export interface Outcome {
  structure: StructurePlan;
  incidents: { title: string; fate: Fate; isOpen: boolean }[];
  maintenances: { title: string; fate: Fate; isOver: boolean }[];
  subscribers: SubscriberCount | undefined;
}

export async function importSource(
  kernel: Kernel,
  actor: Actor,
  source: Source,
  request: ImportRequest,
): Promise<Outcome> {
  const outcome = request.isPreview
    ? await foresee(kernel, source, request)
    : await bring(kernel, actor, source, request);
  const rows = request.csv === undefined ? asRows(source.subscribers) : readCsv(request.csv);
  const isAsked = request.csv !== undefined || source.subscribers.length > 0;
  if (isAsked) {
    const how = { writes: !request.isPreview, from: request.from };
    outcome.subscribers = await bringSubscribers(kernel, actor, rows, how);
  }
  return outcome;
}

async function foresee({ db }: Kernel, source: Source, choices: Choices): Promise<Outcome> {
  return {
    structure: await planStructure(db.read, source, choices),
    incidents: (await planIncidents(db.read, source.incidents)).map(incidentLine),
    maintenances: (await planMaintenances(db.read, source.maintenances)).map(maintenanceLine),
    subscribers: undefined,
  };
}

/** Incidents written in one transaction: a server beside us waits for each no longer than a moment. */
const chunk = 25;

/**
 * The first transaction holds the page as it is now: components with what is open about them. The past
 * follows, newest first, some at a time.
 */
async function bring(
  kernel: Kernel,
  actor: Actor,
  source: Source,
  request: ImportRequest,
): Promise<Outcome> {
  const openIncidents = source.incidents.filter(isOpen);
  const current = source.maintenances.filter((one) => !isOver(one));
  const outcome = await within(kernel, async (inside, tx) => {
    const structure = await planStructure(tx, source, request);
    await applyStructure(tx, inside, actor, source, structure);
    const incidents = await bringIncidents(tx, inside, actor, openIncidents);
    const maintenances = await bringMaintenances(tx, inside, actor, current);
    const things = [...structure.groups, ...structure.components, ...incidents, ...maintenances];
    await note(tx, inside, actor, request.from, things);
    return { structure, incidents, maintenances, subscribers: undefined };
  });
  const past = newestFirst(source.incidents.filter((one) => !isOpen(one)));
  const held = newestFirst(source.maintenances.filter(isOver));
  for (const some of chunks(past)) {
    outcome.incidents.push(
      ...(await within(kernel, async (inside, tx) => {
        const lines = await bringIncidents(tx, inside, actor, some);
        return note(tx, inside, actor, request.from, lines);
      })),
    );
  }
  for (const some of chunks(held)) {
    outcome.maintenances.push(
      ...(await within(kernel, async (inside, tx) => {
        const lines = await bringMaintenances(tx, inside, actor, some);
        return note(tx, inside, actor, request.from, lines);
      })),
    );
  }
  return outcome;
}

/** One transaction for verbs that would each open their own. */
const within = <T>(kernel: Kernel, work: (inside: Kernel, tx: Tx) => Promise<T>): Promise<T> =>
  kernel.db.write((tx) =>
    work({ ...kernel, db: { ...kernel.db, read: tx, write: (part) => part(tx) } }, tx),
  );

async function bringIncidents(
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  told: readonly Told<PastIncident>[],
) {
  const items = await planIncidents(tx, told);
  for (const { told: one, fate, here } of items) {
    if (fate === 'added') await insertPast(tx, kernel, actor, one);
    if (fate === 'changed' && here) await revisePast(tx, kernel, actor, here.row, one);
  }
  return items.map(incidentLine);
}

async function bringMaintenances(
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  told: readonly PastMaintenance[],
) {
  const items = await planMaintenances(tx, told);
  for (const { told: one, fate, here } of items) {
    if (fate === 'added') await recordPastMaintenance(tx, kernel, actor, one);
    if (fate === 'changed' && here) await revisePastMaintenance(tx, kernel, actor, here.row, one);
  }
  return items.map(maintenanceLine);
}

/** Tells the record, and the snapshot, that something came; silent when nothing did. */
async function note<T extends { fate: Fate }>(
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  from: string,
  lines: T[],
): Promise<T[]> {
  const number = (fate: Fate) => lines.filter((line) => line.fate === fate).length;
  const data = { from, added: number('added'), changed: number('changed') };
  if (data.added + data.changed > 0) {
    await append(tx, kernel.clock, actor, {
      kind: 'page.imported',
      subject: 'page',
      isPublic: true,
      data,
    });
  }
  return lines;
}

const incidentLine = ({ told, fate }: IncidentItem) => ({
  title: told.title,
  fate,
  isOpen: isOpen(told),
});

const maintenanceLine = ({ told, fate }: MaintenanceItem) => ({
  title: told.title,
  fate,
  isOver: isOver(told),
});

const isOpen = ({ updates }: PastIncident) => updates.at(-1)?.state !== 'resolved';
const isOver = ({ updates }: PastMaintenance) => updates.at(-1)?.state === 'completed';

const newestFirst = <T extends { createdAt?: Date | undefined }>(list: readonly T[]): T[] =>
  list.toSorted((a, b) => (b.createdAt?.getTime() ?? 0) - (a.createdAt?.getTime() ?? 0));

function chunks<T>(list: readonly T[]): T[][] {
  const result: T[][] = [];
  for (let i = 0; i < list.length; i += chunk) result.push(list.slice(i, i + chunk));
  return result;
}
