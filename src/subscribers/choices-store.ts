// SQL of what subscribers chose: components, and the single incidents they follow.
import { and, asc, desc, eq, inArray, isNotNull, isNull, sql } from 'drizzle-orm';
import {
  components,
  incidents,
  subscriberComponents,
  subscriberIncidents,
  type SubscriberWish,
} from '../db/schema.ts';
import type { Reader, Tx } from '../db/tx.ts';
import type { FollowedIncident } from './types.ts';

/** Ids of the components with these public ids that can be chosen, or undefined when one cannot. */
export async function idsOfComponents(
  reader: Reader,
  publicIds: readonly string[],
): Promise<number[] | undefined> {
  const wanted = [...new Set(publicIds)];
  if (wanted.length === 0) return [];
  if (wanted.length > 500) return undefined;
  const rows = await reader
    .select({ id: components.id })
    .from(components)
    .where(and(inArray(components.publicId, wanted), isNull(components.archivedAt)));
  return rows.length === wanted.length ? rows.map((row) => row.id) : undefined;
}

export async function replaceChoices(
  tx: Tx,
  subscriberId: number,
  componentIds: number[],
): Promise<void> {
  await tx.delete(subscriberComponents).where(eq(subscriberComponents.subscriberId, subscriberId));
  if (componentIds.length === 0) return;
  const rows = componentIds.map((componentId) => ({ subscriberId, componentId }));
  await tx.insert(subscriberComponents).values(rows);
}

/** The components that each of these subscribers chose. */
export async function choicesOf(
  reader: Reader,
  subscriberIds: number[],
): Promise<{ subscriberId: number; componentId: number; publicId: string; name: string }[]> {
  return reader
    .select({
      subscriberId: subscriberComponents.subscriberId,
      componentId: subscriberComponents.componentId,
      publicId: components.publicId,
      name: components.name,
    })
    .from(subscriberComponents)
    .innerJoin(components, eq(components.id, subscriberComponents.componentId))
    .where(inArray(subscriberComponents.subscriberId, subscriberIds))
    .orderBy(asc(components.position), asc(components.id));
}

/** Names of components by row id, in the order of the page. */
export async function namesOf(reader: Reader, componentIds: number[]): Promise<string[]> {
  const rows = await reader
    .select({ name: components.name })
    .from(components)
    .where(inArray(components.id, componentIds))
    .orderBy(asc(components.position), asc(components.id));
  return rows.map((row) => row.name);
}

/** What customers may know of; another incident is as unknown as one that is not there. */
const isPublic = and(eq(incidents.visibility, 'public'), isNotNull(incidents.publishedAt));

const followed = {
  id: incidents.publicId,
  title: incidents.title,
  isOver: sql<boolean>`${incidents.state} = 'resolved'`.mapWith(Boolean),
};

/** The row id of a public incident. */
export async function idOfIncident(reader: Reader, publicId: string): Promise<number | undefined> {
  const [row] = await reader
    .select({ id: incidents.id })
    .from(incidents)
    .where(and(eq(incidents.publicId, publicId), isPublic));
  return row?.id;
}

/** The incident that a wish is about, while it is public. */
export async function wishedIncident(
  reader: Reader,
  { incidentId }: SubscriberWish,
): Promise<FollowedIncident | undefined> {
  if (incidentId === null) return undefined;
  const [row] = await reader
    .select(followed)
    .from(incidents)
    .where(and(eq(incidents.id, incidentId), isPublic));
  return row;
}

/** The public incidents that each of these subscribers follows, newest first. */
export async function followsOf(
  reader: Reader,
  subscriberIds: number[],
): Promise<(FollowedIncident & { subscriberId: number; incidentId: number })[]> {
  return reader
    .select({
      ...followed,
      subscriberId: subscriberIncidents.subscriberId,
      incidentId: subscriberIncidents.incidentId,
    })
    .from(subscriberIncidents)
    .innerJoin(incidents, eq(incidents.id, subscriberIncidents.incidentId))
    .where(and(inArray(subscriberIncidents.subscriberId, subscriberIds), isPublic))
    .orderBy(desc(incidents.startedAt), desc(incidents.id));
}

export async function replaceFollows(
  tx: Tx,
  subscriberId: number,
  incidentIds: number[],
): Promise<void> {
  await tx.delete(subscriberIncidents).where(eq(subscriberIncidents.subscriberId, subscriberId));
  if (incidentIds.length === 0) return;
  const rows = incidentIds.map((incidentId) => ({ subscriberId, incidentId }));
  await tx.insert(subscriberIncidents).values(rows);
}
