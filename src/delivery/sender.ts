// The sender: each lane claims one delivery, sends it, and waits for its mark before the next. What a
// crash can double is therefore what the lanes hold at that moment, and what leaves after an
// unsubscription or a recall likewise. Webhooks have lanes of their own: neither waits for the other.
import type { Config } from '../config.ts';
import type { Kernel } from '../db/kernel.ts';
import {
  claim,
  expandNext,
  expireOverdue,
  hasDue,
  releaseForeign,
  releaseOwn,
  settle,
  sweepNext,
} from '../notifications/outbox.ts';
import type { Claimed, Settlement } from '../notifications/types.ts';
import { minutes, plus, seconds } from '../shared/clock.ts';
import { sha256 } from '../shared/ids.ts';
import { createAlarm } from './alarm.ts';
import { createBreaker } from './breaker.ts';
import { createDispatch } from './dispatch.ts';
import type { MailLane, Mailer, RelayHealth } from './types.ts';
import { createWebhookDispatch, type Outside, type Settled } from './webhooks.ts';

export interface Sender {
  start(): void;
  /** Looks for work now rather than at the next commit or tick. */
  wake(): void;
  /** Stops claiming, lets what is on its way finish within `graceMs`, and gives the rest back. */
  stop(graceMs: number): Promise<void>;
  /** Whether the relay takes mail. */
  relay(): RelayHealth;
}

interface Parts {
  kernel: Kernel;
  config: Pick<Config, 'mailFrom' | 'mailReplyTo' | 'webhookAllow'>;
  mailer: Mailer;
  outside?: Outside;
  /** Names this run in the leases. */
  boot?: string;
  /** From 0 to 1, for the jitter of retries. */
  random?: () => number;
}

/** Longest time between two looks: other processes' releases and due retries come with no signal. */
const tick = seconds(5);
/** Webhooks told at once; each of them gets one thing at a time. */
const webhookLanes = 6;

export function createSender(parts: Parts): Sender {
  const { kernel, mailer } = parts;
  const boot = parts.boot ?? `${process.pid}-${kernel.ids.publicId()}`;
  const random =
    parts.random ?? (() => Number.parseInt(sha256(kernel.ids.secret()).slice(0, 8), 16) / 2 ** 32);
  const alarm = createAlarm();
  const breaker = createBreaker(kernel.clock);
  const { config, outside } = parts;
  const dispatch = createDispatch({ kernel, mailer, breaker, random, config });
  const postTo = createWebhookDispatch({ kernel, config, random, ...(outside && { outside }) });
  const lanes: MailLane[] = [
    'direct',
    ...Array.from({ length: mailer.connections }, () => 'bulk' as const),
  ];
  const life = { stopping: false, abandoned: false };
  let running: Promise<unknown> = Promise.resolve();
  let stopListening: (() => void) | undefined;

  /** Repeats `work` until there is none, then sleeps until the alarm; a fault is logged and tried again. */
  async function loop(work: () => Promise<boolean>): Promise<void> {
    while (!life.stopping) {
      const heard = alarm.count();
      const busy = await work().catch((error: unknown) => {
        kernel.log.error({ err: error }, 'Sending met a fault.');
        return false;
      });
      const patience = breaker.wait() > 0 ? Math.min(tick, breaker.wait()) : tick;
      if (!busy && !life.stopping) await alarm.sleep(heard, patience);
    }
  }

  async function sendNext(lane: MailLane): Promise<boolean> {
    if (breaker.wait() > 0 || !(await hasDue(kernel.db.read, lane, kernel.clock.now())))
      return false;
    if (!breaker.mayTry()) return false;
    const [claimed] = await claim(kernel, boot, lane, 1);
    if (!claimed) return false;
    await mark(claimed, { settlement: await dispatch(claimed).catch(afterFault) });
    return true;
  }

  async function postNext(): Promise<boolean> {
    if (!(await hasDue(kernel.db.read, 'webhook', kernel.clock.now()))) return false;
    const [claimed] = await claim(kernel, boot, 'webhook', 1);
    if (!claimed) return false;
    await mark(
      claimed,
      await postTo(claimed).catch((error: unknown) => ({ settlement: afterFault(error) })),
    );
    return true;
  }

  /** Our own fault, such as a database that cannot be read: nobody is charged for it. */
  function afterFault(error: unknown): Settlement {
    kernel.log.error({ err: error }, 'A claimed delivery met a fault.');
    const nextAt = plus(kernel.clock.now(), minutes(1));
    return { state: 'queued', nextAt, charge: false, code: null, note: null };
  }

  /** Waits as long as it takes: a message that was sent and not marked would be sent again. */
  const mark = (claimed: Claimed, { settlement, also }: Settled) =>
    insist(() => settle(kernel, boot, claimed, settlement, also));

  /** Does a write that must not be left undone, again and again until the database takes it. */
  async function insist(write: () => Promise<unknown>): Promise<void> {
    while (!life.abandoned) {
      try {
        await write();
        return;
      } catch (error) {
        kernel.log.error({ err: error }, 'The database did not take a mark; trying again.');
        await new Promise((resolve) => setTimeout(resolve, seconds(1)));
      }
    }
  }

  /** Makes rows, cancels rows, ends what is too old. Answers whether there is more to do. */
  async function keepBooks(): Promise<boolean> {
    await expireOverdue(kernel);
    const expanded = await expandNext(kernel);
    const swept = await sweepNext(kernel);
    return expanded || swept;
  }

  async function run(): Promise<void> {
    await insist(async () => {
      const freed = await releaseForeign(kernel, boot);
      if (freed > 0) kernel.log.info({ freed }, 'Freed deliveries an earlier run had claimed.');
    });
    const mail = lanes.map((lane) => () => sendNext(lane));
    const posts = Array.from({ length: webhookLanes }, () => postNext);
    await Promise.all([keepBooks, ...mail, ...posts].map(loop));
  }

  return {
    start() {
      stopListening = kernel.db.onCommit(alarm.hint);
      running = run();
    },
    wake: alarm.ring,
    async stop(graceMs) {
      life.stopping = true;
      stopListening?.();
      alarm.ring();
      const finished = await within(running, graceMs);
      mailer.close();
      // Closing fails what was still under way; its lanes note that, and end.
      if (!finished) await within(running, seconds(1));
      life.abandoned = true;
      await releaseOwn(kernel, boot);
    },
    relay: () => dispatch.relay(),
  };
}

/** True when `work` ended within `milliseconds`. */
async function within(work: Promise<unknown>, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds);
  });
  const finished = await Promise.race([work.then(() => true), timeout]);
  clearTimeout(timer);
  return finished;
}
