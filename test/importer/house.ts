// A new house to move into, and short words for moving.
import { asc } from 'drizzle-orm';
import { components, incidents, statusIntervals } from '../../src/db/schema.ts';
import { ensureDefaultComponents } from '../../src/components/service.ts';
import { readImportCall } from '../../src/importer/call.ts';
import type { Outside } from '../../src/importer/fetch.ts';
import { importStatuspage } from '../../src/importer/read.ts';
import { buildSnapshot } from '../../src/status/snapshot.ts';
import { type TestKernel, testKernel } from '../support/kernel.ts';

export interface Moving {
  kernel: TestKernel;
  /** Waits asked of us, in milliseconds. */
  waits: number[];
  /** What the command line would be given after `import statuspage`. */
  run: (...args: string[]) => Promise<string>;
  snapshot: () => ReturnType<typeof buildSnapshot>;
  /** What a component showed, in minutes of UTC: `name status from–to`. */
  record: () => Promise<string[]>;
  rows: () => ReturnType<typeof allRows>;
}

export async function newHouse(): Promise<Moving> {
  const kernel = await testKernel();
  await kernel.db.write((tx) => ensureDefaultComponents(tx, kernel));
  const waits: number[] = [];
  const outside: Outside = {
    fetch: (input, init) => fetch(input, init),
    wait: async (milliseconds) => void waits.push(milliseconds),
    say: () => {},
  };
  return {
    kernel,
    waits,
    run: (...args) => importStatuspage(kernel, outside, readImportCall(args, {})),
    snapshot: () =>
      buildSnapshot(kernel.db.read, { publicUrl: kernel.publicUrl, now: kernel.clock.now() }),
    record: () => recordOf(kernel),
    rows: () => allRows(kernel),
  };
}

async function allRows({ db }: TestKernel) {
  return {
    components: await db.read.select().from(components).orderBy(asc(components.id)),
    incidents: await db.read.select().from(incidents).orderBy(asc(incidents.id)),
    intervals: await db.read.select().from(statusIntervals).orderBy(asc(statusIntervals.id)),
  };
}

async function recordOf(kernel: TestKernel): Promise<string[]> {
  const all = await allRows(kernel);
  const nameOf = new Map(all.components.map((row) => [row.id, row.name]));
  return all.intervals
    .toSorted(
      (a, b) => a.componentId - b.componentId || a.startedAt.getTime() - b.startedAt.getTime(),
    )
    .map(
      (row) =>
        `${nameOf.get(row.componentId)} ${row.status} ${minute(row.startedAt)}–${minute(row.endedAt)}`,
    );
}

const minute = (at: Date | null) => at?.toISOString().slice(0, 16) ?? '';
