// Puts the rooms together into one running application: surfaces, snapshot, sender, timers.
import type { Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { createAnnouncer } from './announcer.ts';
import { adminRoutes } from './admin/routes.ts';
import { createDeskStream } from './admin/stream.ts';
import { apiRoutes } from './api/routes.ts';
import type { Config } from './config.ts';
import type { Kernel } from './db/kernel.ts';
import { createMailer } from './delivery/mailers.ts';
import { createSender } from './delivery/sender.ts';
import { createFront, type Front } from './front.ts';
import { healthRoutes } from './health.ts';
import { cardRoutes, createCardSource } from './public/card-source.ts';
import { publicRoutes } from './public/routes.ts';
import { createPulse } from './pulse.ts';
import { seconds } from './shared/clock.ts';
import { exportAfterPublish } from './site-export/after-publish.ts';
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

/** Builds the application on an open house, behind a front that may be serving already. */
export async function createApp(config: Config, kernel: Kernel, built?: Front): Promise<App> {
  const front = built ?? (await createFront(kernel));
  const { snapshots, bytes, server } = front;
  const cards = createCardSource(kernel, snapshots);
  const sender = createSender({ kernel, config, mailer: createMailer(config, kernel) });
  const site: Site = { kernel, config, snapshots };
  const pulse = createPulse(kernel);
  const announcer = createAnnouncer(kernel, snapshots);
  const deskStream = createDeskStream(site);
  let stopExporting: (() => void) | undefined;
  const routes = [
    ...publicRoutes(site, bytes),
    ...cardRoutes(kernel, cards),
    ...adminRoutes(site, deskStream),
    ...apiRoutes(site),
    ...assetRoutes,
    ...healthRoutes(kernel, pulse.isBeating),
  ];
  front.routeTo(getRequestListener(createWeb(site, routes, front.hits).fetch));

  return {
    server,
    routes,
    start() {
      warmUp(kernel, snapshots.current().page);
      sender.start();
      pulse.start();
      announcer.start();
      cards.start();
      if (config.siteExportDir !== undefined) {
        stopExporting = exportAfterPublish(config.siteExportDir, snapshots, kernel.log);
      }
    },
    tick: pulse.beat,
    async stop() {
      stopExporting?.();
      deskStream.stop();
      await announcer.stop();
      await Promise.all([pulse.stop(), closeServer(server), sender.stop(sendingGrace)]);
      cards.stop();
      front.stop();
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
