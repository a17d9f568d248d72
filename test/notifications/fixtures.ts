// An incident and its subscribers, as rows, and shorthands for the outbox's verbs.
import { and, eq, sql } from 'drizzle-orm';
import type { Kernel } from '../../src/db/kernel.ts';
import {
  components,
  deliveries,
  deliveryAttempts,
  events,
  incidents,
  subscriberComponents,
  subscribers,
} from '../../src/db/schema.ts';
import { append } from '../../src/events/service.ts';
import { systemActor } from '../../src/events/types.ts';
import { releaseToSubscribers } from '../../src/notifications/service.ts';
import { settleAll } from '../../src/notifications/outbox.ts';
import type { Claimed, ReleaseToSubscribers, Settlement } from '../../src/notifications/types.ts';
import { addConfirmed } from '../../src/subscribers/service.ts';
import { testKernel } from '../support/kernel.ts';

export const mail = {
  subject: '[Acme status] Elevated error rates',
  html: '<p>Words</p><a href="{{unsubscribe_url}}">Unsubscribe</a>',
  plain: 'Words\n\nUnsubscribe: {{unsubscribe_url}}',
};

export async function makeIncident(kernel: Kernel, title = 'Elevated error rates') {
  const now = kernel.clock.now();
  const [row] = await kernel.db.write((tx) =>
    tx
      .insert(incidents)
      .values({
        publicId: kernel.ids.publicId(),
        title,
        severity: 2,
        visibility: 'public',
        state: 'investigating',
        impact: 'major',
        targetMinutes: 30,
        startedAt: now,
        createdAt: now,
        updatedAt: now,
        version: 1,
      })
      .returning(),
  );
  if (!row) throw new Error('no incident');
  return row;
}

export async function makeComponent(kernel: Kernel, name: string): Promise<number> {
  const now = kernel.clock.now();
  const [row] = await kernel.db.write((tx) =>
    tx
      .insert(components)
      .values({
        publicId: kernel.ids.publicId(),
        name,
        description: '',
        position: 1,
        baseline: 'operational',
        status: 'operational',
        showcase: true,
        onlyShowIfDegraded: false,
        createdAt: now,
        updatedAt: now,
        version: 1,
      })
      .returning(),
  );
  if (!row) throw new Error('no component');
  return row.id;
}

export async function addSubscribers(kernel: Kernel, ...emails: string[]): Promise<void> {
  await kernel.db.write((tx) => addConfirmed(tx, kernel, systemActor, emails));
}

export async function idOf(kernel: Kernel, email: string): Promise<number> {
  const [row] = await kernel.db.read.select().from(subscribers).where(eq(subscribers.email, email));
  if (!row) throw new Error(`no subscriber ${email}`);
  return row.id;
}

export async function choose(kernel: Kernel, email: string, ...componentIds: number[]) {
  const subscriberId = await idOf(kernel, email);
  await kernel.db.write(async (tx) => {
    await tx
      .delete(subscriberComponents)
      .where(eq(subscriberComponents.subscriberId, subscriberId));
    for (const componentId of componentIds) {
      await tx.insert(subscriberComponents).values({ subscriberId, componentId });
    }
  });
}

/** Takes a subscriber out as `unsubscribe` does. */
export async function leave(kernel: Kernel, email: string): Promise<void> {
  await kernel.db.write(async (tx) => {
    const leftSeq = await append(tx, kernel.clock, systemActor, {
      kind: 'subscriber.unsubscribed',
      subject: 'subscriber',
    });
    const left = { state: 'unsubscribed' as const, leftSeq };
    await tx.update(subscribers).set(left).where(eq(subscribers.email, email));
  });
}

export const release = (
  kernel: Kernel,
  incidentId: number,
  more: Partial<Extract<ReleaseToSubscribers, { kind: 'incident' }>> = {},
): Promise<number> =>
  kernel.db.write((tx) =>
    releaseToSubscribers(tx, kernel, systemActor, {
      kind: 'incident',
      incidentId,
      stage: 'investigating',
      mail,
      componentIds: [],
      ...more,
    }),
  );

/** Every row of a notification: address or id → state. */
export async function statesOf(kernel: Kernel, id: number): Promise<Record<string, string>> {
  const rows = await kernel.db.read
    .select({ email: subscribers.email, id: deliveries.recipientId, state: deliveries.state })
    .from(deliveries)
    .leftJoin(subscribers, eq(subscribers.id, deliveries.recipientId))
    .where(eq(deliveries.notificationId, id))
    .orderBy(deliveries.recipientId);
  return Object.fromEntries(rows.map((row) => [row.email ?? `#${row.id}`, row.state]));
}

export const attemptsOf = (kernel: Kernel, id: number) =>
  kernel.db.read
    .select()
    .from(deliveryAttempts)
    .where(eq(deliveryAttempts.notificationId, id))
    .orderBy(deliveryAttempts.id);

export async function eventsOf(kernel: Kernel, id: number) {
  const rows = await kernel.db.read
    .select({ kind: events.kind, data: events.data })
    .from(events)
    .where(and(eq(events.subject, 'notification'), eq(events.subjectId, id)))
    .orderBy(events.seq);
  return rows.map(({ kind, data }) => ({ ...(JSON.parse(data) as object), kind }));
}

/** Settles one delivery; answers whether `boot` still held it. */
export const settle = async (
  kernel: Kernel,
  boot: string,
  claimed: Claimed,
  settlement: Settlement,
): Promise<boolean> => (await settleAll(kernel, boot, [{ claimed, settlement }])) === 1;

export const sent: Settlement = { state: 'sent', charge: true, code: 250, note: null };

export async function released(...names: string[]) {
  const kernel = await testKernel();
  const emails = (names.length > 0 ? names : ['a', 'b', 'c']).map((name) => `${name}@example.com`);
  await addSubscribers(kernel, ...emails);
  const incident = await makeIncident(kernel);
  return { kernel, incident, id: await release(kernel, incident.id) };
}

/** Confirmed subscribers by the ten thousand, made in SQL. */
export async function addMany(kernel: Kernel, count: number): Promise<void> {
  await kernel.db.write(async (tx) => {
    const seq = await append(tx, kernel.clock, systemActor, {
      kind: 'subscribers.added',
      subject: 'subscriber',
    });
    tx.run(sql`
      with recursive n(i) as (select 1 union all select i + 1 from n where i < ${count})
      insert into subscribers
        (public_id, email, email_key, state, confirmed_seq, confirm_nonce, created_at, updated_at)
      select 'p' || i, 's' || i || '@example.test', 's' || i || '@example.test',
        'confirmed', ${seq}, '', 0, 0 from n`);
  });
}
