// The updates of a past incident as they are stored, each with what it changed of components.
import { statusAt } from '../components/past-store.ts';
import type { Tx } from '../db/tx.ts';
import type { ComponentStatus } from '../shared/words.ts';
import type { PastIncident, PastUpdate } from './past-types.ts';
import { choicesOf } from './rules.ts';
import { componentsNamed } from './store.ts';
import type { AffectedComponent } from './types.ts';

export interface ToldRow {
  publicId: string | undefined;
  state: PastUpdate['state'];
  body: string;
  affected: AffectedComponent[];
  deliverNotifications: boolean;
  displayAt: Date;
  createdAt: Date;
  updatedAt: Date;
}

/** The updates as they are stored, each with what it changed of components. */
export async function toldRows(tx: Tx, past: PastIncident): Promise<ToldRow[]> {
  const rows: ToldRow[] = [];
  const current = new Map<string, ComponentStatus>();
  for (const update of past.updates) {
    const wasResolved = rows.at(-1)?.state === 'resolved';
    const resolves = update.state === 'resolved' && !wasResolved;
    const affected = update.affected ?? (await affectedThen(tx, update, current, resolves));
    for (const { code, newStatus } of affected) current.set(code, newStatus);
    const createdAt = update.createdAt ?? update.at;
    rows.push({
      publicId: update.publicId,
      state: update.state,
      body: update.body,
      affected,
      deliverNotifications: update.deliverNotifications ?? false,
      displayAt: update.at,
      createdAt,
      updatedAt: update.updatedAt ?? createdAt,
    });
  }
  return rows;
}

/** What an update changed, from what the components' records say they showed by then. */
async function affectedThen(
  tx: Tx,
  update: PastUpdate,
  current: ReadonlyMap<string, ComponentStatus>,
  resolves: boolean,
): Promise<AffectedComponent[]> {
  const choices = choicesOf(update.components, current, { resolves, becomesPublic: false });
  const affected: AffectedComponent[] = [];
  for (const row of await componentsNamed(tx, [...choices.keys()])) {
    const shown = current.get(row.publicId) ?? (await statusAt(tx, row.id, update.at));
    affected.push({
      code: row.publicId,
      name: row.name,
      oldStatus: shown ?? 'operational',
      newStatus: choices.get(row.publicId) ?? 'operational',
    });
  }
  return affected;
}
