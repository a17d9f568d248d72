// A page with three components and two subscribers, and short words for what happens to its maintenance.
import { asc, eq } from 'drizzle-orm';
import { ensureDefaultComponents, listComponents } from '../../src/components/service.ts';
import {
  components,
  deliveries,
  mailContents,
  maintenanceReminders,
  maintenances,
  notifications,
} from '../../src/db/schema.ts';
import { systemActor } from '../../src/events/types.ts';
import type { ComposeMaintenanceMail, ToTell } from '../../src/maintenance/mail.ts';
import { maintenanceDetail } from '../../src/maintenance/read.ts';
import { schedule } from '../../src/maintenance/service.ts';
import { tickMaintenance } from '../../src/maintenance/tick.ts';
import type { ScheduleInput } from '../../src/maintenance/types.ts';
import { addConfirmed } from '../../src/subscribers/service.ts';
import { testClock, testKernel, type TestKernel } from '../support/kernel.ts';

/** Writes what a mail would tell without compiling one. */
export const quickMail: ComposeMaintenanceMail = async (_kernel, told: ToTell) => ({
  subject: `${told.kind}${told.before === undefined ? '' : ` ${told.before}`}: ${told.maintenance.title}`,
  html: '<a href="{{unsubscribe_url}}">x</a>',
  plain: told.words,
});

const noon = '2026-11-22T12:00:00.000Z';

export async function planner(kernel?: TestKernel) {
  const site = kernel ?? (await testKernel({ clock: testClock(noon) }));
  await site.db.write((tx) => ensureDefaultComponents(tx, site));
  await site.db.write((tx) => addConfirmed(tx, site, systemActor, ['a@example.test']));
  const ids = (await listComponents(site.db.read)).components.map((row) => row.publicId);
  const [api = '', web = '', payments = ''] = ids;
  const input = (more: Partial<ScheduleInput> = {}): ScheduleInput => ({
    title: 'Database upgrade',
    body: 'Payments pause for a moment.',
    scheduledFor: new Date('2026-11-24T02:00:00.000Z'),
    scheduledUntil: new Date('2026-11-24T04:00:00.000Z'),
    components: { [payments]: 'under_maintenance' },
    autoStart: true,
    autoComplete: false,
    reminders: [1440, 60],
    notifies: true,
    rule: null,
    ...more,
  });
  return {
    kernel: site,
    api,
    web,
    payments,
    input,
    schedule: (more: Partial<ScheduleInput> = {}) =>
      schedule(site, systemActor, input(more), quickMail),
    tick: () => tickMaintenance(site, quickMail),
    at: async (iso: string) => {
      site.clock.set(iso);
      return tickMaintenance(site, quickMail);
    },
    detail: (id: string) => maintenanceDetail(site.db.read, id),
    statusOf: async (publicId: string) => {
      const [row] = await site.db.read
        .select()
        .from(components)
        .where(eq(components.publicId, publicId));
      return row?.status;
    },
    all: () => site.db.read.select().from(maintenances).orderBy(asc(maintenances.id)),
    reminders: () => site.db.read.select().from(maintenanceReminders),
    /** Subjects of what was released, oldest first, with a mark where it was taken back. */
    mails: async () => {
      const rows = await site.db.read
        .select({ subject: mailContents.subject, state: notifications.state })
        .from(notifications)
        .innerJoin(mailContents, eq(mailContents.sha256, notifications.contentSha256))
        .where(eq(notifications.kind, 'maintenance'))
        .orderBy(asc(notifications.id));
      return rows.map(({ subject }) => subject);
    },
    owed: () => site.db.read.select().from(deliveries),
  };
}

export type Planner = Awaited<ReturnType<typeof planner>>;
