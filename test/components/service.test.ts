import { asc, eq } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import {
  applyImpacts,
  archiveComponent,
  archiveGroup,
  changeComponent,
  changeGroup,
  createComponent,
  createGroup,
  ensureDefaultComponents,
  findComponent,
  listComponents,
  reorder,
  setBaseline,
} from '../../src/components/service.ts';
import { componentForm, type ComponentRow } from '../../src/components/types.ts';
import { events, statusIntervals } from '../../src/db/schema.ts';
import { publicKey } from '../../src/events/store.ts';
import { systemActor as actor } from '../../src/events/types.ts';
import { minutes } from '../../src/shared/clock.ts';
import { parse } from '../../src/shared/form.ts';
import type { ComponentStatus } from '../../src/shared/words.ts';
import { testKernel, type TestKernel } from '../support/kernel.ts';

async function page() {
  const kernel = await testKernel();
  await kernel.db.write((tx) => ensureDefaultComponents(tx, kernel));
  const { components } = await listComponents(kernel.db.read);
  const [api, web, payments] = components;
  if (!api || !web || !payments) throw new Error('no components');
  return { kernel, api, web, payments };
}

const form = (fields: Record<string, unknown>) => parse(componentForm, fields);

const names = async (kernel: TestKernel) => {
  const { groups, components } = await listComponents(kernel.db.read);
  return [...groups, ...components]
    .toSorted((a, b) => a.position - b.position)
    .map((entry) => `${entry.position} ${entry.name}`);
};

const intervals = async (kernel: TestKernel, component: ComponentRow) =>
  (
    await kernel.db.read
      .select()
      .from(statusIntervals)
      .where(eq(statusIntervals.componentId, component.id))
      .orderBy(asc(statusIntervals.id))
  ).map(({ status, startedAt, endedAt }) => [
    status,
    startedAt.toISOString().slice(11, 16),
    endedAt?.toISOString().slice(11, 16) ?? null,
  ]);

const apply = (
  kernel: TestKernel,
  sourceId: number,
  impacts: [number, ComponentStatus][],
  baselines: [number, ComponentStatus][] = [],
) =>
  kernel.db.write((tx) =>
    applyImpacts(
      tx,
      kernel,
      actor,
      { source: 'incident', sourceId },
      new Map(impacts),
      new Map(baselines),
    ),
  );

describe('components', () => {
  it('start with three, once', async () => {
    const { kernel, api } = await page();
    await archiveComponent(kernel, actor, api.publicId, api.version);
    await kernel.db.write((tx) => ensureDefaultComponents(tx, kernel));
    expect(await names(kernel)).toEqual(['2 Web app', '3 Payments']);
  });

  it('are changed over the version that was seen, and refuse another', async () => {
    const { kernel, api } = await page();
    await changeComponent(kernel, actor, api.publicId, 1, { name: 'Public API' });
    const late = changeComponent(kernel, actor, api.publicId, 1, { name: 'Lost' });
    await expect(late).rejects.toMatchObject({ code: 'conflict' });
    expect(await findComponent(kernel.db.read, api.publicId)).toMatchObject({
      name: 'Public API',
      version: 2,
      description: '',
    });
  });

  it('count their position inside their group', async () => {
    const { kernel, api, web } = await page();
    const group = await createGroup(kernel, actor, { name: 'Apps', description: '' });
    const ios = await createComponent(
      kernel,
      actor,
      form({ name: 'iOS', groupId: group.publicId, showcase: 'on' }),
    );
    const moved = await changeComponent(kernel, actor, web.publicId, 1, {
      groupId: group.publicId,
    });
    expect([group.position, ios.position, moved.position]).toEqual([4, 1, 2]);

    await reorder(kernel, actor, group.publicId, [web.publicId, ios.publicId]);
    await reorder(kernel, actor, null, [group.publicId, api.publicId]);
    expect(await names(kernel)).toEqual(['1 Apps', '1 Web app', '2 API', '2 iOS', '3 Payments']);

    const { version } = await changeGroup(kernel, actor, group.publicId, 1, { name: 'Our apps' });
    await archiveGroup(kernel, actor, group.publicId, version);
    expect(await names(kernel)).toEqual(['2 API', '3 Payments', '4 Web app', '5 iOS']);
  });

  it.each([
    ['an unknown group', { name: 'X', groupId: 'bbbbbbbbbbbb' }, 'groupId'],
    ['a group id that is none', { name: 'X', groupId: 'Apps' }, 'groupId'],
    ['no name', { name: ' ' }, 'name'],
    ['a bad day', { name: 'X', startDate: '22 Nov' }, 'startDate'],
  ])('refuse %s at its field', async (_, fields, field) => {
    const { kernel } = await page();
    const made = async () => createComponent(kernel, actor, form(fields));
    await expect(made()).rejects.toMatchObject({
      code: 'invalid',
      fields: { [field]: expect.stringMatching(/^(Please|There) .*\.$/) as unknown },
    });
  });

  it('are archived with their record, never deleted', async () => {
    const { kernel, api } = await page();
    kernel.clock.advance(minutes(5));
    await archiveComponent(kernel, actor, api.publicId, 1);
    await expect(findComponent(kernel.db.read, api.publicId)).rejects.toMatchObject({
      code: 'not_found',
    });
    expect(await intervals(kernel, api)).toEqual([['operational', '14:00', '14:05']]);
  });
});

