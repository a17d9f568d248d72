// The front page: headline, what is open, what is under way, components, what is planned, what is past.
import { createHash } from 'node:crypto';
import { impacts } from '../shared/words.ts';
import type { PublicIncident, PublicSnapshot } from '../status/types.ts';
import { componentModels, scaleModel } from './component-models.ts';
import { recentDays } from './days.ts';
import { type Edition, editionOf } from './editions.ts';
import { isUnderWay, maintenanceModel } from './maintenance-models.ts';
import { incidentModel, shapeOf, timeBeside, timeOf } from './models.ts';
import { pageIn } from './pages.ts';
import type { Speech } from './speech.ts';
import type { Document } from './types.ts';

/** Recurring maintenance may be planned far ahead: the rest is in the calendar. */
const upcomingShown = 5;

export function homePage(edition: Edition): Document & { body: string } {
  const { snapshot } = edition;
  const { name, shown } = snapshot.page;
  const components = componentModels(edition);
  const planned = snapshot.maintenances.filter((one) => one.state === 'scheduled');
  const headline = headlineModel(edition);
  const model = {
    headline,
    incidents: worstFirst(snapshot.openIncidents).map((one) => incidentModel(edition, one)),
    underWay: snapshot.maintenances.filter(isUnderWay).map((one) => maintenanceModel(edition, one)),
    components,
    scale: scaleModel(edition, components),
    upcoming: planned.slice(0, upcomingShown).map((one) => maintenanceModel(edition, one)),
    moreUpcoming: Math.max(0, planned.length - upcomingShown),
    days: recentDays(edition, shown.pastDays),
  };
  return pageIn(edition, 'public/home', `${headline.description} · ${name}`, model, {
    path: '/',
    summary: `${headline.description}. ${headline.open}`,
    stamp: stampOf(snapshot),
  });
}

const worstFirst = (incidents: PublicIncident[]) =>
  incidents.toSorted((a, b) => impacts.indexOf(b.impact) - impacts.indexOf(a.impact));

function headlineModel({ snapshot, speech }: Edition) {
  const { headline, openIncidents, page, today, at } = snapshot;
  const isThisYear = page.updatedAt.toISOString().slice(0, 4) === today.slice(0, 4);
  return {
    description: headlineWords(speech, headline.description),
    shape: shapeOf[headline.indicator],
    open: speech.t('page:open', { count: openIncidents.length }),
    changed: isThisYear
      ? timeBeside(speech, page.updatedAt, at)
      : timeOf(speech, 'full', page.updatedAt),
  };
}

/** Statuspage's English words for each state, in the page's language. */
const headlineWords = ({ t }: Speech, description: string) =>
  t(`page:headline.${description.toLowerCase().replaceAll(' ', '_')}`);

/** Grows with every change of what the front page shows, be it by somebody's doing or by time alone. */
export const stampOf = (snapshot: PublicSnapshot) =>
  Math.max(
    snapshot.at.getTime(),
    snapshot.page.updatedAt.getTime(),
    snapshot.frozenAt?.getTime() ?? 0,
  );

/**
 * What open pages ask for every half minute: `v` is another when anything public is, `at` tells the
 * newer of two. Made from the front page itself, and from the last public change for the other pages.
 */
export function liveDocument(snapshot: PublicSnapshot): Document {
  const at = stampOf(snapshot);
  const v = createHash('sha256')
    .update(homeOf(snapshot).body.replaceAll(String(at), ''))
    .update(snapshot.page.updatedAt.toISOString())
    .digest('base64url')
    .slice(0, 16);
  return { body: JSON.stringify({ at, v }), contentType: 'application/json; charset=utf-8' };
}

const homes = new WeakMap<PublicSnapshot, Document & { body: string }>();

/** The front page in the default language, made once for a snapshot. */
export function homeOf(snapshot: PublicSnapshot): Document & { body: string } {
  let home = homes.get(snapshot);
  if (!home) homes.set(snapshot, (home = homePage(editionOf(snapshot))));
  return home;
}
