// The pages that are the same for everyone: pure functions from a snapshot to HTML.
import { stateLabels } from '../shared/labels.ts';
import { impacts } from '../shared/words.ts';
import { monthIn, monthName } from '../shared/time.ts';
import type { PublicIncident, PublicMonth, PublicSnapshot } from '../status/types.ts';
import { assetText } from '../web/assets.ts';
import { inlineHash } from '../web/headers.ts';
import { type Model, renderText } from '../web/views.ts';
import type { Document } from './types.ts';
import { eventfulDays, recentDays } from './days.ts';
import { componentModels, contactModel, incidentModel, shapeOf, timeOf } from './models.ts';

const daysShown = 14;

export const homePage = (snapshot: PublicSnapshot): Document =>
  page(snapshot, 'public/home', `${snapshot.headline.description} · ${snapshot.page.name}`, {
    headline: headlineModel(snapshot),
    incidents: worstFirst(snapshot.openIncidents).map((one) => incidentModel(snapshot, one)),
    components: componentModels(snapshot),
    days: recentDays(snapshot, daysShown),
    choices: subscribeChoices(snapshot),
  });

const worstFirst = (incidents: PublicIncident[]) =>
  incidents.toSorted((a, b) => impacts.indexOf(b.impact) - impacts.indexOf(a.impact));

export function incidentPage(snapshot: PublicSnapshot, incident: PublicIncident): Document {
  const month = monthIn(snapshot.page.timeZone, incident.startedAt);
  const title = `${incident.title} (${stateLabels[incident.state]}) · ${snapshot.page.name}`;
  return page(snapshot, 'public/incident', title, {
    incident: incidentModel(snapshot, incident),
    month: { url: `/history/${month}`, name: monthName(month) },
  });
}

export function historyPage(snapshot: PublicSnapshot, months: PublicMonth[]): Document {
  const years = [...new Set(months.map(({ month }) => month.slice(0, 4)))];
  return page(snapshot, 'public/history', `Incident history · ${snapshot.page.name}`, {
    years: years.map((year) => ({
      year,
      months: months
        .filter(({ month }) => month.startsWith(year))
        .map(({ month, incidents }) => ({
          url: `/history/${month}`,
          name: monthName(month).replace(` ${year}`, ''),
          incidents,
        })),
    })),
  });
}

export function monthPage(
  snapshot: PublicSnapshot,
  months: PublicMonth[],
  month: string,
  incidents: PublicIncident[],
): Document {
  const index = months.findIndex((one) => one.month === month);
  return page(snapshot, 'public/month', `${monthName(month)} · ${snapshot.page.name}`, {
    name: monthName(month),
    days: eventfulDays(snapshot, incidents),
    earlier: monthLink(months[index + 1]),
    later: index > 0 ? monthLink(months[index - 1]) : undefined,
  });
}

const monthLink = (one: PublicMonth | undefined) =>
  one && { url: `/history/${one.month}`, name: monthName(one.month) };

/** A page in the public layout, for visitors' forms too. */
export function page(
  snapshot: PublicSnapshot,
  view: string,
  title: string,
  model: Model,
): Document & { body: string; styleHash: string } {
  const { name, url, supportContact } = snapshot.page;
  const { text, hash } = style();
  const body = renderText(view, {
    ...model,
    title,
    style: text,
    page: { name, url, contact: contactModel(supportContact) },
    shape: shapeOf[snapshot.headline.indicator],
    favicon: `favicon-${snapshot.headline.indicator}.svg`,
    feeds: feedLinks(url),
  });
  return { body, contentType: 'text/html; charset=utf-8', styleHash: hash };
}

/** Components a subscriber may choose, as the form shows them. */
export const subscribeChoices = (snapshot: PublicSnapshot, chosen: string[] = []) => {
  const groupNames = new Map(snapshot.groups.map((group) => [group.id, group.name]));
  return snapshot.components.map(({ id, name, groupId }) => ({
    id,
    name,
    group: groupId === null ? '' : (groupNames.get(groupId) ?? ''),
    isChosen: chosen.includes(id),
  }));
};

function headlineModel(snapshot: PublicSnapshot) {
  const { headline, openIncidents, page: about } = snapshot;
  const open = openIncidents.length;
  return {
    description: headline.description,
    shape: shapeOf[headline.indicator],
    open:
      open === 0 ? 'No open incidents.' : `${open} open ${open === 1 ? 'incident' : 'incidents'}.`,
    changed: timeOf('full', about.updatedAt),
  };
}

const feedLinks = (url: string) => [
  { name: 'RSS', type: 'application/rss+xml', path: '/feed.rss', url: `${url}/feed.rss` },
  { name: 'Atom', type: 'application/atom+xml', path: '/feed.atom', url: `${url}/feed.atom` },
  { name: 'JSON', type: 'application/feed+json', path: '/feed.json', url: `${url}/feed.json` },
];

let inlined: { text: string; hash: string } | undefined;

/** The one style block of every public page: in the page itself, so that one request shows it. */
function style(): { text: string; hash: string } {
  if (inlined) return inlined;
  const text = [assetText('tokens.css'), assetText('public.css')].map(tighten).join('');
  inlined = { text, hash: inlineHash(text) };
  return inlined;
}

/** Our own style sheets without comments and needless space; they hold neither inside strings. */
const tighten = (css: string) =>
  css
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/\s*([{};,])\s*/g, '$1')
    .replaceAll(/: /g, ':')
    .replaceAll(';}', '}')
    .trim();
