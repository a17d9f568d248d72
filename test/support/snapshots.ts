// Snapshots made by hand: what the public side renders, without a database behind it.
import { createHash } from 'node:crypto';
import { defaultExtras } from '../../src/settings/types.ts';
import type { IncidentState, MaintenanceState } from '../../src/shared/words.ts';
import type {
  PublicComponent,
  PublicIncident,
  PublicMaintenance,
  PublicSnapshot,
  PublicUpdate,
} from '../../src/status/types.ts';

const alphabet = '0123456789bcdfghjklmnpqrstvwxyz';
let made = 0;

/** A public id, another one at each call. */
function newId(): string {
  const digest = createHash('sha256')
    .update(`snapshots ${(made += 1)}`)
    .digest();
  return [...digest.subarray(0, 12)].map((byte) => alphabet[byte % alphabet.length]).join('');
}

export const at = (iso: string) => new Date(iso.length > 16 ? iso : `${iso}:00.000Z`);

export const groupId = newId();

const component = (name: string, more: Partial<PublicComponent> = {}): PublicComponent => ({
  id: newId(),
  name,
  description: '',
  status: 'operational',
  position: 1,
  groupId: null,
  showcase: true,
  onlyShowIfDegraded: false,
  startDate: null,
  createdAt: at('2026-01-05T09:00'),
  updatedAt: at('2026-11-20T10:00'),
  ...more,
});

export const api = component('API', { startDate: '2026-01-05' });
export const payments = component('Payments', { groupId, description: 'Cards' });
const webApp = component('Web app', { position: 2 });

/** Says something: `time` is when, the rest what. */
export function update<S extends IncidentState | MaintenanceState>(
  state: S,
  time: string,
  more: Partial<PublicUpdate<S>> = {},
): PublicUpdate<S> {
  return {
    id: newId(),
    state,
    body: `Words of ${state}.`,
    affected: [],
    nextUpdateBy: null,
    deliverNotifications: true,
    displayAt: at(time),
    createdAt: at(time),
    updatedAt: at(time),
    editedAt: null,
    ...more,
  };
}

/** An incident of these updates, newest first. */
export function incident(
  title: string,
  updates: PublicUpdate[],
  more: Partial<PublicIncident> = {},
): PublicIncident {
  const [newest, oldest] = [updates[0], updates.at(-1)];
  if (!newest || !oldest) throw new Error('An incident has at least one update.');
  return {
    id: newId(),
    title,
    state: newest.state,
    impact: 'minor',
    startedAt: oldest.createdAt,
    createdAt: oldest.createdAt,
    updatedAt: newest.updatedAt,
    monitoringAt: updates.findLast((one) => one.state === 'monitoring')?.displayAt ?? null,
    resolvedAt: newest.state === 'resolved' ? newest.displayAt : null,
    nextUpdateBy: null,
    components: [],
    updates,
    ...more,
  };
}

/** A maintenance of these updates, newest first. */
export function maintenance(
  title: string,
  [from, until]: [string, string],
  updates: PublicUpdate<MaintenanceState>[],
  more: Partial<PublicMaintenance> = {},
): PublicMaintenance {
  const [newest, oldest] = [updates[0], updates.at(-1)];
  if (!newest || !oldest) throw new Error('A maintenance has at least one update.');
  const saidOf = (state: MaintenanceState) =>
    updates.find((one) => one.state === state)?.displayAt ?? null;
  return {
    id: newId(),
    title,
    state: newest.state,
    scheduledFor: at(from),
    scheduledUntil: at(until),
    autoStart: true,
    autoComplete: false,
    startedAt: saidOf('in_progress'),
    completedAt: saidOf('completed'),
    createdAt: oldest.createdAt,
    updatedAt: newest.updatedAt,
    components: [{ id: payments.id, status: 'under_maintenance' }],
    updates,
    ...more,
  };
}

interface Stories {
  incidents?: PublicIncident[];
  maintenances?: PublicMaintenance[];
  timeZone?: string;
  name?: string;
  url?: string;
}

const isOver = ({ state }: PublicMaintenance) => state === 'completed' || state === 'cancelled';

/** What a page with these stories knows: three components, `Payments` in a group. */
export function snapshotOf(stories: Stories = {}): PublicSnapshot {
  const { incidents = [], maintenances = [] } = stories;
  return {
    page: {
      id: '7k2bnm4tq9wz',
      name: stories.name ?? 'Example',
      url: stories.url ?? 'https://status.example.com',
      timeZone: stories.timeZone ?? 'Etc/UTC',
      supportContact: '',
      look: defaultExtras.look,
      logo: null,
      shown: defaultExtras.shown,
      weights: defaultExtras.weights,
      createdAt: at('2026-01-05T09:00'),
      updatedAt: at('2026-11-22T14:00:00.123Z'),
    },
    headline: { indicator: 'none', description: 'All Systems Operational' },
    groups: [
      {
        id: groupId,
        name: 'Commerce',
        description: '',
        position: 3,
        status: payments.status,
        componentIds: [payments.id],
        createdAt: at('2026-01-05T09:00'),
        updatedAt: at('2026-01-05T09:00'),
      },
    ],
    components: [api, webApp, payments],
    openIncidents: incidents.filter(({ state }) => state !== 'resolved'),
    recentIncidents: incidents,
    recentSince: '2026-11-01',
    maintenances: maintenances.filter((one) => !isOver(one)),
    recentMaintenances: maintenances,
    uptimes: [],
    today: '2026-11-22',
    at: at('2026-11-22T14:00'),
    staleAt: at('2026-11-23T00:00'),
    takenBack: 0,
  };
}
