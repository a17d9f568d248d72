// A made-up Statuspage: a page with groups, incidents and maintenance, as its public API and its
// management API would tell it.
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { onEnd } from '../support/kernel.ts';

export const pageId = 'pgbrtlywst0x';
export const page = {
  id: pageId,
  name: 'Northwind',
  url: 'https://status.northwind.example',
  time_zone: 'Europe/Amsterdam',
  updated_at: '2026-11-20T12:00:00.000+01:00',
};

const component = (id: string, name: string, more: object = {}) => ({
  id,
  name,
  status: 'operational',
  created_at: '2024-03-01T09:00:00.000+01:00',
  updated_at: '2026-11-01T09:00:00.000+01:00',
  position: 1,
  description: null,
  showcase: true,
  start_date: '2024-03-01',
  group_id: null,
  page_id: pageId,
  group: false,
  only_show_if_degraded: false,
  ...more,
});

export const ids = {
  shop: 'bhp1shpcmpnt',
  api: 'bhp2pcmpnnt0',
  group: 'bhp3grpcmpnt',
  lone: 'bhp4lncmpnt0',
};

export const components = [
  component(ids.group, 'Storefront', {
    group: true,
    position: 1,
    components: [ids.shop, ids.api],
    description: 'Everything that sells',
  }),
  component(ids.shop, 'Shop', { group_id: ids.group, status: 'partial_outage' }),
  component(ids.api, 'Shop API', { group_id: ids.group, position: 2 }),
  component(ids.lone, 'Warehouse', { position: 2, only_show_if_degraded: true }),
];

const affected = (code: string, name: string, before: string, after: string) => ({
  code,
  name,
  old_status: before,
  new_status: after,
});

const update = (
  incident: string,
  id: string,
  status: string,
  at: string,
  body: string,
  changes: ReturnType<typeof affected>[] | null = null,
) => ({
  id,
  status,
  body,
  incident_id: incident,
  created_at: at,
  updated_at: at,
  display_at: at,
  affected_components: changes,
  deliver_notifications: true,
  custom_tweet: null,
  tweet_id: null,
});

const closedId = 'nc1clsdncdnt';
export const closed = {
  id: closedId,
  name: 'Orders were slow',
  status: 'resolved',
  created_at: '2026-11-10T10:00:00.010+01:00',
  updated_at: '2026-11-10T11:30:00.020+01:00',
  monitoring_at: '2026-11-10T11:00:00.000+01:00',
  resolved_at: '2026-11-10T11:30:00.000+01:00',
  impact: 'minor',
  shortlink: 'https://stspg.io/zzzz00000000',
  started_at: '2026-11-10T10:00:00.004+01:00',
  page_id: pageId,
  incident_updates: [
    update(closedId, 'pd1rslvdbcdf', 'resolved', '2026-11-10T11:30:00.000+01:00', 'All well.', [
      affected(ids.shop, 'Shop', 'degraded_performance', 'operational'),
    ]),
    update(closedId, 'pd2mntrngbcd', 'monitoring', '2026-11-10T11:00:00.000+01:00', 'Watching.'),
    update(
      closedId,
      'pd3nvstgtngb',
      'investigating',
      '2026-11-10T10:00:00.010+01:00',
      'Orders take <b>minutes</b>.<br /><br />See <a href="https://northwind.example/help">help</a>.<script>alert(1)</script>',
      [affected(ids.shop, 'Shop', 'operational', 'degraded_performance')],
    ),
  ],
  components: [{ ...components[1], status: 'operational' }],
  reminder_intervals: null,
};

