// A realistic public snapshot made by hand: twelve components in three groups, an open incident with four
// updates, a maintenance, two weeks of past. Deterministic, without a database.
import { createHash } from 'node:crypto';
import { worstStatus } from '../../src/components/rules.ts';
import { defaultExtras } from '../../src/settings/types.ts';
import { days, hours, minutes, plus } from '../../src/shared/clock.ts';
import type { ComponentStatus, IncidentState } from '../../src/shared/words.ts';
import { headline } from '../../src/status/rules.ts';
import type {
  PublicComponent,
  PublicDay,
  PublicIncident,
  PublicMaintenance,
  PublicSnapshot,
  PublicUpdate,
} from '../../src/status/types.ts';
import { upShare } from '../../src/status/uptime.ts';

const alphabet = '0123456789bcdfghjklmnpqrstvwxyz';

/** Ids as random as real ones: they do not compress. */
export const idOf = (name: string) =>
  [...createHash('sha256').update(name).digest()]
    .slice(0, 12)
    .map((byte) => alphabet[byte % 31])
    .join('');

export const at = new Date('2026-11-22T14:20:00.000Z');
const longAgo = new Date('2024-01-10T09:00:00.000Z');

const groupNames = {
  Platform: ['API', 'Dashboard', 'Authentication', 'Webhooks'],
  Payments: ['Card payments', 'Bank transfers', 'Payouts', 'Refunds'],
  Data: ['Search', 'Exports', 'Analytics', 'File storage'],
};

const statuses: Record<string, ComponentStatus> = {
  'Card payments': 'major_outage',
  Refunds: 'degraded_performance',
  Exports: 'under_maintenance',
};

const component = (
  name: string,
  position: number,
  group: string | null,
  more: Partial<PublicComponent> = {},
): PublicComponent => ({
  id: idOf(`component ${name}`),
  name,
  description: name === 'API' ? 'REST and GraphQL, all regions' : '',
  status: statuses[name] ?? 'operational',
  position,
  groupId: group === null ? null : idOf(`group ${group}`),
  showcase: true,
  onlyShowIfDegraded: false,
  startDate: null,
  createdAt: longAgo,
  updatedAt: longAgo,
  ...more,
});

export const update = <S extends string = IncidentState>(
  state: S,
  body: string,
  displayAt: Date,
  more: Partial<PublicUpdate<S>> = {},
): PublicUpdate<S> => ({
  id: idOf(`update ${state} ${body} ${displayAt.toISOString()}`),
  state,
  body,
  affected: [],
  nextUpdateBy: null,
  deliverNotifications: true,
  displayAt,
  createdAt: displayAt,
  updatedAt: displayAt,
  editedAt: null,
  ...more,
});

const affectedCards = (oldStatus: ComponentStatus, newStatus: ComponentStatus) => ({
  code: idOf('component Card payments'),
  name: 'Card payments',
  oldStatus,
  newStatus,
});

function openIncident(): PublicIncident {
  const startedAt = plus(at, -minutes(64));
  const say = (minute: number) => plus(startedAt, minutes(minute));
  const promise = plus(at, minutes(25));
  return {
    id: idOf('incident open'),
    title: 'Card payments failing in Europe',
    state: 'identified',
    impact: 'critical',
    startedAt,
    createdAt: startedAt,
    updatedAt: say(59),
    monitoringAt: null,
    resolvedAt: null,
    nextUpdateBy: promise,
    components: [
      { id: idOf('component Card payments'), status: 'major_outage' },
      { id: idOf('component Refunds'), status: 'degraded_performance' },
    ],
    updates: [
      update(
        'identified',
        'We have switched **half of the card traffic** to our second acquirer. About one payment in four still fails. You need not do anything: failed payments were not charged.',
        say(59),
        { nextUpdateBy: promise, editedAt: say(61) },
      ),
      update(
        'identified',
        'The cause is a certificate at our card acquirer that expired at 13:10 UTC. We are moving traffic to a second acquirer, which takes up to an hour. Until then please offer bank transfer at checkout.',
        say(35),
        { affected: [affectedCards('partial_outage', 'major_outage')] },
      ),
      update(
        'investigating',
        'Still investigating. Card payments fail for most customers in Europe; bank transfers and payouts work as usual.',
        say(20),
      ),
      update(
        'investigating',
        'We are looking into failed card payments. Some customers see an error at checkout.',
        say(4),
        { affected: [affectedCards('operational', 'partial_outage')] },
      ),
    ],
  };
}

