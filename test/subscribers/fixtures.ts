// A visitor asking, and what came of it.
import { eq } from 'drizzle-orm';
import { notifications, subscribers } from '../../src/db/schema.ts';
import { confirm, subscribe } from '../../src/subscribers/service.ts';
import { confirmToken } from '../../src/subscribers/tokens.ts';
import type { ManageMails, SubscriberMails } from '../../src/subscribers/types.ts';
import { testKernel, type TestKernel } from '../support/kernel.ts';

export const mails: SubscriberMails & ManageMails = {
  confirmationMail: () =>
    Promise.resolve({ subject: 'Please confirm', html: '', plain: '{{confirm_url}}' }),
  alreadySubscribedMail: () =>
    Promise.resolve({ subject: 'Already', html: '', plain: '{{manage_url}}' }),
  manageLinkMail: () =>
    Promise.resolve({ subject: 'Your link', html: '', plain: '{{manage_url}}' }),
};
export const visit = { ip: '192.0.2.1', userAgent: 'Mozilla/5.0' };

/** Every request from a network of its own, unless the test says otherwise. */
let networks = 0;
export const ask = (kernel: TestKernel, email: string, more: object = {}) =>
  subscribe(
    kernel,
    {
      ...visit,
      ip: `198.51.${Math.floor(++networks / 250) % 250}.${networks % 250}`,
      email,
      componentIds: [],
      ...more,
    },
    mails,
  );

/** Kinds of the mails released so far, oldest first. */
export const sentKinds = async (kernel: TestKernel) =>
  (await kernel.db.read.select().from(notifications).orderBy(notifications.id)).map((n) => n.kind);

export async function subscriberOf(kernel: TestKernel, email = 'jane@example.com') {
  const [row] = await kernel.db.read.select().from(subscribers).where(eq(subscribers.email, email));
  if (!row) throw new Error(`no subscriber ${email}`);
  return row;
}

export async function confirmLink(kernel: TestKernel, email?: string) {
  const row = await subscriberOf(kernel, email);
  return confirmToken(kernel.secretKey, row, row.confirmSentAt ?? kernel.clock.now());
}

export async function joined(email = 'jane@example.com') {
  const kernel = await testKernel();
  await ask(kernel, email);
  await confirm(kernel, await confirmLink(kernel, email), visit);
  return { kernel, row: await subscriberOf(kernel, email) };
}

export const gone = { code: 'gone' };
