// The seeded past: what it holds, and that nobody sees it being made.
import { count, eq, ne } from 'drizzle-orm';
import { expect, it } from 'vitest';
import { ensureDefaultComponents } from '../src/components/service.ts';
import { incidents, subscribers } from '../src/db/schema.ts';
import { verifyChain } from '../src/events/service.ts';
import { seed } from '../src/seed.ts';
import { days, plus } from '../src/shared/clock.ts';
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
  expect(commits).toBeGreaterThan(3);
  expect(new Set(open)).toEqual(new Set([0]));
});
