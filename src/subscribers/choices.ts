// Reading what somebody asks for, what they have, and writing it down.
import type { SubscriberWish } from '../db/schema.ts';
import type { Reader, Tx } from '../db/tx.ts';
import { invalid } from '../shared/errors.ts';
import {
  choicesOf,
  followsOf,
  idOfIncident,
  idsOfComponents,
  replaceChoices,
  replaceFollows,
} from './choices-store.ts';
import type { Choices } from './rules.ts';
import { type StoredSubscriber, updateSubscriber } from './store.ts';
import { type Asked, type Topic, topics } from './types.ts';

/** What a form asks for, in row ids. Throws `invalid` at the field that cannot be had. */
export async function readWish(reader: Reader, asked: Asked): Promise<SubscriberWish> {
  if (asked.incidentId !== undefined) {
    const incidentId = await idOfIncident(reader, asked.incidentId);
    if (incidentId === undefined) throw invalid('incident', 'There is no such incident.');
    return { wantsIncidents: false, wantsMaintenance: false, componentIds: [], incidentId };
  }
  const wanted = asked.topics?.length ? asked.topics : topics;
  return {
    wantsIncidents: wanted.includes('incidents'),
    wantsMaintenance: wanted.includes('maintenance'),
    componentIds: await readComponents(reader, asked.componentIds),
    incidentId: null,
  };
}

/** Ids of the components with these public ids. Throws `invalid` when one of them cannot be chosen. */
export async function readComponents(
  reader: Reader,
  publicIds: readonly string[],
): Promise<number[]> {
  const ids = await idsOfComponents(reader, publicIds);
  if (ids) return ids;
  throw invalid('component', 'Please choose from the components shown.');
}

export async function choicesNow(reader: Reader, subscriber: StoredSubscriber): Promise<Choices> {
  const { id, wantsIncidents, wantsMaintenance } = subscriber;
  return {
    wantsIncidents,
    wantsMaintenance,
    componentIds: (await choicesOf(reader, [id])).map((one) => one.componentId),
    incidentIds: (await followsOf(reader, [id])).map((one) => one.incidentId),
  };
}

export async function saveChoices(tx: Tx, id: number, choices: Choices): Promise<void> {
  const { wantsIncidents, wantsMaintenance, componentIds, incidentIds } = choices;
  await updateSubscriber(tx, id, { wantsIncidents, wantsMaintenance });
  await replaceChoices(tx, id, componentIds);
  await replaceFollows(tx, id, incidentIds);
}

export function topicsOf(one: Pick<Choices, 'wantsIncidents' | 'wantsMaintenance'>): Topic[] {
  const wanted: Record<Topic, boolean> = {
    incidents: one.wantsIncidents,
    maintenance: one.wantsMaintenance,
  };
  return topics.filter((topic) => wanted[topic]);
}
