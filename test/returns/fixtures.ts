// Mail that was accepted, and reports about it.
import { and, eq, inArray } from 'drizzle-orm';
import type { Kernel } from '../../src/db/kernel.ts';
import {
  deliveries,
  events,
  mailReturns,
  notifications,
  subscribers,
  suppressions,
} from '../../src/db/schema.ts';
import { type DeliveryKey, deliveryMarks } from '../../src/notifications/delivery-mark.ts';
import { findNotification } from '../../src/notifications/store.ts';
import { noteReturn } from '../../src/returns/service.ts';
import type { Report } from '../../src/returns/types.ts';
import { sha256 } from '../../src/shared/ids.ts';
import { testKernel, type TestKernel } from '../support/kernel.ts';
import { addSubscribers, idOf, makeIncident, release } from '../notifications/fixtures.ts';

/** Takes the deliveries to these as accepted by the relay, the others as still to be sent. */
export async function accept(kernel: Kernel, id: number, recipientIds: number[]): Promise<void> {
  const theirs = and(
    eq(deliveries.notificationId, id),
    inArray(deliveries.recipientId, recipientIds),
  );
  await kernel.db.write(async (tx) => {
    await tx.update(deliveries).set({ state: 'sent' }).where(theirs);
    await tx.update(notifications).set({ state: 'sending' }).where(eq(notifications.id, id));
  });
}

/** An incident's message, accepted for these and queued for one more. */
export async function accepted(...names: string[]) {
  const emails = (names.length > 0 ? names : ['jane']).map((name) => `${name}@example.org`);
  const kernel = await testKernel();
  await addSubscribers(kernel, ...emails, 'last@example.org');
  const incident = await makeIncident(kernel);
  const id = await release(kernel, incident.id);
  const ids = await Promise.all(emails.map((email) => idOf(kernel, email)));
  await accept(kernel, id, ids);
  return { kernel, incident, id, ids, jane: ids[0] ?? 0 };
}

export const keyOf = (notificationId: number, recipientId: number): DeliveryKey => ({
  notificationId,
  recipientKind: 'subscriber',
  recipientId,
});

export const markOf = (kernel: Kernel, key: DeliveryKey) =>
  deliveryMarks(kernel.secretKey).write(key);

let reports = 0;

/** A report of a mailbox about a delivery, each a new one. */
export const report = (delivery: DeliveryKey | undefined, more: Partial<Report>): Report => ({
  source: 'mailbox',
  kind: 'hard',
  delivery,
  code: '5.1.1',
  detail: '550 5.1.1 User unknown',
  digest: sha256(`report ${++reports}`),
  isOurFault: false,
  ...more,
});

export const note = (kernel: Kernel, one: Report) =>
  kernel.db.write((tx) => noteReturn(tx, kernel, one));

export const returnRows = (kernel: Kernel) =>
  kernel.db.read.select().from(mailReturns).orderBy(mailReturns.id);

export async function stateOf(kernel: TestKernel, id: number) {
  const [row] = await kernel.db.read.select().from(subscribers).where(eq(subscribers.id, id));
  if (!row) throw new Error('no subscriber');
  return row.state;
}

export const suppressionRows = (kernel: Kernel) => kernel.db.read.select().from(suppressions);

export const notificationState = async (kernel: Kernel, id: number) =>
  (await findNotification(kernel.db.read, id))?.state;

export const deliveryState = async (kernel: Kernel, id: number) =>
  (await kernel.db.read.select().from(deliveries).where(eq(deliveries.notificationId, id))).map(
    ({ state }) => state,
  );

export async function eventsOfKind(kernel: Kernel, kind: string) {
  const rows = await kernel.db.read.select().from(events).where(eq(events.kind, kind));
  return rows.map((row) => ({ ...row, data: JSON.parse(row.data) as Record<string, unknown> }));
}
