// Subscribers whose consent was given elsewhere: added as confirmed, in batches, nobody twice and nobody who left.
import { listComponents } from '../components/service.ts';
import type { Kernel } from '../db/kernel.ts';
import { currentHead } from '../events/service.ts';
import type { Actor } from '../events/types.ts';
import { suppressionHash } from '../notifications/rules.ts';
import { suppressedAmong } from '../notifications/suppression-store.ts';
import { parseAddress } from '../shared/address.ts';
import { addConfirmed } from '../subscribers/service.ts';
import type { CsvRow } from './csv.ts';
import { keptId } from './rules.ts';
import { knownAddresses, lastSubscriberId, noteConsent } from './store.ts';
import type { SourceSubscriber } from './types.ts';

export interface SubscriberCount {
  added: number;
  /** Here already, in whatever state: left alone. */
  known: number;
  /** Must not be mailed. */
  suppressed: number;
  /** Not by email. */
  other: number;
  /** Unconfirmed, quarantined or unsubscribed there. */
  inactive: number;
  unreadable: number;
  /** Chose only components that are not here. */
  lost: number;
}

const batchSize = 1000;

export async function bringSubscribers(
  kernel: Kernel,
  actor: Actor,
  rows: AsyncIterable<CsvRow> | Iterable<CsvRow>,
  { writes, from }: { writes: boolean; from: string },
): Promise<SubscriberCount> {
  const count: SubscriberCount = {
    added: 0,
    known: 0,
    suppressed: 0,
    other: 0,
    inactive: 0,
    unreadable: 0,
    lost: 0,
  };
  const ids = await componentIds(kernel);
  let batch = new Map<string, Person>();
  const flush = async () => {
    await bringBatch(kernel, actor, [...batch.values()], count, { writes, from });
    batch = new Map();
  };
  for await (const row of rows) {
    const person = personOf(row, ids, count);
    if (!person) continue;
    if (batch.has(person.key)) count.known += 1;
    else batch.set(person.key, person);
    if (batch.size >= batchSize) await flush();
  }
  await flush();
  return count;
}

interface Person {
  email: string;
  key: string;
  componentIds: number[];
}

/** Row ids by public id and by name, as exports name components either way. */
async function componentIds({ db }: Kernel): Promise<Map<string, number>> {
  const { components } = await listComponents(db.read);
  return new Map(
    components.flatMap((row) => [
      [row.publicId, row.id] as const,
      [row.name.toLowerCase(), row.id] as const,
    ]),
  );
}

function personOf(
  row: CsvRow,
  ids: ReadonlyMap<string, number>,
  count: SubscriberCount,
): Person | undefined {
  if (row.kind !== 'subscriber') {
    count[row.kind] += 1;
    return undefined;
  }
  const address = parseAddress(row.email);
  if (!address) {
    count.unreadable += 1;
    return undefined;
  }
  const chosen = row.components.flatMap(
    (name) => ids.get(name.toLowerCase()) ?? ids.get(keptId(name)) ?? [],
  );
  if (row.components.length > 0 && chosen.length === 0) {
    count.lost += 1;
    return undefined;
  }
  return { ...address, componentIds: [...new Set(chosen)] };
}

async function bringBatch(
  kernel: Kernel,
  actor: Actor,
  people: readonly Person[],
  count: SubscriberCount,
  { writes, from }: { writes: boolean; from: string },
): Promise<void> {
  const hashOf = ({ key }: Person) => suppressionHash(kernel.secretKey, key);
  const { read } = kernel.db;
  const suppressed = await suppressedAmong(read, people.map(hashOf));
  const welcome = people.filter((person) => !suppressed.has(hashOf(person)));
  const known = await knownAddresses(
    read,
    welcome.map(({ key }) => key),
  );
  const news = welcome.filter(({ key }) => !known.has(key));
  count.suppressed += people.length - welcome.length;
  count.known += known.size;
  count.added += news.length;
  if (!writes || news.length === 0) return;
  await kernel.db.write(async (tx) => {
    const after = await lastSubscriberId(tx);
    await addConfirmed(tx, kernel, actor, news);
    const { seq } = await currentHead(tx);
    const at = kernel.clock.now().toISOString();
    const text = `Confirmed elsewhere: imported from ${from} on ${at.slice(0, 10)}`;
    await noteConsent(tx, { after, seq }, { ip: '', userAgent: '', at, text });
  });
}

/** Subscribers of a management API, as rows of a file would be. */
export const asRows = (subscribers: readonly SourceSubscriber[]): CsvRow[] =>
  subscribers.map((subscriber) => ({ kind: 'subscriber', ...subscriber }));
