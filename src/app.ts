// Puts the rooms together into one running application: surfaces, snapshot, sender, timers.
import type { Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { createAnnouncer } from './announcer.ts';
import { adminRoutes } from './admin/routes.ts';
import { createDeskStream } from './admin/stream.ts';
import { apiRoutes } from './api/routes.ts';
import type { Config } from './config.ts';
import type { Kernel } from './db/kernel.ts';
import type { Sender } from './delivery/sender.ts';
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

/** What may be there already: a front that serves, and a sender in a process of its own. */
interface Built {
  front: Front;
  sender: Sender & { isOpen: () => boolean };
}

/** Builds the application on an open house; what was not built yet runs in this process. */
export async function createApp(config: Config, kernel: Kernel, built?: Built): Promise<App> {
  const front = built?.front ?? (await createFront(kernel));
  const sender = built?.sender ?? (await senderHere(config, kernel));
  const { snapshots, bytes, server } = front;
  const cards = createCardSource(kernel, snapshots);
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
    ...healthRoutes(kernel, { timers: pulse.isBeating, sender: sender.isOpen }),
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

/** Loaded only where it is needed: the serving process leaves it to another. */
async function senderHere(config: Config, kernel: Kernel): Promise<Built['sender']> {
  const { openMailRoom } = await import('./mail-room.ts');
  return { ...(await openMailRoom(config, kernel)), isOpen: () => true };
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
