// The management API's routes, in Statuspage's v1 paths; a `.json` suffix is optional everywhere.
import type { Capability } from '../accounts/rules.ts';
import type { Method, Route, Site } from '../web/types.ts';
import {
  changeComponentFields,
  createComponent,
  listComponents,
  removeComponent,
  showComponent,
} from './components.ts';
import {
  changeIncident,
  createIncident,
  listIncidents,
  listUnresolved,
  refuseDeletion,
  showIncident,
} from './incidents.ts';
import { managementApi, type Request } from './page.ts';

const bodyLimit = 64 * 1024;

type Work = (request: Request) => Promise<Response>;
type Row = [Method, path: string, Capability, Work];

// `unresolved` stands before `:id`, which would match it.
const rows: Row[] = [
  ['GET', '/incidents', 'read', listIncidents],
  ['POST', '/incidents', 'speak', createIncident],
  ['GET', '/incidents/unresolved', 'read', listUnresolved],
  ['GET', '/incidents/:id', 'read', showIncident],
  ['PATCH', '/incidents/:id', 'speak', changeIncident],
  ['PUT', '/incidents/:id', 'speak', changeIncident],
  ['DELETE', '/incidents/:id', 'speak', refuseDeletion],
  ['GET', '/components', 'read', listComponents],
  ['POST', '/components', 'configure', createComponent],
  ['GET', '/components/:id', 'read', showComponent],
  ['PATCH', '/components/:id', 'speak', changeComponentFields],
  ['PUT', '/components/:id', 'speak', changeComponentFields],
  ['DELETE', '/components/:id', 'configure', removeComponent],
];

/** All routes below `/v1`. */
export function apiRoutes(site: Site): Route[] {
  const handler = managementApi(site);
  return rows.flatMap(([method, path, needs, work]) => {
    const route = (suffix: string): Route => ({
      method,
      path: `/v1/pages/:page_id${path}${suffix}`,
      surface: 'api',
      needs,
      limit: bodyLimit,
      handle: handler(work),
    });
    // `:id` takes the suffix along; its reader drops it.
    return path.endsWith('/:id') ? [route('')] : [route(''), route('.json')];
  });
}