const past: [
  day: number,
  title: string,
  impact: PublicIncident['impact'],
  names: string[],
  minutes: number,
][] = [
  [2, 'Slow search results', 'minor', ['Search'], 43],
  [6, 'Webhooks delayed', 'minor', ['Webhooks'], 95],
  [6, 'Sign-in errors for some customers', 'major', ['Authentication'], 12],
  [11, 'Exports failing', 'minor', ['Exports'], 180],
];

function pastIncidents(): PublicIncident[] {
  return past.map(([day, title, impact, names, length]) => {
    const startedAt = plus(at, -days(day) - hours(3));
    const resolvedAt = plus(startedAt, minutes(length));
    return {
      id: idOf(`incident ${title}`),
      title,
      state: 'resolved',
      impact,
      startedAt,
      createdAt: startedAt,
      updatedAt: resolvedAt,
      monitoringAt: null,
      resolvedAt,
      nextUpdateBy: null,
      components: [],
      updates: [
        update(
          'resolved',
          `${title}: this is over. A change of configuration was undone, and we have watched it since. We apologise for the trouble.`,
          resolvedAt,
          {
            affected: names.map((name) => ({
              code: idOf(`component ${name}`),
              name,
              oldStatus: 'degraded_performance',
              newStatus: 'operational',
            })),
          },
        ),
        update('investigating', 'We are looking into it.', startedAt),
      ],
    };
  });
}

export function maintenance(more: Partial<PublicMaintenance> = {}): PublicMaintenance {
  const scheduledFor = new Date('2026-11-25T22:00:00.000Z');
  return {
    id: idOf('maintenance'),
    title: 'Database upgrade',
    state: 'scheduled',
    scheduledFor,
    scheduledUntil: plus(scheduledFor, hours(2)),
    autoStart: true,
    autoComplete: true,
    startedAt: null,
    completedAt: null,
    createdAt: plus(at, -days(3)),
    updatedAt: plus(at, -days(3)),
    components: [
      { id: idOf('component Exports'), status: 'under_maintenance' },
      { id: idOf('component Analytics'), status: 'under_maintenance' },
    ],
    updates: [
      update<PublicMaintenance['state']>(
        'scheduled',
        'We are moving exports and analytics to a newer database. Exports started in the window are queued and run afterwards.',
        plus(at, -days(3)),
      ),
    ],
    ...more,
  };
}

/** Ninety days; `trouble` by days back. */
export function uptimeOf(
  trouble: Record<number, Partial<Omit<PublicDay, 'day'>>>,
  known = 90,
): { days: PublicDay[]; share: number | null } {
  const all = Array.from({ length: 90 }, (_, i): PublicDay => {
    const back = 89 - i;
    const day = plus(at, -days(back)).toISOString().slice(0, 10);
    const { spent = {}, events = [], more = 0 } = trouble[back] ?? {};
    const lost = Object.values(spent).reduce((sum, length) => sum + length, 0);
    const whole = back === 0 ? hours(14) : days(1);
    return {
      day,
      spent: back < known ? { operational: whole - lost, ...spent } : {},
      events,
      more,
    };
  });
  const share = upShare(
    all.map((day) => day.spent),
    defaultExtras.weights,
  );
  return { days: all, share };
}

const eventOf = (title: string, key = title): PublicDay['events'][number] => ({
  kind: 'incident',
  id: idOf(`incident ${key}`),
  title,
});

