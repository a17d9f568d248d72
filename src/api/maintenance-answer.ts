// A maintenance as Statuspage's v1 shows it: an incident with its window and habits, keys in the same order.
import { maintenanceDetail, type MaintenanceDetail } from '../maintenance/read.ts';
import type { PublicComponent, PublicUpdate } from '../status/types.ts';
import {
  type AnswerPage,
  componentAnswer,
  noPostmortem,
  timesOf,
  updateAnswer,
} from './answers.ts';
import { publicComponents } from './lists.ts';
import type { Request } from './page.ts';

/** A maintenance as it is now. Throws not_found. */
export async function answerFor({ site, page }: Request, publicId: string) {
  const { read } = site.kernel.db;
  const detail = await maintenanceDetail(read, publicId);
  return maintenanceAnswer(page, detail, await publicComponents(read));
}

function maintenanceAnswer(
  page: AnswerPage,
  { maintenance, components: concerned, updates, remindedAt }: MaintenanceDetail,
  components: readonly PublicComponent[],
) {
  const at = timesOf(page);
  const ids = new Set(concerned.map(({ publicId }) => publicId));
  return {
    id: maintenance.publicId,
    components: components
      .filter(({ id }) => ids.has(id))
      .map((component) => componentAnswer(page, component)),
    created_at: at(maintenance.createdAt),
    impact: 'maintenance' as const,
    impact_override: null,
    incident_updates: updates.map((update) =>
      updateAnswer(page, maintenance.publicId, asPublic(update)),
    ),
    incident_impacts: [],
    metadata: {},
    monitoring_at: null,
    name: maintenance.title,
    page_id: page.id,
    ...noPostmortem,
    resolved_at: at(maintenance.completedAt),
    scheduled_auto_completed: maintenance.autoComplete,
    scheduled_auto_in_progress: maintenance.autoStart,
    scheduled_for: at(maintenance.scheduledFor),
    auto_transition_deliver_notifications_at_end: maintenance.notifies,
    auto_transition_deliver_notifications_at_start: maintenance.notifies,
    auto_transition_to_maintenance_state: concerned.some(({ status }) => status !== 'operational'),
    auto_transition_to_operational_state: true,
    scheduled_remind_prior: maintenance.reminders.length > 0,
    scheduled_reminded_at: at(remindedAt),
    scheduled_until: at(maintenance.scheduledUntil),
    shortlink: `${page.url}/incidents/${maintenance.publicId}`,
    status: stateOf(maintenance.state),
    updated_at: at(maintenance.updatedAt),
    reminder_intervals: null,
    started_at: at(maintenance.createdAt),
  };
}

/** Statuspage has no word for one that was called off: to its clients it is over. */
const stateOf = (state: string) => (state === 'cancelled' ? 'completed' : state);

const asPublic = (update: MaintenanceDetail['updates'][number]): PublicUpdate<string> => ({
  id: update.publicId,
  state: stateOf(update.state),
  body: update.body,
  affected: update.affected,
  nextUpdateBy: null,
  deliverNotifications: update.deliverNotifications,
  displayAt: update.displayAt,
  createdAt: update.createdAt,
  updatedAt: update.updatedAt,
  editedAt: update.editedAt,
});
