// The one poller of everything that becomes due by time alone: warnings, maintenance, housekeeping, the noted head.
import { forgetEnded } from './accounts/service.ts';
import { tick, tickEvery } from './cadence/service.ts';
import type { Kernel } from './db/kernel.ts';
import { tickMaintenance } from './maintenance/tick.ts';
import { logHead, mailHead } from './record-head.ts';
import { purgeReturns } from './returns/service.ts';
import { hours, minutes, seconds } from './shared/clock.ts';
import { purgePending } from './subscribers/service.ts';
import { purgePendingWebhooks } from './webhooks/service.ts';
import { clockWarningMail } from './templates/mails.ts';

export interface Pulse {
  start(): void;
  /** Lets the round under way finish; none follows. */
  stop(): Promise<void>;
  /** Does a round now, or joins the one under way. */
  beat: () => Promise<void>;
  /** False when no round has ended well for a minute (F-15). */
  isBeating: () => boolean;
}

export function createPulse(kernel: Kernel): Pulse {
  let lastBeat = kernel.clock.monotonic();
  let running: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let lastMinute = Number.NaN;
  let lastHour = Number.NaN;

  async function work(): Promise<void> {
    await tick(kernel, clockWarningMail);
    await tickMaintenance(kernel);
    const now = kernel.clock.now().getTime();
    const [minute, hour] = [Math.floor(now / minutes(1)), Math.floor(now / hours(1))];
    if (minute !== lastMinute) await keepHouse(kernel);
    if (hour !== lastHour) await logHead(kernel);
    [lastMinute, lastHour] = [minute, hour];
    lastBeat = kernel.clock.monotonic();
  }

  /** One round at a time; a fault is logged and the next round tries again. */
  function beat(): Promise<void> {
    running ??= work()
      .catch((error: unknown) => kernel.log.error({ err: error }, 'A round of the timers failed.'))
      .finally(() => (running = undefined));
    return running;
  }

  return {
    beat,
    start() {
      void beat();
      timer = setInterval(() => void beat(), tickEvery);
    },
    async stop() {
      clearInterval(timer);
      await running;
    },
    isBeating: () => kernel.clock.monotonic() - lastBeat < seconds(60),
  };
}

async function keepHouse(kernel: Kernel): Promise<void> {
  await purgePending(kernel);
  await purgePendingWebhooks(kernel);
  await forgetEnded(kernel);
  await purgeReturns(kernel);
  await mailHead(kernel);
}
