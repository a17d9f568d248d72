// Puts the rooms together into one running application: surfaces, snapshot, sender, timers.
import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import { forgetEnded } from './accounts/service.ts';
import { adminRoutes } from './admin/routes.ts';
import { apiRoutes } from './api/routes.ts';
import { tick, tickEvery } from './cadence/service.ts';
import type { Config } from './config.ts';
import type { Kernel } from './db/kernel.ts';
import type { Mailer } from './delivery/mailers.ts';
import { createMailer } from './delivery/mailers.ts';
import { createSender } from './delivery/sender.ts';
import { currentHead } from './events/service.ts';
import { publicRoutes } from './public/routes.ts';
import { minutes, seconds } from './shared/clock.ts';
import { createSnapshotSource } from './status/service.ts';
import type { PublicPage } from './status/types.ts';
import { purgePending } from './subscribers/service.ts';
import { clockWarningMail, confirmationMail } from './templates/mails.ts';
import { healthRoutes } from './health.ts';
import { assetRoutes } from './web/assets.ts';
import { createWeb } from './web/serve.ts';
import type { Route, Site } from './web/types.ts';

export interface App {
  server: Server;
  routes: Route[];
  /** Answers a request in-process. */
  fetch(request: Request): Promise<Response>;
  /** Starts the sender and the timers. */
  start(): void;
  /** Does now what the timers do: warnings, housekeeping. */
  tick(): Promise<void>;
  /** Finishes what is in flight, within `graceful` milliseconds for requests. */
  stop(): Promise<void>;
}

const requestGrace = seconds(10);
const sendingGrace = seconds(15);

/** Builds the application on an open house. `mailer` stands in for the configured one. */
export async function createApp(config: Config, kernel: Kernel, mailer?: Mailer): Promise<App> {
  const snapshots = await createSnapshotSource(kernel);
  const sender = createSender({ kernel, config, mailer: mailer ?? createMailer(config, kernel) });
  const site: Site = { kernel, config, snapshots };
  const pulse = createPulse(kernel);
  const routes = [
    ...publicRoutes(site),
    ...adminRoutes(site),
    ...apiRoutes(site),
    ...assetRoutes,
    ...healthRoutes(kernel, pulse.isBeating),
  ];
  const web = createWeb(site, routes);
  const server = createAdaptorServer({
    fetch: web.fetch,
    serverOptions: {
      headersTimeout: seconds(10),
      requestTimeout: seconds(20),
      connectionsCheckingInterval: seconds(2),
    },
  }) as Server;

  return {
    server,
    routes,
    fetch: async (request) => web.fetch(request),
    start() {
      warmUp(kernel, snapshots.current().page);
      sender.start();
      pulse.start();
    },
    tick: pulse.beat,
    async stop() {
      pulse.stop();
      await Promise.all([closeServer(server), sender.stop(sendingGrace)]);
      snapshots.stop();
    },
  };
}

/** Loads the email compiler in its thread now, so that the first incident does not wait for it. */
function warmUp(kernel: Kernel, page: PublicPage): void {
  confirmationMail(page).catch((error: unknown) =>
    kernel.log.warn({ err: error }, 'The email compiler could not be warmed up.'),
  );
}

/** The one poller of everything that becomes due by time alone. */
function createPulse(kernel: Kernel) {
  let lastBeat = kernel.clock.monotonic();
  let running: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let minuteOfHousekeeping = -1;

  async function work(): Promise<void> {
    await tick(kernel, clockWarningMail);
    const minute = Math.floor(kernel.clock.now().getTime() / minutes(1));
    if (minute !== minuteOfHousekeeping) {
      minuteOfHousekeeping = minute;
      await purgePending(kernel);
      await forgetEnded(kernel);
      if (minute % 60 === 0)
        kernel.log.info(await currentHead(kernel.db.read), 'Head of the record');
    }
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
    stop() {
      clearInterval(timer);
    },
    /** False when no round has ended well for a minute (F-15). */
    isBeating: () => kernel.clock.monotonic() - lastBeat < seconds(60),
  };
}

/** Stops listening, lets requests finish, then cuts what is left. */
async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // Kept-alive connections end as soon as their last answer is out.
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  const cut = setTimeout(() => server.closeAllConnections(), requestGrace);
  await closed;
  clearInterval(sweep);
  clearTimeout(cut);
}
