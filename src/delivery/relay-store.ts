// SQL of how each relay was found when the sender last looked: the sender writes it, the desk reads it.
import { relayStates } from '../db/schema.ts';
import type { Reader, Tx } from '../db/tx.ts';

export type RelayState = typeof relayStates.$inferSelect;

export async function saveRelayState(tx: Tx, state: RelayState): Promise<void> {
  const { name, ...rest } = state;
  await tx
    .insert(relayStates)
    .values({ name, ...rest })
    .onConflictDoUpdate({ target: relayStates.name, set: rest });
}

/** Also relays that were configured once: who asks knows which ones there are. */
export async function readRelayStates(reader: Reader): Promise<RelayState[]> {
  return reader.select().from(relayStates).orderBy(relayStates.name);
}
