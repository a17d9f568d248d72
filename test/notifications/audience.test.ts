import { eq, sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { notifications } from '../../src/db/schema.ts';
import { expandNext } from '../../src/notifications/outbox.ts';
import { countAudience, progress } from '../../src/notifications/service.ts';
import { testKernel } from '../support/kernel.ts';
import {
  addMany,
  addSubscribers,
  choose,
  idOf,
  leave,
  makeComponent,
  makeIncident,
  release,
  statesOf,
} from './fixtures.ts';

describe('the cut', () => {
  it('owes it to everyone who has confirmed and not left', async () => {
    const kernel = await testKernel();
    await addSubscribers(kernel, 'a@example.com', 'b@example.com', 'gone@example.com');
    await leave(kernel, 'gone@example.com');
    const id = await release(kernel, (await makeIncident(kernel)).id);
    expect(await statesOf(kernel, id)).toEqual({
      'a@example.com': 'queued',
      'b@example.com': 'queued',
    });
  });

  it('passes over an address below the highest id that confirms after the release', async () => {
    const kernel = await testKernel();
    await addSubscribers(kernel, 'early@example.com', 'pending@example.com', 'last@example.com');
    await kernel.db.write(async (tx) => {
      tx.run(sql`update subscribers set state = 'pending', confirmed_seq = null
                 where email = 'pending@example.com'`);
    });
    const id = await release(kernel, (await makeIncident(kernel)).id);
    // Nothing was expanded yet, as after a crash between release and fan-out.
    await kernel.db.write(async (tx) => {
      tx.run(sql`delete from deliveries`);
      tx.run(sql`update notifications set expanded_to = 0`);
      tx.run(sql`update subscribers set state = 'confirmed',
                   confirmed_seq = (select max(seq) + 1 from events)
                 where email = 'pending@example.com'`);
    });
    await expandNext(kernel);
    expect(Object.keys(await statesOf(kernel, id))).toEqual([
      'early@example.com',
      'last@example.com',
    ]);
  });

  it('makes a row for someone who left after the cut but before the fan-out', async () => {
    const kernel = await testKernel();
    await addSubscribers(kernel, 'a@example.com', 'leaver@example.com');
    const id = await release(kernel, (await makeIncident(kernel)).id);
    await kernel.db.write(async (tx) => {
      tx.run(sql`delete from deliveries`);
      tx.run(sql`update notifications set expanded_to = 0`);
    });
    await leave(kernel, 'leaver@example.com');
    await expandNext(kernel);
    expect(await statesOf(kernel, id)).toHaveProperty('leaver@example.com', 'queued');
  });

  it('ends at once, as sent, when it is owed to nobody', async () => {
    const kernel = await testKernel();
    const id = await release(kernel, (await makeIncident(kernel)).id);
    expect(await progress(kernel.db.read, id)).toMatchObject({ state: 'sent', owed: 0 });
  });
});

async function chosen() {
  const kernel = await testKernel();
  const api = await makeComponent(kernel, 'API');
  const web = await makeComponent(kernel, 'Web app');
  await addSubscribers(kernel, 'all@example.com', 'api@example.com', 'web@example.com');
  await choose(kernel, 'api@example.com', api);
  await choose(kernel, 'web@example.com', web);
  return { kernel, api, web, incident: await makeIncident(kernel) };
}

describe('who chose what', () => {
  it.each([
    ['everyone when no component is named', [] as const, ['all', 'api', 'web']],
    ['who chose it, and who chose nothing', ['api'] as const, ['all', 'api']],
    ['who chose any of several', ['api', 'web'] as const, ['all', 'api', 'web']],
  ])('reaches %s', async (_, names, expected) => {
    const { kernel, incident, ...ids } = await chosen();
    const componentIds = names.map((name) => ids[name]);
    const counted = await countAudience(kernel.db.read, { incidentId: incident.id, componentIds });
    const id = await release(kernel, incident.id, { componentIds });
    const reached = Object.keys(await statesOf(kernel, id)).map((email) => email.split('@')[0]);
    expect(reached).toEqual(expected);
    expect(counted).toBe(expected.length);
  });

  it('reaches with a follow-up everyone who was owed an earlier message (E5)', async () => {
    const { kernel, incident, api, web } = await chosen();
    await release(kernel, incident.id, { componentIds: [api] });
    const about = { incidentId: incident.id, componentIds: [web] };
    expect(await countAudience(kernel.db.read, about)).toBe(3);
    const second = await release(kernel, incident.id, { componentIds: [web] });
    expect(Object.keys(await statesOf(kernel, second))).toHaveLength(3);
  });

  it('reaches also who has chosen other components since', async () => {
    const { kernel, incident, api, web } = await chosen();
    const other = await makeComponent(kernel, 'Other');
    await release(kernel, incident.id, { componentIds: [api] });
    await choose(kernel, 'api@example.com', other);
    await choose(kernel, 'web@example.com', other);
    const second = await release(kernel, incident.id, { componentIds: [web] });
    expect(Object.keys(await statesOf(kernel, second))).toEqual([
      'all@example.com',
      'api@example.com',
    ]);
  });

  it('does not carry over what another incident was about', async () => {
    const { kernel, incident, api, web } = await chosen();
    await release(kernel, incident.id, { componentIds: [api] });
    const other = await makeIncident(kernel, 'Another');
    const id = await release(kernel, other.id, { componentIds: [web] });
    expect(Object.keys(await statesOf(kernel, id))).toEqual(['all@example.com', 'web@example.com']);
  });
});

describe('expanding', () => {
  it('makes 10,000 rows with the release and the rest in chunks, each once', async () => {
    const kernel = await testKernel();
    await addMany(kernel, 25_000);
    const id = await release(kernel, (await makeIncident(kernel)).id);
    const after = async () => {
      const { counts, owed, expanded } = await progress(kernel.db.read, id);
      return { made: counts.queued, owed, expanded };
    };
    expect(await after()).toEqual({ made: 10_000, owed: 25_000, expanded: false });
    expect(await expandNext(kernel)).toBe(true);
    expect(await after()).toEqual({ made: 20_000, owed: 25_000, expanded: false });
    expect(await expandNext(kernel)).toBe(true);
    expect(await after()).toEqual({ made: 25_000, owed: 25_000, expanded: true });
    expect(await expandNext(kernel)).toBe(false);
  });

  it('goes on after a crash without touching rows that are made', async () => {
    const kernel = await testKernel();
    await addMany(kernel, 30);
    const id = await release(kernel, (await makeIncident(kernel)).id);
    // The rows were made, the mark that says so was lost, some are sent.
    await kernel.db.write(async (tx) => {
      tx.run(sql`update deliveries set state = 2 where recipient_id <= 10`);
      await tx
        .update(notifications)
        .set({ expandedTo: 0, sent: 10 })
        .where(eq(notifications.id, id));
    });
    await expandNext(kernel);
    expect((await progress(kernel.db.read, id)).counts).toMatchObject({ sent: 10, queued: 20 });
  });

  it('never gives an erased subscriber’s number to a newcomer', async () => {
    const kernel = await testKernel();
    await addSubscribers(kernel, 'old@example.com');
    const old = await idOf(kernel, 'old@example.com');
    const id = await release(kernel, (await makeIncident(kernel)).id);
    await kernel.db.write(async (tx) => {
      tx.run(sql`delete from subscribers`);
    });
    await addSubscribers(kernel, 'new@example.com');
    expect(await idOf(kernel, 'new@example.com')).toBeGreaterThan(old);
    expect(await statesOf(kernel, id)).toEqual({ [`#${old}`]: 'queued' });
  });
});
