// Recognises Statuspage's documents by what they hold, whichever endpoint or file they came from.
import { componentStatuses, isOneOf } from '../shared/words.ts';
import { always, type Gathered } from './types.ts';

type Fields = Record<string, unknown>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Puts what a document holds to what was gathered; answers whether there was anything to recognise. */
export function gather(gathered: Gathered, document: unknown): boolean {
  if (Array.isArray(document)) {
    return document.map((entity) => gatherOne(gathered, entity)).includes(true);
  }
  if (!isFields(document)) return false;
  if (isEntity(document)) return gatherOne(gathered, document);
  let found = false;
  const page = document['page'];
  if (isFields(page)) {
    // A webhook's document speaks of the page without its name.
    if ('name' in page) gathered.page ??= page;
    found = true;
  }
  for (const name of lists) {
    const list = document[name];
    if (!Array.isArray(list)) continue;
    found = true;
    for (const entity of list) gatherOne(gathered, entity);
  }
  for (const name of ['incident', 'component']) {
    if (isFields(document[name])) found = gatherOne(gathered, document[name]) || found;
  }
  return found;
}

const lists = [
  'components',
  'incidents',
  'scheduled_maintenances',
  'component_groups',
  'subscribers',
];

const isEntity = (fields: Fields) =>
  typeof fields['id'] === 'string' &&
  (Array.isArray(fields['incident_updates']) ||
    typeof fields['name'] === 'string' ||
    isSubscriber(fields));

const isSubscriber = (fields: Fields) =>
  !('name' in fields) && ('email' in fields || 'endpoint' in fields || 'phone_number' in fields);

function gatherOne(gathered: Gathered, entity: unknown): boolean {
  if (!isFields(entity) || typeof entity['id'] !== 'string') return false;
  const id = entity['id'];
  if (Array.isArray(entity['incident_updates'])) {
    keepLater(gathered.incidents, id, entity);
  } else if (isSubscriber(entity)) {
    gathered.subscribers.push(entity);
  } else if (entity['group'] === true) {
    keepLater(gathered.groups, id, entity);
  } else if (isOneOf([...componentStatuses, ''], entity['status'])) {
    keepLater(gathered.components, id, entity);
  } else if (Array.isArray(entity['components'])) {
    keepLater(gathered.groups, id, entity);
  } else if ('time_zone' in entity || 'subdomain' in entity) {
    gathered.page ??= entity;
  } else {
    return false;
  }
  return true;
}

/** Of two versions of the same the one with the later change, or else with more words. */
function keepLater(map: Map<string, unknown>, id: string, entity: Fields): void {
  const before = map.get(id);
  if (isFields(before) && weight(before) > weight(entity)) return;
  map.set(id, entity);
}

function weight(entity: Fields): number {
  const updates = entity['incident_updates'];
  const size = Array.isArray(updates) ? updates.length : 0;
  const at = Date.parse(String(entity['updated_at']));
  return (Number.isNaN(at) ? 0 : at) + size / 1000;
}

/** Statuspage lists its 50 newest incidents: a shorter list holds them all. */
const newestListed = 50;

/** How far back a list of the newest incidents reaches: without an end where it is not full. */
export function reachOf(incidents: readonly unknown[], full = newestListed): Date {
  if (incidents.length < full) return always;
  const times = incidents
    .map((one) => Date.parse(String(isFields(one) ? one['created_at'] : '')))
    .filter((time) => !Number.isNaN(time));
  return times.length === 0 ? always : new Date(Math.min(...times));
}

/** Of two reaches the longer. */
export const longer = (a: Date | undefined, b: Date | undefined) =>
  a === undefined || (b !== undefined && b < a) ? b : a;
