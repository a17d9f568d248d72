// A component's record told again on a real database: whole, without gaps, and one open piece.
import { asc, eq } from 'drizzle-orm';
import { expect, it } from 'vitest';
import { overlayPast } from '../../src/components/past.ts';
import { ensureDefaultComponents, setBaseline } from '../../src/components/service.ts';
import { components, events, statusIntervals } from '../../src/db/schema.ts';
import { systemActor } from '../../src/events/types.ts';
import { hours, plus } from '../../src/shared/clock.ts';
import type { ComponentStatus } from '../../src/shared/words.ts';
import { testKernel } from '../support/kernel.ts';

async function house() {
  const kernel = await testKernel();
  await kernel.db.write((tx) => ensureDefaultComponents(tx, kernel));
  const [component] = await kernel.db.read.select().from(components).orderBy(components.id);
  if (!component) throw new Error('no component');
  const start = kernel.clock.now();
  const at = (n: number) => plus(start, hours(n));
  return {
    kernel,
    component,
    at,
    tell: (from: number, to: number, status: ComponentStatus) =>
      kernel.db.write((tx) =>
        overlayPast(tx, kernel, systemActor, component.id, { from: at(from), to: at(to) }, status),
      ),
    record: async () =>
      (
        await kernel.db.read
          .select()
          .from(statusIntervals)
          .where(eq(statusIntervals.componentId, component.id))
          .orderBy(asc(statusIntervals.startedAt))
      ).map(({ status, startedAt, endedAt }) => [
        status,
        (startedAt.getTime() - start.getTime()) / hours(1),
        endedAt && (endedAt.getTime() - start.getTime()) / hours(1),
      ]),
    events: () =>
      kernel.db.read.select().from(events).where(eq(events.kind, 'component.past_told')),
  };
}

it('tells of an outage within the record and of one before it', async () => {
  const { kernel, tell, record, component, at, events: told } = await house();
  kernel.clock.advance(hours(10));
  expect(await tell(2, 4, 'major_outage')).toBe(true);
  expect(await tell(-30, -28, 'partial_outage')).toBe(true);
  expect(await record()).toEqual([
    ['partial_outage', -30, -28],
    ['operational', -28, 2],
    ['major_outage', 2, 4],
    ['operational', 4, null],
  ]);
  const [row] = await kernel.db.read
    .select()
    .from(components)
    .where(eq(components.id, component.id));
  expect(row).toMatchObject({ createdAt: at(-30), status: 'operational', version: 1 });
  expect(await told()).toHaveLength(2);
  expect((await told()).every((event) => event.isPublic)).toBe(true);
});

it('never reaches past now, and leaves what it shows at present', async () => {
  const { kernel, tell, record, component } = await house();
  kernel.clock.advance(hours(10));
  await tell(8, 20, 'major_outage');
  expect(await record()).toEqual([
    ['operational', 0, 8],
    ['major_outage', 8, 10],
    ['operational', 10, null],
  ]);
  kernel.clock.advance(hours(1));
  await setBaseline(kernel, systemActor, component.publicId, 1, 'degraded_performance');
  expect(await record()).toEqual([
    ['operational', 0, 8],
    ['major_outage', 8, 10],
    ['operational', 10, 11],
    ['degraded_performance', 11, null],
  ]);
});

it('says nothing about what the record already shows', async () => {
  const { kernel, tell, events: told } = await house();
  kernel.clock.advance(hours(10));
  await tell(2, 6, 'major_outage');
  expect(await tell(3, 5, 'partial_outage')).toBe(false);
  expect(await tell(5, 5, 'major_outage')).toBe(false);
  expect(await told()).toHaveLength(1);
});
