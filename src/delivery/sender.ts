// The sender: lanes take the next claimed delivery, send it, and wait for its mark before the next. What a
// crash can double is therefore what the lanes hold at that moment, and what leaves after an
// unsubscription or a recall likewise. Webhooks have lanes of their own: neither waits for the other.
import type { Config } from '../config.ts';
import { mostConnections } from '../config/relays.ts';
import type { Kernel } from '../db/kernel.ts';
import {
  claim,
  expandNext,
  expireOverdue,
  hasDue,
  releaseForeign,
  releaseOwn,
  sweepNext,
} from '../notifications/outbox.ts';
import { seconds } from '../shared/clock.ts';
import { sha256 } from '../shared/ids.ts';
import { createAlarm } from './alarm.ts';
import type { Composer } from './compose.ts';
import { createDispatch } from './dispatch.ts';
import { afterFault, createLanes, tick } from './lanes.ts';
import { createMarks } from './marks.ts';
import { applyLimits, createReport, openRelays, type Relay } from './relays.ts';
import { createSupply, type Supply } from './supply.ts';
import type { Line, Mailer } from './types.ts';
import { addUsage } from './usage-store.ts';
import { createWebhookDispatch, type Outside } from './webhooks.ts';

export interface Sender {
  start(): void;
  /** Looks for work now rather than at the next commit or tick. */
  wake: () => void;
  /** Stops claiming, lets what is on its way finish within `graceMs`, and gives the rest back. */
  stop(graceMs: number): Promise<void>;
}

interface Parts {
  kernel: Kernel;
  config: Pick<Config, 'webhookAllow'>;
  mailers: readonly Mailer[];
  composer: Composer;
  outside?: Outside;
  /** Whether this process's own commits bring work. In a process of its own they are all the sender's. */
  hearsCommits?: boolean;
  /** Names this run in the leases. */
  boot?: string;
  /** From 0 to 1, for the jitter of retries. */
  random?: () => number;
}

/** Milliseconds between two chunks of rows: whoever publishes meanwhile gets the database in between. */
const breath = 8;
/** Webhooks told at once; each of them gets one thing at a time. */
const webhookLanes = 6;
/** Direct mail claimed at once, at first and when it is slow: a warning never stands behind others of its kind for long. */
const directAhead = 1;

export function createSender(parts: Parts): Sender {
  const { kernel, mailers, config, outside, composer } = parts;
  const boot = parts.boot ?? `${process.pid}-${kernel.ids.publicId()}`;
  const random =
    parts.random ?? (() => Number.parseInt(sha256(kernel.ids.secret()).slice(0, 8), 16) / 2 ** 32);
  const alarm = createAlarm();
  const dispatch = createDispatch({ kernel, composer, random });
  const postTo = createWebhookDispatch({ kernel, config, random, ...(outside && { outside }) });
  const report = createReport(kernel);
  const lines: Line[] = [];
  const life = { stopping: false };
  let relays: Relay[] = [];
  const marks = createMarks(kernel, boot, () => {
    const usage = relays.flatMap(({ limiter }) => limiter.drainUsage());
    return (tx) => addUsage(tx, usage);
  });
  const sendNext = createLanes({
    kernel,
    alarm,
    marks,
    dispatch,
    relays: () => relays,
    isStopping: () => life.stopping,
  });
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
      if (!busy && !life.stopping) await alarm.sleep(heard, tick);
    }
  }

  async function postNext(): Promise<boolean> {
    if (!(await hasDue(kernel.db.read, 'webhook', kernel.clock.now()))) return false;
    const [claimed] = await claim(kernel, boot, 'webhook', 1);
    if (!claimed) return false;
    const settled = await postTo(claimed).catch((error: unknown) =>
      afterFault(kernel, claimed, error),
    );
    await marks.settle({ ...settled, claimed });
    // What stood behind it may go now.
    alarm.hint();
    return true;
  }

  /** Makes rows, cancels rows, ends what is too old, tells how the relays are. Answers whether there is more. */
  async function keepBooks(): Promise<boolean> {
    await applyLimits(kernel, relays);
    await report(relays);
    await expireOverdue(kernel);
    const expanded = await expandNext(kernel);
    const swept = await sweepNext(kernel);
    if (expanded) alarm.hint();
    if (expanded || swept) await new Promise((resolve) => setTimeout(resolve, breath));
    return expanded || swept;
  }

  function lanesOf(relay: Relay, bulk: Supply, direct: Supply): (() => Promise<boolean>)[] {
    const open = () => {
      const line = relay.mailer.openLine();
      lines.push(line);
      return line;
    };
    const directLine = open();
    const bulkLines = Array.from({ length: mostConnections }, open);
    return [
      () => sendNext(relay, directLine, direct),
      ...bulkLines.map((line, index) => async () => {
        if (index >= relay.mailer.connections) return false;
        return sendNext(relay, line, bulk);
      }),
    ];
  }

  async function run(): Promise<void> {
    const freed = await freeClaims();
    relays = await openRelays(kernel, mailers, freed);
    await applyLimits(kernel, relays);
    const connections = mailers.reduce((sum, mailer) => sum + mailer.connections, 0);
    const bulk = createSupply(kernel, boot, 'bulk', connections);
    const direct = createSupply(kernel, boot, 'direct', directAhead);
    const mail = relays.flatMap((relay) => lanesOf(relay, bulk, direct));
    const posts = Array.from({ length: webhookLanes }, () => postNext);
    await Promise.all([keepBooks, ...mail, ...posts].map(loop));
  }

  /** Frees what an earlier run had claimed when it ended; answers how many that was. */
  async function freeClaims(): Promise<number> {
    for (;;) {
      try {
        const freed = await releaseForeign(kernel, boot);
        if (freed > 0) kernel.log.info({ freed }, 'Freed deliveries an earlier run had claimed.');
        return freed;
      } catch (error) {
        if (life.stopping) throw error;
        kernel.log.error({ err: error }, 'The database is not ready for sending; trying again.');
        await new Promise((resolve) => setTimeout(resolve, seconds(1)));
      }
    }
  }

  return {
    start() {
      if (parts.hearsCommits ?? true) stopListening = kernel.db.onCommit(alarm.hint);
      running = run();
    },
    wake: alarm.ring,
    async stop(graceMs) {
      life.stopping = true;
      stopListening?.();
      alarm.ring();
      const finished = await within(running, graceMs);
      for (const line of lines) line.close();
      // Closing fails what was still under way; its lanes note that, and end.
      if (!finished) await within(running, seconds(1));
      marks.abandon();
      await releaseOwn(kernel, boot);
    },
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
