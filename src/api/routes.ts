// The management API's routes, in Statuspage's v1 paths; a `.json` suffix is optional everywhere.
import type { Capability } from '../accounts/rules.ts';
import type { Method, Route, Site } from '../web/types.ts';
import {
  addGroup,
  changeGroupFields,
  listGroups,
  removeGroup,
  showGroup,
} from './component-groups.ts';
import {
  changeComponentFields,
  createComponent,
  listComponents,
  removeComponent,
  showComponent,
} from './components.ts';
import { correctIncidentUpdate } from './corrections.ts';
import { listUnresolved } from './incidents.ts';
import {
  changeEither,
  createEither,
  listActive,
  listScheduled,
  listUpcoming,
  removeEither,
  showEither,
} from './maintenance.ts';
import { mailEventRoutes } from './mail-events.ts';
import { listBoth } from './mixed-list.ts';
import { managementApi, type Request } from './page.ts';
import {
  changeSubscriber,
  countThem,
  createSubscriber,
  reactivateMany,
  removeSubscriber,
  resendMany,
  resendOne,
  showHistogram,
  showSubscriber,
  showSubscribers,
  showUnsubscribed,
  unsubscribeMany,
} from './subscribers.ts';

const bodyLimit = 64 * 1024;

type Work = (request: Request) => Promise<Response>;
type Row = [Method, path: string, Capability, Work];

// Words such as `unresolved` stand before `:id`, which would match them.
const rows: Row[] = [
  ['GET', '/incidents', 'read', listBoth],
  ['POST', '/incidents', 'speak', createEither],
  ['GET', '/incidents/unresolved', 'read', listUnresolved],
  ['GET', '/incidents/active_maintenance', 'read', listActive],
  ['GET', '/incidents/scheduled', 'read', listScheduled],
  ['GET', '/incidents/upcoming', 'read', listUpcoming],
  ['GET', '/incidents/:id', 'read', showEither],
  ['PATCH', '/incidents/:id', 'speak', changeEither],
  ['PUT', '/incidents/:id', 'speak', changeEither],
  ['DELETE', '/incidents/:id', 'speak', removeEither],
  ['PATCH', '/incidents/:id/incident_updates/:update', 'speak', correctIncidentUpdate],
  ['PUT', '/incidents/:id/incident_updates/:update', 'speak', correctIncidentUpdate],
  ['GET', '/components', 'read', listComponents],
  ['POST', '/components', 'configure', createComponent],
  ['GET', '/components/:id', 'read', showComponent],
  ['PATCH', '/components/:id', 'speak', changeComponentFields],
  ['PUT', '/components/:id', 'speak', changeComponentFields],
  ['DELETE', '/components/:id', 'configure', removeComponent],
  ['GET', '/component-groups', 'read', listGroups],
  ['POST', '/component-groups', 'configure', addGroup],
  ['GET', '/component-groups/:id', 'read', showGroup],
  ['PATCH', '/component-groups/:id', 'configure', changeGroupFields],
  ['PUT', '/component-groups/:id', 'configure', changeGroupFields],
  ['DELETE', '/component-groups/:id', 'configure', removeGroup],
  ['GET', '/subscribers', 'configure', showSubscribers],
  ['POST', '/subscribers', 'configure', createSubscriber],
  ['GET', '/subscribers/count', 'configure', countThem],
  ['GET', '/subscribers/histogram_by_state', 'configure', showHistogram],
  ['GET', '/subscribers/unsubscribed', 'configure', showUnsubscribed],
  ['POST', '/subscribers/unsubscribe', 'configure', unsubscribeMany],
  ['POST', '/subscribers/reactivate', 'configure', reactivateMany],
  ['POST', '/subscribers/resend_confirmation', 'configure', resendMany],
  ['POST', '/subscribers/:id/resend_confirmation', 'configure', resendOne],
  ['GET', '/subscribers/:id', 'configure', showSubscriber],
  ['PATCH', '/subscribers/:id', 'configure', changeSubscriber],
  ['DELETE', '/subscribers/:id', 'configure', removeSubscriber],
];

/** All routes below `/v1`, and where mail providers report. */
export function apiRoutes(site: Site): Route[] {
  const handler = managementApi(site);
  const managed = rows.flatMap(([method, path, needs, work]) => {
    const route = (suffix: string): Route => ({
      method,
      path: `/v1/pages/:page_id${path}${suffix}`,
      surface: 'api',
      needs,
      limit: bodyLimit,
      handle: handler(work),
    });
    // A parameter takes the suffix along; its reader drops it.
    return /\/:\w+$/.test(path) ? [route('')] : [route(''), route('.json')];
  });
  return [...managed, ...mailEventRoutes(site)];
}
