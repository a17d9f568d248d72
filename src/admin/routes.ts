// The desk's routes. Fixed paths stand before those with parameters.
import type { Route, Site } from '../web/types.ts';
import { accountRoutes } from './accounts.ts';
import { groupRoutes } from './component-groups.ts';
import { componentRoutes } from './components.ts';
import { declareRoutes } from './declare.ts';
import { previewRoutes } from './email-preview.ts';
import { sendingRoutes } from './email-sending.ts';
import { emailRoutes } from './emails.ts';
import { homeRoutes } from './home.ts';
import { incidentRoutes } from './incident.ts';
import { incidentListRoutes } from './incident-list.ts';
import { mailRoutes } from './mail.ts';
import { mailLimitRoutes } from './mail-limits.ts';
import { mailCheckRoutes } from './mail-check.ts';
import { mailboxRoutes } from './mailbox.ts';
import { notificationRoutes } from './notification.ts';
import { pastRoutes } from './past.ts';
import { quarantineRoutes } from './quarantine.ts';
import { maintenanceRoutes } from './maintenance.ts';
import { settingsRoutes } from './settings.ts';
import { setUpRoutes } from './set-up.ts';
import { signInRoutes } from './sign-in.ts';
import { createDeskStream, type DeskStream } from './stream.ts';
import { subscriberRoutes } from './subscribers.ts';
import { tokenRoutes } from './tokens.ts';
import { webhookRoutes } from './webhooks.ts';

/** All routes of the desk. Whoever stops the server stops the `stream` too, else its clients hold it open. */
export const adminRoutes = (site: Site, stream: DeskStream = createDeskStream(site)): Route[] => [
  ...signInRoutes(site),
  ...setUpRoutes(site),
  ...homeRoutes(site),
  {
    method: 'GET',
    path: '/admin/stream',
    surface: 'desk',
    needs: 'read',
    handle: (c) => stream.handle(c),
  },
  ...declareRoutes(site),
  ...pastRoutes(site),
  ...incidentListRoutes(site),
  ...incidentRoutes(site),
  ...emailRoutes(site),
  ...previewRoutes(site),
  ...sendingRoutes(site),
  ...maintenanceRoutes(site),
  ...componentRoutes(site),
  ...groupRoutes(site),
  ...subscriberRoutes(site),
  ...webhookRoutes(site),
  ...settingsRoutes(site),
  ...mailRoutes(site),
  ...mailLimitRoutes(site),
  ...notificationRoutes(site),
  ...quarantineRoutes(site),
  ...mailCheckRoutes(site),
  ...mailboxRoutes(site),
  ...accountRoutes(site),
  ...tokenRoutes(site),
];
