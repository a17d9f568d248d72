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
  type Mark,
  releaseForeign,
  releaseOwn,
  sweepNext,
} from '../notifications/outbox.ts';
import type { Claimed } from '../notifications/types.ts';
import { minutes, plus, seconds } from '../shared/clock.ts';
import { sha256 } from '../shared/ids.ts';
import { createAlarm } from './alarm.ts';
import type { Composer } from './compose.ts';
import { createDispatch, domainOf } from './dispatch.ts';
import { createMarks } from './marks.ts';
import { applyLimits, createReport, evenOut, openRelays, type Relay, waitOf } from './relays.ts';
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

/** Longest time between two looks: other processes' releases and due retries come with no signal. */
const tick = seconds(5);
/** Milliseconds between two chunks of rows: whoever publishes meanwhile gets the database in between. */
const breath = 8;
/** Milliseconds that bulk mail stands aside while direct mail waits for the next place that a limit leaves. */
const turn = 20;
/** Claimed deliveries are not kept waiting longer. */
const tooLong = seconds(2);
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

  /** Sends the next delivery of a lane; false when there is none. */
  async function sendNext(relay: Relay, line: Line, supply: Supply): Promise<boolean> {
    const isDirect = supply.lane === 'direct';
    if (!isDirect && relay.directWaits) return rest(turn);
    const wait = waitOf(relay, relays);
    if (wait > 0) {
      if (isDirect) relay.directWaits = await supply.hasSome();
      if (relays.every((one) => waitOf(one, relays) >= tooLong)) await letGo(supply);
      return rest(wait);
    }
    const claimed = await supply.take();
    if (!claimed) {
      if (isDirect) relay.directWaits = false;
      else evenOut(relays);
      return false;
    }
    if (life.stopping) return false;
    const held = relay.limiter.begin(domainOf(claimed));
    if (held > 0 && relay.limiter.wait() > 0) {
      supply.putBack(claimed);
      return rest(held);
    }
    if (held > 0) {
      // Its domain has had enough for now: others go first.
      const nextAt = plus(kernel.clock.now(), held);
      await marks.settle({ claimed, settlement: notYet(claimed, nextAt) });
      return true;
    }
    if (!relay.breaker.mayTry()) {
      relay.limiter.ended(domainOf(claimed));
      supply.putBack(claimed);
      return rest(relay.breaker.wait());
    }
    relay.taken += 1;
    if (isDirect) relay.directWaits = false;
    const mark = await dispatch(relay, line, claimed).catch((error: unknown) => {
      relay.limiter.ended(domainOf(claimed));
      return afterFault(claimed, error);
    });
    await marks.settle(elsewhere(relay, mark));
    return true;
  }

  /** What one relay could not take need not wait while another is up. */
  function elsewhere(relay: Relay, mark: Mark): Mark {
    const { settlement } = mark;
    const isTheRelays = settlement.state === 'queued' && !settlement.charge && !relay.isUp;
    if (!isTheRelays || !relays.some(({ isUp }) => isUp)) return mark;
    return { ...mark, settlement: { ...settlement, nextAt: kernel.clock.now() } };
  }

  /** What cannot be sent for a while is nobody's in particular: it may be taken back, or stand aside. */
  async function letGo(supply: Supply): Promise<void> {
    const nextAt = kernel.clock.now();
    const held = supply.empty();
    await Promise.all(
      held.map((claimed) => marks.settle({ claimed, settlement: notYet(claimed, nextAt) })),
    );
  }

  /** Waits for a relay, though never so long that an end or a new limit is not noticed. */
  async function rest(milliseconds: number): Promise<boolean> {
    const heard = alarm.count();
    const wait = Math.min(Math.max(milliseconds, 1), tick);
    if (!life.stopping) await alarm.sleep(heard, wait);
    return true;
  }

  async function postNext(): Promise<boolean> {
    if (!(await hasDue(kernel.db.read, 'webhook', kernel.clock.now()))) return false;
    const [claimed] = await claim(kernel, boot, 'webhook', 1);
    if (!claimed) return false;
    const settled = await postTo(claimed).catch((error: unknown) => afterFault(claimed, error));
    await marks.settle({ ...settled, claimed });
    // What stood behind it may go now.
    alarm.hint();
    return true;
  }

  /** Our own fault, such as a database that cannot be read: nobody is charged for it. */
  function afterFault(claimed: Claimed, error: unknown): Mark {
    kernel.log.error({ err: error }, 'A claimed delivery met a fault.');
    return { claimed, settlement: notYet(claimed, plus(kernel.clock.now(), minutes(1))) };
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

const notYet = (claimed: Claimed, nextAt: Date): Mark['settlement'] => ({
  state: 'queued',
  nextAt,
  charge: false,
  code: claimed.code,
  note: null,
});

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
