// The page of one component: its 90 days in bars and in words, and what touched it.
import type { ComponentStatus } from '../shared/words.ts';
import type {
  PublicComponent,
  PublicDay,
  PublicIncident,
  PublicMaintenance,
  PublicUptime,
} from '../status/types.ts';
import { upShare } from '../status/uptime.ts';
import { barsModel } from './bars.ts';
import { componentModel, daysOf, scaleModel, uptimeOf } from './component-models.ts';
import { eventfulDays } from './days.ts';
import type { Edition } from './editions.ts';
import { stampOf } from './home.ts';
import { pageIn } from './pages.ts';
import type { Document } from './types.ts';

export function componentPage(edition: Edition, component: PublicComponent): Document {
  const { snapshot, speech } = edition;
  const model = componentModel(edition, component);
  const group = snapshot.groups.find((one) => one.id === component.groupId);
  const uptime = component.showcase ? uptimeOf(snapshot, component.id) : undefined;
  const { shown } = snapshot.page;
  const title = `${component.name} (${model.status.label}) · ${snapshot.page.name}`;
  const touches = (one: PublicIncident | PublicMaintenance) => isTouching(one, component.id);
  const summary = [
    `${component.name}: ${model.status.label}.`,
    ...(model.share === undefined ? [] : [`${speech.t('page:uptime', { share: model.share })}.`]),
  ].join(' ');
  return pageIn(
    edition,
    'public/component',
    title,
    {
      component: model,
      group: group?.name ?? '',
      scale: scaleModel(edition, [model]),
      days: speech.t('page:past_days_title', { days: daysOf(snapshot) }),
      months: uptime && shown.percentages ? monthsOf(edition, uptime) : [],
      // In words even where the bars are switched off.
      told: uptime ? barsModel(edition, uptime) : undefined,
      touched: eventfulDays(edition, {
        incidents: snapshot.recentIncidents.filter(touches),
        maintenances: snapshot.recentMaintenances.filter(touches),
      }),
    },
    { path: `/components/${component.id}`, summary, stamp: stampOf(snapshot) },
  );
}

/** Now, or by any of its updates. */
const isTouching = (
  { components, updates }: PublicIncident | PublicMaintenance,
  componentId: string,
): boolean =>
  components.some((one) => one.id === componentId) ||
  updates.some((update) =>
    update.affected.some((one) => one.code === componentId && one.newStatus !== 'operational'),
  );

/** Calendar months of the days there are, newest first; the oldest and this one are told as far as they go. */
function monthsOf({ snapshot, speech }: Edition, { days }: PublicUptime) {
  const names = [...new Set(days.map(({ day }) => day.slice(0, 7)))].toReversed();
  return names.flatMap((month) => {
    const some = days.filter(({ day }) => day.startsWith(month));
    const spent = some.map((day) => day.spent);
    const share = upShare(spent, snapshot.page.weights);
    if (share === null) return [];
    const lost = some.reduce((sum, day) => sum + troubleOf(day), 0);
    return [
      {
        name: speech.month(month),
        share: speech.percent(share),
        trouble: lost > 0 ? speech.length(lost) : speech.t('page:none_recorded'),
      },
    ];
  });
}

/** Time in any status that is not operational, planned maintenance apart. */
function troubleOf({ spent }: PublicDay): number {
  const entries = Object.entries(spent) as [ComponentStatus, number][];
  return entries
    .filter(([status]) => status !== 'operational' && status !== 'under_maintenance')
    .reduce((sum, [, length]) => sum + length, 0);
}
