// Reads and saves the page's settings: one row, made at first start.
import { isDeepStrictEqual } from 'node:util';
import { eq } from 'drizzle-orm';
import type { Kernel } from '../db/kernel.ts';
import { settings } from '../db/schema.ts';
import type { Reader, Tx } from '../db/tx.ts';
import { append } from '../events/service.ts';
import type { Actor } from '../events/types.ts';
import { AppError } from '../shared/errors.ts';
import {
  defaultExtras,
  type PageExtras,
  type PageSettings,
  type PageSettingsForm,
} from './types.ts';

/** Pages made by earlier versions lack the extras until these are saved. */
interface Stored extends PageSettingsForm, Partial<PageExtras> {
  pageId: string;
  createdAt: string;
}

const rowName = 'page';

/** The page's settings. Throws before the first start has made them. */
export async function readSettings(reader: Reader): Promise<PageSettings> {
  const [row] = await reader.select().from(settings).where(eq(settings.name, rowName));
  if (!row) throw new Error('This database has no settings: it was never started.');
  const stored = row.value as Stored;
  const createdAt = new Date(stored.createdAt);
  const { look, shown, weights } = defaultExtras;
  return {
    ...stored,
    look: { ...look, ...stored.look },
    shown: { ...shown, ...stored.shown },
    weights: { ...weights, ...stored.weights },
    createdAt,
    version: row.version,
    updatedAt: row.updatedAt,
  };
}

/** Makes the settings when there are none; answers whether it did. */
export async function ensureSettings(tx: Tx, kernel: Kernel): Promise<boolean> {
  const now = kernel.clock.now();
  const value: Stored = {
    pageId: kernel.ids.publicId(),
    name: 'Acme Status',
    supportContact: '',
    timeZone: 'Etc/UTC',
    targetMinutes: 30,
    createdAt: now.toISOString(),
  };
  const made = await tx
    .insert(settings)
    .values({ name: rowName, value, version: 1, updatedAt: now })
    .onConflictDoNothing()
    .returning({ name: settings.name });
  return made.length > 0;
}

/** What a form of the settings decides: a part of them. */
export type SettingsChange = Partial<PageSettingsForm & PageExtras>;

/** Saves over version `version`, or throws `conflict` when someone else saved first. */
export async function saveSettings(
  kernel: Kernel,
  actor: Actor,
  version: number,
  change: SettingsChange,
): Promise<void> {
  await kernel.db.write((tx) => replaceSettings(tx, kernel, actor, version, change));
}

/** Like `saveSettings`, for a caller that has more to do in the same transaction. */
export async function replaceSettings(
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  version: number,
  change: SettingsChange,
  noted: { before: object; after: object } = { before: {}, after: {} },
): Promise<void> {
  const { version: current, updatedAt: _, pageId, createdAt, ...before } = await readSettings(tx);
  if (current !== version) {
    throw new AppError('conflict', 'Someone else changed the settings meanwhile.');
  }
  const after = { ...before, ...change };
  const value: Stored = { ...after, pageId, createdAt: createdAt.toISOString() };
  await tx
    .update(settings)
    .set({ value, version: version + 1, updatedAt: kernel.clock.now() })
    .where(eq(settings.name, rowName));
  const changed = changedNames(before, after);
  await append(tx, kernel.clock, actor, {
    kind: 'settings.changed',
    subject: 'settings',
    // The target shows on no page.
    isPublic: changed.some((name) => name !== 'targetMinutes') || 'logo' in noted.after,
    data: {
      changed,
      before: { ...told(before, changed), ...noted.before },
      after: { ...told(after, changed), ...noted.after },
    },
  });
}

type Decided = PageSettingsForm & PageExtras;

const changedNames = (before: Decided, after: Decided) =>
  (Object.keys(after) as (keyof Decided)[]).filter(
    (name) => !isDeepStrictEqual(before[name], after[name]),
  );

/** The record keeps values, but how to reach somebody and free text only by name (S-45). */
const told = (decided: Decided, changed: (keyof Decided)[]) => {
  const { supportContact: _contact, look, ...rest } = decided;
  const { footer: _footer, ...lookTold } = look;
  const values = Object.entries({ ...rest, look: lookTold });
  return Object.fromEntries(values.filter(([name]) => changed.includes(name as keyof Decided)));
};

const notedRow = 'record_head_mailed';

/** The UTC day of the last mail about the record's head, undefined before the first start. */
export async function lastNotedDay(reader: Reader): Promise<string | undefined> {
  const [row] = await reader.select().from(settings).where(eq(settings.name, notedRow));
  return row && String(row.value);
}

export async function saveNotedDay(tx: Tx, day: string, at: Date): Promise<void> {
  const row = { value: day, updatedAt: at };
  await tx
    .insert(settings)
    .values({ name: notedRow, version: 1, ...row })
    .onConflictDoUpdate({ target: settings.name, set: row });
}
