// Maintenance on a test's page, announced and moved on through the service, without mail.
import type { Kernel } from '../../src/db/kernel.ts';
import { systemActor } from '../../src/events/types.ts';
import { publishMaintenanceUpdate, schedule } from '../../src/maintenance/service.ts';
import type { ScheduleInput, Told } from '../../src/maintenance/types.ts';
import { hours, plus } from '../../src/shared/clock.ts';
import type { MaintenanceState } from '../../src/shared/words.ts';

/** Announces work on a component, by default from an hour to two hours from now. */
export const scheduleMaintenance = (
  kernel: Kernel,
  componentId: string,
  more: Partial<ScheduleInput> = {},
): Promise<Told> =>
  schedule(kernel, systemActor, {
    title: 'Database upgrade',
    body: 'We will upgrade the database.',
    components: { [componentId]: 'under_maintenance' },
    scheduledFor: plus(kernel.clock.now(), hours(1)),
    scheduledUntil: plus(kernel.clock.now(), hours(2)),
    autoStart: true,
    autoComplete: false,
    reminders: [],
    notifies: false,
    rule: null,
    ...more,
  });

export const moveMaintenance = (
  kernel: Kernel,
  publicId: string,
  state: MaintenanceState,
): Promise<Told> =>
  publishMaintenanceUpdate(kernel, systemActor, publicId, { state, notify: false });
