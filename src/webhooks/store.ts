// SQL of webhooks and of what they may choose.
import { and, asc, count, desc, eq, inArray, isNotNull, isNull, ne, sql } from 'drizzle-orm';
import { components, incidents, webhooks } from '../db/schema.ts';
import type { Reader, Tx } from '../db/tx.ts';
import { AppError } from '../shared/errors.ts';

export type StoredWebhook = typeof webhooks.$inferSelect;
export type NewWebhookRow = typeof webhooks.$inferInsert;

const one = async (rows: Promise<StoredWebhook[]>) => (await rows)[0];

export const findByPublicId = (reader: Reader, publicId: string) =>
  one(reader.select().from(webhooks).where(eq(webhooks.publicId, publicId)));

export const findById = (reader: Reader, id: number) =>
  one(reader.select().from(webhooks).where(eq(webhooks.id, id)));

/** The request for this very endpoint, by this address, that waits to be confirmed. */
export const findPending = (
  reader: Reader,
  like: Pick<StoredWebhook, 'url' | 'format' | 'email'>,
) =>
  one(
    reader
      .select()
      .from(webhooks)
      .where(
        and(
          eq(webhooks.state, 'pending'),
          eq(webhooks.url, like.url),
          eq(webhooks.format, like.format),
          eq(webhooks.email, like.email ?? ''),
        ),
      ),
  );

/** Other live webhooks that lead to the same address. */
export const liveTwins = (reader: Reader, { id, url }: Pick<StoredWebhook, 'id' | 'url'>) =>
  reader
    .select()
    .from(webhooks)
    .where(
      and(
        eq(webhooks.url, url),
        ne(webhooks.id, id),
        inArray(webhooks.state, ['confirmed', 'quarantined']),
      ),
    );

export async function insertWebhook(tx: Tx, row: NewWebhookRow): Promise<StoredWebhook> {
  const [made] = await tx.insert(webhooks).values(row).returning();
  if (!made) throw new Error('The webhook was not stored.');
  return made;
}

/** Changes a webhook over the version it was read at, or throws `conflict`. */
export async function saveWebhook(
  tx: Tx,
  before: Pick<StoredWebhook, 'id' | 'version'>,
  change: Partial<NewWebhookRow> & { updatedAt: Date },
): Promise<StoredWebhook> {
  const [after] = await tx
    .update(webhooks)
    .set({ ...change, version: before.version + 1 })
    .where(and(eq(webhooks.id, before.id), eq(webhooks.version, before.version)))
    .returning();
  if (after) return after;
  throw new AppError('conflict', 'Someone else changed this webhook meanwhile.');
}

/** Notes how it fares. No version: forms that are open stay good. */
export async function saveHealth(
  tx: Tx,
  id: number,
  health: Pick<StoredWebhook, 'failures' | 'failingSince'>,
): Promise<void> {
  await tx.update(webhooks).set(health).where(eq(webhooks.id, id));
}

export async function deleteWebhook(tx: Tx, id: number): Promise<void> {
  await tx.delete(webhooks).where(eq(webhooks.id, id));
}

// Those that nobody confirmed

/** Requests whose last confirm link was sent before `limit`. */
const pendingBefore = (limit: Date) =>
  and(
    eq(webhooks.state, 'pending'),
    sql`coalesce(${webhooks.confirmSentAt}, ${webhooks.createdAt}) < ${limit.getTime()}`,
  );

export async function anyPendingBefore(reader: Reader, limit: Date): Promise<boolean> {
  const rows = await reader
    .select({ id: webhooks.id })
    .from(webhooks)
    .where(pendingBefore(limit))
    .limit(1);
  return rows.length > 0;
}

/** Removes them; answers how many. */
export async function deletePendingBefore(tx: Tx, limit: Date): Promise<number> {
  const gone = await tx.delete(webhooks).where(pendingBefore(limit)).returning({ id: webhooks.id });
  return gone.length;
}

// Lists

/** Newest first, those that wait for confirmation last. */
export const allWebhooks = (reader: Reader): Promise<StoredWebhook[]> =>
  reader
    .select()
    .from(webhooks)
    .orderBy(asc(eq(webhooks.state, 'pending')), desc(webhooks.id))
    .limit(500);

export async function countQuarantined(reader: Reader): Promise<number> {
  const [row] = await reader
    .select({ n: count() })
    .from(webhooks)
    .where(eq(webhooks.state, 'quarantined'));
  return row?.n ?? 0;
}

// Choices

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

/** Public ids by row id, of those that are still on the page. */
export async function componentNames(reader: Reader, ids: number[]): Promise<Map<number, string>> {
  if (ids.length === 0) return new Map();
  const rows = await reader
    .select({ id: components.id, publicId: components.publicId })
    .from(components)
    .where(and(inArray(components.id, ids), isNull(components.archivedAt)));
  return new Map(rows.map((row) => [row.id, row.publicId]));
}

/** An incident that visitors can see, by its public id. */
export async function publicIncident(
  reader: Reader,
  publicId: string,
): Promise<{ id: number } | undefined> {
  const [row] = await reader
    .select({ id: incidents.id })
    .from(incidents)
    .where(
      and(
        eq(incidents.publicId, publicId),
        eq(incidents.visibility, 'public'),
        isNotNull(incidents.publishedAt),
      ),
    );
  return row;
}

/** Public id and title by row id, of those that visitors can see. */
export async function incidentNames(
  reader: Reader,
  ids: number[],
): Promise<Map<number, { publicId: string; title: string }>> {
  if (ids.length === 0) return new Map();
  const rows = await reader
    .select({ id: incidents.id, publicId: incidents.publicId, title: incidents.title })
    .from(incidents)
    .where(and(inArray(incidents.id, ids), eq(incidents.visibility, 'public')));
  return new Map(rows.map((row) => [row.id, row]));
}
