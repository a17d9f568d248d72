// View models of scheduled maintenance.
import { minutes } from '../shared/clock.ts';
import type { MaintenanceState } from '../shared/words.ts';
import type { PublicMaintenance } from '../status/types.ts';
import type { Edition } from './editions.ts';
import {
  type Affected,
  affectedNow,
  type IncidentModel,
  type Labelled,
  stateOf,
  type TimeModel,
  timeBeside,
  timeOf,
} from './models.ts';
import { updateModel } from './models.ts';

export interface MaintenanceModel {
  url: string;
  title: string;
  state: Labelled<MaintenanceState>;
  /** What the window is called, and its instants: planned, or as it truly was. */
  window: { label: string; at: TimeModel }[];
  /** How long it takes, is planned to take, or took. */
  length: { label: string; text: string };
  components: Affected[];
  updates: IncidentModel['updates'];
}

export const isUnderWay = ({ state }: PublicMaintenance) =>
  state === 'in_progress' || state === 'verifying';

export function maintenanceModel(edition: Edition, one: PublicMaintenance): MaintenanceModel {
  const { speech, snapshot } = edition;
  const over = one.state === 'completed' || one.state === 'cancelled';
  return {
    url: edition.href(`/maintenance/${one.id}`),
    title: one.title,
    state: stateOf(speech, one.state),
    window: windowModel(edition, one),
    length: lengthModel(edition, one),
    components: affectedNow(snapshot, speech, one.components).map(({ name, status }) => ({
      name,
      status: over ? undefined : status,
    })),
    updates: one.updates.map((update) => updateModel(speech, update)),
  };
}

function windowModel({ speech }: Edition, one: PublicMaintenance): MaintenanceModel['window'] {
  const { t } = speech;
  const from = one.startedAt ?? one.scheduledFor;
  const to = one.completedAt ?? one.scheduledUntil;
  const endLabel = one.completedAt
    ? 'page:ended'
    : one.startedAt
      ? 'page:planned_end'
      : 'page:ends';
  return [
    { label: t(one.startedAt ? 'page:started' : 'page:starts'), at: timeOf(speech, 'full', from) },
    { label: t(endLabel), at: timeBeside(speech, to, from) },
  ];
}

function lengthModel({ speech }: Edition, one: PublicMaintenance): MaintenanceModel['length'] {
  const { startedAt, completedAt, scheduledFor, scheduledUntil } = one;
  if (startedAt && completedAt) {
    const took = Math.max(minutes(1), completedAt.getTime() - startedAt.getTime());
    return { label: speech.t('page:took'), text: speech.length(took) };
  }
  const planned = scheduledUntil.getTime() - scheduledFor.getTime();
  return { label: speech.t('page:takes'), text: speech.length(planned) };
}
