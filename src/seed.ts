// Fills a database with a past to look at: made through the services, on a clock that is set back.
import type { Kernel } from './db/kernel.ts';
import { backdate } from './components/backdate.ts';
import type { ComponentRow } from './components/types.ts';
import { declare, publishUpdate } from './incidents/service.ts';
import type { AffectedComponent } from './db/schema.ts';
import { append } from './events/service.ts';
import { systemActor } from './events/types.ts';
import { type PastMaintenance, recordPastMaintenance } from './maintenance/past.ts';
import { days, hours, minutes, plus } from './shared/clock.ts';
import { dayIn, startOfDay } from './shared/time.ts';
import type { ComponentStatus, IncidentState, MaintenanceState, Severity } from './shared/words.ts';
import { addConfirmed } from './subscribers/service.ts';

export interface SeedRequest {
  incidents: number;
  subscribers: number;
}

interface Story {
  title: string;
  severity: Severity;
  status: ComponentStatus;
  /** Minutes from the first word to each state. */
  steps: [IncidentState, number, string][];
}

const stories: Story[] = [
  {
    title: 'Elevated error rates on payments',
    severity: 1,
    status: 'major_outage',
    steps: [
      ['investigating', 0, 'Some payments fail with an error. We are looking into it.'],
      [
        'identified',
        18,
        'A database failover left one of our pools without connections. We are restoring it.',
      ],
      ['monitoring', 41, 'The pool is back and payments succeed again. We are watching closely.'],
      [
        'resolved',
        68,
        'Payments work normally. A failover had left a connection pool empty; we restored it and now check pools after every failover. We apologise for the disruption.',
      ],
    ],
  },
  {
    title: 'Slow responses in the web app',
    severity: 2,
    status: 'degraded_performance',
    steps: [
      ['investigating', 0, 'Pages load slowly for some customers. We are investigating.'],
      ['identified', 25, 'A cache node is overloaded. We are adding capacity.'],
      [
        'monitoring',
        50,
        'Capacity is added and pages load at their usual speed. We are monitoring.',
      ],
      [
        'resolved',
        72,
        'Page speed is back to normal. An overloaded cache node was the cause; we added capacity and an alarm. We are sorry for the slow pages.',
      ],
    ],
  },
  {
    title: 'API requests time out in one region',
    severity: 2,
    status: 'partial_outage',
    steps: [
      ['investigating', 0, 'Part of the requests to the API time out. We are investigating.'],
      ['identified', 12, 'A network change affects one region. We are rolling it back.'],
      [
        'resolved',
        33,
        'The change is rolled back and requests succeed. We now try such changes on one machine first, and apologise for the failed requests.',
      ],
    ],
  },
  {
    title: 'Delayed confirmation messages',
    severity: 3,
    status: 'degraded_performance',
    steps: [
      [
        'investigating',
        0,
        'Confirmation messages arrive late. Orders themselves are not affected.',
      ],
      [
        'monitoring',
        28,
        'The queue is worked off and new messages go out at once. We are monitoring.',
      ],
      [
        'resolved',
        55,
        'Messages are on time again. A queue worker had stopped; it now restarts by itself. We apologise for the delay.',
      ],
    ],
  },
];

const span = days(730);
/** Stories told in one transaction: fewer waits for the disk, and no writer beside us waits for long. */
const storiesAtOnce = 8;

/**
 * Makes `incidents` resolved incidents over the last two years, a maintenance now and then among them,
 * and `subscribers` confirmed subscribers. Components whose record has already begun keep it: what is
 * made then affects no component.
 */
export async function seed(kernel: Kernel, request: SeedRequest): Promise<void> {
  const now = kernel.clock.now();
  const { incidents, subscribers } = request;
  const young = incidents > 0 ? await backdate(kernel, systemActor, plus(now, -span)) : [];
  for (let first = 0; first < incidents; first += storiesAtOnce) {
    await atOnce(kernel, async (inside) => {
      for (let n = first; n < Math.min(incidents, first + storiesAtOnce); n += 1) {
        // Oldest first, evenly spread, the newest a little more than a day ago.
        const age = days(1) + ((span - days(2)) * (incidents - n)) / incidents;
        await tellStory(inside, n, young[n % Math.max(1, young.length)], plus(now, -age));
      }
    });
  }
  const maintenances = Math.min(mostMaintenances, Math.ceil(incidents / 4));
  if (maintenances > 0) await seedMaintenances(kernel, maintenances, young);
  await seedSubscribers(kernel, subscribers);
}

/**
 * Does all of `work` in one transaction: beside a running server nobody sees a story half told, with
 * its incident open and its promise years overdue.
 */