describe('the status of a component', () => {
  it('is the worst of its baseline and what incidents say, recorded without gaps', async () => {
    const { kernel, api } = await page();
    kernel.clock.set('2026-11-22T14:10:00Z');
    await apply(kernel, 1, [[api.id, 'degraded_performance']]);
    kernel.clock.set('2026-11-22T14:20:00Z');
    await apply(kernel, 2, [[api.id, 'major_outage']]);
    kernel.clock.set('2026-11-22T14:30:00Z');
    await apply(kernel, 2, []);
    await setBaseline(kernel, actor, api.publicId, 1, 'partial_outage');
    kernel.clock.set('2026-11-22T14:40:00Z');
    await apply(kernel, 1, []);
    expect(await intervals(kernel, api)).toEqual([
      ['operational', '14:00', '14:10'],
      ['degraded_performance', '14:10', '14:20'],
      ['major_outage', '14:20', '14:30'],
      ['degraded_performance', '14:30', '14:30'],
      ['partial_outage', '14:30', null],
    ]);
  });

  it('shows no step between an impact and the baseline that follows it', async () => {
    const { kernel, api } = await page();
    await apply(kernel, 1, [[api.id, 'degraded_performance']]);
    await apply(kernel, 1, [], [[api.id, 'degraded_performance']]);
    expect(await findComponent(kernel.db.read, api.publicId)).toMatchObject({
      status: 'degraded_performance',
      baseline: 'degraded_performance',
    });
    expect(await intervals(kernel, api)).toHaveLength(2);
  });

  it('is public only when it shows', async () => {
    const { kernel, api } = await page();
    await apply(kernel, 1, [[api.id, 'major_outage']]);
    const before = await publicKey(kernel.db.read);
    kernel.clock.advance(minutes(1));
    const row = await setBaseline(kernel, actor, api.publicId, 1, 'degraded_performance');
    expect(await publicKey(kernel.db.read)).toBe(before);
    expect(row.updatedAt).toEqual(api.updatedAt);
    await apply(kernel, 1, []);
    expect(await publicKey(kernel.db.read)).toBeGreaterThan(before);
    const changed = await kernel.db.read
      .select()
      .from(events)
      .where(eq(events.kind, 'component.status_changed'));
    expect(changed.map((event) => JSON.parse(event.data) as unknown)).toEqual([
      { before: 'operational', after: 'major_outage' },
      { before: 'major_outage', after: 'degraded_performance' },
    ]);
  });
});
