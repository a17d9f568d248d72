// View models of components: groups and lone ones in the page's order, with their days and uptime.
import type { ComponentStatus } from '../shared/words.ts';
import type { PublicComponent, PublicSnapshot } from '../status/types.ts';
import { weightOf } from '../status/uptime.ts';
import { type BarsModel, barsModel } from './bars.ts';
import type { Edition } from './editions.ts';
import { type Labelled, statusOf } from './models.ts';

export interface ComponentModel {
  id: string;
  name: string;
  description: string;
  status: Labelled<ComponentStatus>;
  /** Its own page; empty for a group. */
  url: string;
  /** `99.98%`; undefined where it is not shown or not known. */
  share: string | undefined;
  bars: BarsModel | undefined;
  /** Empty for a component that stands alone. */
  children: ComponentModel[];
  isGroup: boolean;
}

/** Groups and lone components in the order of the page. */
export function componentModels(edition: Edition): ComponentModel[] {
  const { snapshot } = edition;
  const shown = snapshot.components.filter(
    (one) => !one.onlyShowIfDegraded || one.status !== 'operational',
  );
  const groups = snapshot.groups.map((group) => ({
    position: group.position,
    model: {
      ...groupModel(edition, group),
      children: shown
        .filter((one) => one.groupId === group.id)
        .map((one) => componentModel(edition, one)),
    },
  }));
  const alone = shown
    .filter((one) => one.groupId === null)
    .map((one) => ({ position: one.position, model: componentModel(edition, one) }));
  return [...groups.filter(({ model }) => model.children.length > 0), ...alone]
    .toSorted((a, b) => a.position - b.position)
    .map(({ model }) => model);
}

const groupModel = (
  { speech }: Edition,
  { id, name, description, status }: PublicSnapshot['groups'][number],
): ComponentModel => ({
  id,
  name,
  description,
  status: statusOf(speech, status),
  url: '',
  share: undefined,
  bars: undefined,
  children: [],
  isGroup: true,
});

/** A component without showcase tells its status alone. */
export function componentModel(edition: Edition, one: PublicComponent): ComponentModel {
  const { snapshot, speech } = edition;
  const { shown } = snapshot.page;
  const uptime = one.showcase ? uptimeOf(snapshot, one.id) : undefined;
  const share = shown.percentages ? (uptime?.share ?? null) : null;
  return {
    id: one.id,
    name: one.name,
    description: one.description,
    status: statusOf(speech, one.status),
    url: edition.href(`/components/${one.id}`),
    share: share === null ? undefined : speech.percent(share),
    bars: uptime && shown.bars ? barsModel(edition, uptime) : undefined,
    children: [],
    isGroup: false,
  };
}

export const uptimeOf = (snapshot: PublicSnapshot, componentId: string) =>
  snapshot.uptimes.find((one) => one.componentId === componentId);

/** `major outage + 0.3 × partial outage`: what the page's weights count as lost. */
export function formulaOf({ snapshot, speech }: Edition): string {
  const numbers = new Intl.NumberFormat(speech.locale);
  const counted: ComponentStatus[] = [
    'major_outage',
    'partial_outage',
    'degraded_performance',
    'under_maintenance',
  ];
  const terms = counted.flatMap((key) => {
    const weight = weightOf(key, snapshot.page.weights);
    const status = speech.small(speech.t(`page:status.${key}`));
    if (weight === 0) return [];
    if (weight === 1) return [speech.t('page:formula_whole', { status })];
    return [speech.t('page:formula_part', { status, weight: numbers.format(weight) })];
  });
  return speech.t('page:formula', { sum: terms.join(' + '), days: daysOf(snapshot) });
}

/** How many days the bars go back. */
export const daysOf = (snapshot: PublicSnapshot) => snapshot.uptimes[0]?.days.length ?? 90;

/** What stands below the bars, and what their cards need to say. Undefined where no bars are shown. */
export function scaleModel(edition: Edition, components: ComponentModel[]) {
  const { snapshot, speech } = edition;
  const all = components.flatMap((one) => [one, ...one.children]);
  const hasShares = all.some((one) => one.share !== undefined);
  const hasBars = all.some((one) => one.bars !== undefined);
  const ago = (count: number) => speech.t('page:days_ago', { count });
  return {
    hasBars,
    from: ago(daysOf(snapshot)),
    fromOnPhone: ago(30),
    today: snapshot.today,
    formula: hasShares ? formulaOf(edition) : '',
  };
}