const atOnce = (kernel: Kernel, work: (inside: Kernel) => Promise<void>): Promise<void> =>
  kernel.db.write((tx) =>
    work({ ...kernel, db: { ...kernel.db, read: tx, write: (part) => part(tx) } }),
  );

/** One every other month. */
const mostMaintenances = 12;

const chores: [title: string, announcement: string][] = [
  [
    'Database upgrade',
    'We move the database to a new version. Expect a few seconds of errors in between.',
  ],
  ['Network work', 'Our provider replaces a router. Connections may be slow for some minutes.'],
  ['Certificate renewal', 'We replace the certificates. No interruption is expected.'],
];

/** Maintenances that went as planned, at night, told of afterwards. */
async function seedMaintenances(
  kernel: Kernel,
  count: number,
  young: ComponentRow[],
): Promise<void> {
  const today = startOfDay('Etc/UTC', dayIn('Etc/UTC', kernel.clock.now())).getTime();
  await kernel.db.write(async (tx) => {
    for (let n = 0; n < count; n += 1) {
      const daysAgo = Math.round(4 + ((count - 1 - n) * (730 - 14)) / count);
      const start = plus(new Date(today), hours(2) - days(daysAgo));
      await recordPastMaintenance(tx, kernel, systemActor, chore(kernel, n, start, young));
    }
    await append(tx, kernel.clock, systemActor, {
      kind: 'maintenances.past_told',
      subject: 'maintenance',
      isPublic: true,
      data: { count },
    });
  });
}

function chore(kernel: Kernel, n: number, start: Date, young: ComponentRow[]): PastMaintenance {
  const [title, announcement] = chores[n % chores.length] ?? ['', ''];
  const component = young[n % Math.max(1, young.length)];
  const running = (oldStatus: ComponentStatus, newStatus: ComponentStatus): AffectedComponent[] =>
    component ? [{ code: component.publicId, name: component.name, oldStatus, newStatus }] : [];
  const end = plus(start, minutes(45));
  const say = (
    state: MaintenanceState,
    at: Date,
    body: string,
    affected: AffectedComponent[],
  ): PastMaintenance['updates'][number] => ({
    publicId: kernel.ids.publicId(),
    state,
    body,
    affected,
    deliverNotifications: false,
    at,
    createdAt: at,
    updatedAt: at,
  });
  const announced = plus(start, -days(3));
  return {
    publicId: kernel.ids.publicId(),
    title,
    scheduledFor: start,
    scheduledUntil: plus(start, hours(1)),
    autoStart: true,
    autoComplete: false,
    components: new Map(component ? [[component.publicId, 'under_maintenance']] : []),
    updates: [
      say('scheduled', announced, announcement, running('operational', 'operational')),
      say(
        'in_progress',
        start,
        'Scheduled maintenance is currently in progress.',
        running('operational', 'under_maintenance'),
      ),
      say(
        'completed',
        end,
        'The scheduled maintenance has been completed.',
        running('under_maintenance', 'operational'),
      ),
    ],
    createdAt: announced,
    updatedAt: end,
  };
}

async function tellStory(
  kernel: Kernel,
  n: number,
  component: ComponentRow | undefined,
  startedAt: Date,
): Promise<void> {
  const story = storyFor(n);
  const choose = (status: ComponentStatus) => (component ? { [component.publicId]: status } : {});
  const email = { kind: 'none', reason: 'Seeded' } as const;
  let incidentId: string | undefined;
  for (const [state, offset, body] of story.steps) {
    const at = plus(startedAt, minutes(offset));
    const then: Kernel = { ...kernel, clock: { ...kernel.clock, now: () => at } };
    const nextUpdateBy = state === 'resolved' ? null : plus(at, minutes(30));
    if (incidentId === undefined) {
      const { title, severity, status } = story;
      const first = { title, severity, visibility: 'public', components: choose(status) } as const;
      const declared = await declare(then, systemActor, {
        ...first,
        state,
        body,
        nextUpdateBy,
        email,
      });
      incidentId = declared.incidentPublicId;
    } else {
      const components = state === 'resolved' ? choose('operational') : {};
      const update = { state, body, components, nextUpdateBy, email };
      await publishUpdate(then, systemActor, incidentId, update);
    }
  }
}

function storyFor(n: number): Story {
  const story = stories[n % stories.length];
  if (!story) throw new Error('There are no stories to tell.');
  return story;
}

const batch = 1000;

async function seedSubscribers(kernel: Kernel, count: number): Promise<void> {
  for (let start = 1; start <= count; start += batch) {
    const size = Math.min(batch, count - start + 1);
    const emails = Array.from({ length: size }, (_, i) => addressOf(start + i));
    await kernel.db.write((tx) => addConfirmed(tx, kernel, systemActor, emails));
  }
}

const addressOf = (n: number) => `s${String(n).padStart(7, '0')}@example.test`;
