// The seeded past: what it holds, and that nobody sees it being made.
import { count, eq, ne } from 'drizzle-orm';
import { expect, it } from 'vitest';
import { ensureDefaultComponents } from '../src/components/service.ts';
import { incidents, statusIntervals, subscribers } from '../src/db/schema.ts';
import { verifyChain } from '../src/events/service.ts';
import { seed } from '../src/seed.ts';
import { days, plus } from '../src/shared/clock.ts';
import { buildSnapshot } from '../src/status/snapshot.ts';
import { testKernel } from './support/kernel.ts';

async function house() {
  const kernel = await testKernel();
  await kernel.db.write((tx) => ensureDefaultComponents(tx, kernel));
  return kernel;
}

it('makes resolved incidents of the last two years and confirmed subscribers', async () => {
  const kernel = await house();
  await seed(kernel, { incidents: 8, subscribers: 1200 });
  const rows = await kernel.db.read.select().from(incidents).orderBy(incidents.createdAt);
  expect(rows).toHaveLength(8);
  expect(rows.every((row) => row.state === 'resolved' && row.visibility === 'public')).toBe(true);
  const now = kernel.clock.now();
  expect(rows[0]?.startedAt.getTime()).toBeGreaterThan(plus(now, -days(731)).getTime());
  expect(rows.at(-1)?.startedAt.getTime()).toBeLessThan(plus(now, -days(1)).getTime());
  const people = await kernel.db.read
    .select({ email: subscribers.email })
    .from(subscribers)
    .where(eq(subscribers.state, 'confirmed'))
    .orderBy(subscribers.email);
  expect(people).toHaveLength(1200);
  expect(people.at(-1)).toEqual({ email: 's0001200@example.test' });
  expect((await verifyChain(kernel.db.read)).fault).toBeUndefined();
});

it('leaves records without gaps, maintenance among what they tell', async () => {
  const kernel = await house();
  await seed(kernel, { incidents: 40, subscribers: 0 });
  const rows = await kernel.db.read
    .select()
    .from(statusIntervals)
    .orderBy(statusIntervals.componentId, statusIntervals.startedAt);
  const gaps = rows.filter((row, i) => {
    const next = rows[i + 1];
    const isLast = next?.componentId !== row.componentId;
    return isLast ? row.endedAt !== null : row.endedAt?.getTime() !== next.startedAt.getTime();
  });
  expect(gaps).toEqual([]);
  expect(rows.some((row) => row.status === 'under_maintenance')).toBe(true);
  const about = { publicUrl: kernel.publicUrl, now: kernel.clock.now() };
  const snapshot = await buildSnapshot(kernel.db.read, about);
  expect(snapshot.headline.indicator).toBe('none');
  expect(snapshot.recentMaintenances.map(({ state }) => state)).toEqual(
    Array.from({ length: 10 }, () => 'completed'),
  );
  for (const { days: all, share } of snapshot.uptimes) {
    expect(all.slice(0, -1).every(({ spent }) => sum(spent) === 86_400_000)).toBe(true);
    expect(share).toBeGreaterThan(0.99);
  }
});

const sum = (spent: Record<string, number>) => Object.values(spent).reduce((a, b) => a + b, 0);

it('never shows an incident that is open, whose promise would be years overdue', async () => {
  const kernel = await house();
  let commits = 0;
  const open: number[] = [];
  kernel.db.onCommit(() => {
    commits += 1;
    const [row] = kernel.db.read
      .select({ n: count() })
      .from(incidents)
      .where(ne(incidents.state, 'resolved'))
      .all();
    open.push(row?.n ?? -1);
  });
  await seed(kernel, { incidents: 3, subscribers: 0 });
  expect(commits).toBeGreaterThan(1);
  expect(new Set(open)).toEqual(new Set([0]));
});