function troubleOf(name: string): Record<number, Partial<Omit<PublicDay, 'day'>>> {
  const trouble: Record<number, Partial<Omit<PublicDay, 'day'>>> = {};
  for (const [day, title, , names, length] of past) {
    if (!names.includes(name)) continue;
    trouble[day] = { spent: { degraded_performance: minutes(length) }, events: [eventOf(title)] };
  }
  const seed = name.length;
  trouble[30 + seed] = {
    spent: { partial_outage: minutes(17 + seed) },
    events: [eventOf('Elevated error rates', String(30 + seed))],
  };
  if (seed % 2 === 0) {
    trouble[55 + seed] = {
      spent: { major_outage: minutes(2), degraded_performance: hours(3) },
      events: [eventOf('Network trouble at our provider', 'network')],
    };
  }
  if (name === 'Card payments') {
    trouble[0] = {
      spent: { partial_outage: minutes(31), major_outage: minutes(33) },
      events: [eventOf('Card payments failing in Europe', 'open')],
    };
  }
  return trouble;
}

const flat = Object.entries(groupNames).flatMap(([group, names]) =>
  names.map((name, i) => component(name, i + 1, group)),
);

/** The page that the size of the first view is measured with. */
export function publicSnapshot(more: Partial<PublicSnapshot> = {}): PublicSnapshot {
  const components = more.components ?? flat;
  const open = more.openIncidents ?? [openIncident()];
  const recent = more.recentIncidents ?? [...open, ...pastIncidents()];
  const maintenances = more.maintenances ?? [maintenance()];
  const worst = open.map((one) => one.impact);
  const childrenOf = (group: string) =>
    components.filter((one) => one.groupId === idOf(`group ${group}`));
  return {
    page: {
      id: idOf('page'),
      name: 'Acme Status',
      url: 'https://status.example.com',
      timeZone: 'Etc/UTC',
      supportContact: 'support@example.com',
      ...defaultExtras,
      logo: null,
      createdAt: longAgo,
      updatedAt: plus(at, -minutes(3)),
    },
    headline: headline(
      components.map((one) => one.status),
      worst,
    ),
    groups: Object.entries(groupNames).map(([name], i) => ({
      id: idOf(`group ${name}`),
      name,
      description: '',
      position: i + 1,
      status: worstStatus(childrenOf(name).map((one) => one.status)),
      componentIds: childrenOf(name).map((one) => one.id),
      createdAt: longAgo,
      updatedAt: longAgo,
    })),
    components,
    openIncidents: open,
    recentIncidents: recent,
    recentSince: '2026-10-20',
    maintenances,
    recentMaintenances: maintenances,
    uptimes: components.map((one) => ({
      componentId: one.id,
      ...uptimeOf(troubleOf(one.name), one.name === 'Analytics' ? 40 : 90),
    })),
    today: '2026-11-22',
    at,
    staleAt: plus(at, minutes(5)),
    takenBack: 0,
    ...more,
  };
}

/** The same page on a quiet day. */
/** The same page while its maintenance runs. */
export const runningSnapshot = () => {
  const began = plus(at, -minutes(20));
  const running = maintenance({
    state: 'in_progress',
    scheduledFor: began,
    scheduledUntil: plus(began, hours(2)),
    startedAt: began,
    updates: [
      update<PublicMaintenance['state']>(
        'in_progress',
        'Scheduled maintenance is currently in progress. We will provide updates as necessary.',
        began,
      ),
      ...maintenance().updates,
    ],
  });
  const names = ['Exports', 'Analytics'];
  const components = flat.map((one) => ({
    ...one,
    status: names.includes(one.name) ? ('under_maintenance' as const) : ('operational' as const),
  }));
  return calmSnapshot({ components, maintenances: [running] });
};

export const calmSnapshot = (more: Partial<PublicSnapshot> = {}) => {
  const components = flat.map((one) => ({ ...one, status: 'operational' as const }));
  return publicSnapshot({ components, openIncidents: [], ...more });
};
