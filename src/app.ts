// Puts the rooms together into one running application: surfaces, snapshot, sender, timers.
import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import { adminRoutes } from './admin/routes.ts';
import { createDeskStream } from './admin/stream.ts';
import { apiRoutes } from './api/routes.ts';
import type { Config } from './config.ts';
import type { Kernel } from './db/kernel.ts';
import { createMailer } from './delivery/mailers.ts';
import { createSender } from './delivery/sender.ts';
import { healthRoutes } from './health.ts';
import { publicRoutes } from './public/routes.ts';
import { createPulse } from './pulse.ts';
import { seconds } from './shared/clock.ts';
import { createSnapshotSource } from './status/service.ts';
import type { PublicPage } from './status/types.ts';
import { confirmationMail } from './templates/mails.ts';
import { assetRoutes } from './web/assets.ts';
import { createWeb } from './web/serve.ts';
import type { Route, Site } from './web/types.ts';

export interface App {
  server: Server;
  routes: Route[];
  /** Starts the sender and the timers. */
  start(): void;
  /** Does now what the timers do: warnings, housekeeping. */
  tick(): Promise<void>;
  /** Finishes what is in flight: requests within 10 s, mail within 15 s. */
  stop(): Promise<void>;
}

const requestGrace = seconds(10);
const sendingGrace = seconds(15);

/** Builds the application on an open house. */
export async function createApp(config: Config, kernel: Kernel): Promise<App> {
  const snapshots = await createSnapshotSource(kernel);
  const sender = createSender({ kernel, config, mailer: createMailer(config, kernel) });
  const site: Site = { kernel, config, snapshots };
  const pulse = createPulse(kernel);
  const deskStream = createDeskStream(site);
  const routes = [
    ...publicRoutes(site),
    ...adminRoutes(site, deskStream),
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
    start() {
      warmUp(kernel, snapshots.current().page);
      sender.start();
      pulse.start();
    },
    tick: pulse.beat,
    async stop() {
      deskStream.stop();
      await Promise.all([pulse.stop(), closeServer(server), sender.stop(sendingGrace)]);
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
