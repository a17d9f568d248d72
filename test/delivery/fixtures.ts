// A house with subscribers, a relay that can misbehave, and a sender between them.
import { setTimeout as sleep } from 'node:timers/promises';
import { readRelay } from '../../src/config/relays.ts';
import { createComposer } from '../../src/delivery/compose.ts';
import { readRelayStates } from '../../src/delivery/relay-store.ts';
import { createSender } from '../../src/delivery/sender.ts';
import { createSmtpMailer } from '../../src/delivery/smtp.ts';
import { progress } from '../../src/notifications/service.ts';
import { addSubscribers, attemptsOf, makeIncident } from '../notifications/fixtures.ts';
import { onEnd, type TestKernel, testKernel } from '../support/kernel.ts';
import { smtpReceiver } from '../support/smtp.ts';

const config = {
  mailFrom: { name: 'Acme Status', address: 'status@acme.test' },
  mailReplyTo: undefined,
  bounceDomain: undefined,
  mailEvents: {
    generic: undefined,
    sesTopic: undefined,
    mailgunKey: undefined,
    postmarkLogin: undefined,
    sendgridKey: undefined,
  },
  webhookAllow: [],
};

/** A mailer to a relay's `smtp://` address. */
export function mailerTo(url: string, options = 'maxConnections=5') {
  const relay = readRelay(`${url}?${options}`, (fault) => {
    throw new Error(fault);
  });
  if (!relay) throw new Error('no relay');
  return createSmtpMailer(relay);
}

export const composerOf = (kernel: TestKernel) =>
  createComposer({ config, publicUrl: kernel.publicUrl, secretKey: kernel.secretKey });

/** Whether the sender last wrote that its relays are up. */
export const isUp = async (kernel: TestKernel) =>
  (await readRelayStates(kernel.db.read)).every((state) => state.isUp);

export async function house(...names: string[]) {
  const kernel = await testKernel();
  const receiver = await smtpReceiver();
  await addSubscribers(kernel, ...names.map((name) => `${name}@example.com`));
  const incident = await makeIncident(kernel);
  const open = (options?: string) => {
    const mailers = [mailerTo(receiver.url, options)];
    const composer = composerOf(kernel);
    const sender = createSender({ kernel, config, mailers, composer, random: () => 0.5 });
    onEnd(() => void sender.stop(0).catch(() => {}));
    return sender;
  };
  return { kernel, receiver, incident, open };
}

/** Something to wait for, and how to let it go. */
export function gate() {
  const letGo: (() => void)[] = [];
  const held = new Promise<void>((resolve) => void letGo.push(resolve));
  return { held, letGo: () => letGo.forEach((go) => go()) };
}

/** Waits until `check` holds; the sender itself wakes on commits. */
export async function until(check: () => Promise<boolean> | boolean, what: string): Promise<void> {
  for (let tries = 0; tries < 400; tries += 1) {
    if (await check()) return;
    await sleep(20);
  }
  throw new Error(`Waited in vain until ${what}.`);
}

export const settled = (kernel: TestKernel, id: number) =>
  until(
    async () => ['sent', 'cancelled'].includes((await progress(kernel.db.read, id)).state),
    'it is finished',
  );

export const attempted = (kernel: TestKernel, id: number, times: number) =>
  until(async () => (await attemptsOf(kernel, id)).length >= times, `${times} attempts`);