const openId = 'nc2pnncdnt00';
export const open = {
  ...closed,
  id: openId,
  name: 'Shop is failing',
  status: 'identified',
  impact: 'major',
  created_at: '2026-11-22T13:00:00.000+01:00',
  started_at: '2026-11-22T12:55:00.000+01:00',
  updated_at: '2026-11-22T13:20:00.000+01:00',
  monitoring_at: null,
  resolved_at: null,
  incident_updates: [
    update(openId, 'pd4dntfdbcdf', 'identified', '2026-11-22T13:20:00.000+01:00', 'Found it.', [
      affected(ids.shop, 'Shop', 'major_outage', 'partial_outage'),
    ]),
    update(openId, 'pd5nvstgtngb', 'investigating', '2026-11-22T13:00:00.000+01:00', 'It fails.', [
      affected(ids.shop, 'Shop', 'operational', 'major_outage'),
    ]),
  ],
  components: [components[1]],
};

const heldId = 'mnt1hldbcdfg';
export const held = {
  ...closed,
  id: heldId,
  name: 'Database upgrade',
  status: 'completed',
  impact: 'maintenance',
  created_at: '2026-11-01T10:00:00.000+01:00',
  started_at: '2026-11-01T10:00:00.000+01:00',
  updated_at: '2026-11-05T03:00:00.000+01:00',
  monitoring_at: null,
  resolved_at: '2026-11-05T03:00:00.000+01:00',
  scheduled_for: '2026-11-05T02:00:00.000+01:00',
  scheduled_until: '2026-11-05T04:00:00.000+01:00',
  incident_updates: [
    update(heldId, 'pd6cmpltdbcd', 'completed', '2026-11-05T03:00:00.000+01:00', 'Done.', [
      affected(ids.api, 'Shop API', 'under_maintenance', 'operational'),
    ]),
    update(heldId, 'pd7nprgrsbcd', 'in_progress', '2026-11-05T02:00:00.000+01:00', 'Started.', [
      affected(ids.api, 'Shop API', 'operational', 'under_maintenance'),
    ]),
    // Some announce what the component is going to show: it does not show it yet.
    update(heldId, 'pd8schdldbcd', 'scheduled', '2026-11-01T10:00:00.000+01:00', 'We upgrade.', [
      affected(ids.api, 'Shop API', 'operational', 'under_maintenance'),
    ]),
  ],
  components: [components[2]],
};

export const upcoming = {
  ...held,
  id: 'mnt2pcmngbcd',
  name: 'Move to a new rack',
  status: 'scheduled',
  resolved_at: null,
  updated_at: '2026-11-20T10:00:00.000+01:00',
  scheduled_for: '2026-12-01T02:00:00.000+01:00',
  scheduled_until: '2026-12-01T04:00:00.000+01:00',
  incident_updates: [
    update('mnt2pcmngbcd', 'pd9schdldbcd', 'scheduled', '2026-11-20T10:00:00.000+01:00', 'A move.'),
  ],
};

export type Documents = Record<string, unknown>;

/** The public API's documents by path. */
export const publicDocuments = (): Documents => ({
  '/api/v2/summary.json': {
    page,
    components,
    incidents: [open],
    scheduled_maintenances: [upcoming],
    status: { indicator: 'minor', description: 'Minor Service Outage' },
  },
  '/api/v2/components.json': { page, components },
  '/api/v2/incidents.json': { page, incidents: [open, closed] },
  '/api/v2/scheduled-maintenances.json': { page, scheduled_maintenances: [upcoming, held] },
});

interface Asked {
  path: string;
  authorization: string | undefined;
}

export interface FakeStatuspage {
  url: string;
  asked: Asked[];
  documents: Documents;
}

/** Serves documents by path (`?page=` and all); a function answers for itself. */
export async function serveDocuments(documents: Documents): Promise<FakeStatuspage> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    asked.push({ path, authorization: request.headers.authorization });
    const found = documents[path] ?? documents[path.split('?')[0] ?? ''];
    if (typeof found === 'function') {
      (found as (answer: typeof response, path: string) => void)(response, path);
    } else if (found === undefined) {
      response.writeHead(404, { 'Content-Type': 'text/html' }).end('<html>Not here</html>');
    } else {
      response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(found));
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, asked, documents };
}
