// Builds what the public may know, of one moment.
import type { Reader } from '../db/tx.ts';
import { linkTo } from '../settings/links.ts';
import { logoFile, logoPath } from '../settings/logo.ts';
import { readSettings } from '../settings/service.ts';
import type { PageSettings } from '../settings/types.ts';
import { days, plus } from '../shared/clock.ts';
import { dayIn, startOfDay } from '../shared/time.ts';
import { arrangeComponents, openImpacts } from './arrange.ts';
import { currentIncidents } from './incident-store.ts';
import {
  aheadMaintenances,
  aheadStates,
  maintenancesBetween,
  newestMaintenances,
} from './maintenance-store.ts';
import { recall } from './memory.ts';
import { momentsOf } from './moments.ts';
import { toMaintenances, recalledWords } from './read.ts';
import { headline } from './rules.ts';
import { newestPublicChange, pageFile, publicComponents, publicGroups } from './store.ts';
import type { PublicMaintenance, PublicPage, PublicSnapshot } from './types.ts';
import { dayAfter } from './uptime.ts';
import { readUptimes } from './uptimes.ts';

const newest = 50;
const newestUpdates = 50;
const recentMaintenanceDays = 31;

/** Everything public, of one moment. `now` decides only what day it is and which times have passed. */
export async function buildSnapshot(
  reader: Reader,
  { publicUrl, now }: { publicUrl: string; now: Date },
): Promise<PublicSnapshot> {
  const { memory, news, seq } = await recall(reader);
  const settings = await readSettings(reader);
  const { timeZone, shown, weights } = settings;
  const today = dayIn(timeZone, now);
  const page = await readPage(reader, settings, publicUrl);
  const componentRows = await publicComponents(reader);
  const { groups, components } = arrangeComponents(await publicGroups(reader), componentRows);
  const { rows, wholeSince } = await currentIncidents(reader, { newest, updates: newestUpdates });
  const recentIncidents = await recalledWords(reader, rows, memory);
  const openIncidents = recentIncidents.filter((incident) => incident.state !== 'resolved');
  const recentMaintenances = await readMaintenances(reader, startOfDay(timeZone, today));
  const maintenances = recentMaintenances.filter(isAhead).toSorted(soonestFirst);
  const statuses = components.map((component) => component.status);
  const { at, staleAt } = momentsOf({
    now,
    midnight: startOfDay(timeZone, dayAfter(today)),
    changedAt: page.updatedAt,
    isTroubled: statuses.some((status) => status !== 'operational'),
    tellsOverdue: shown.overdue,
    openIncidents,
    maintenances,
  });
  const uptimes =
    shown.bars || shown.percentages
      ? await readUptimes(
          reader,
          { zone: timeZone, today, at, components: componentRows, weights },
          { memory, news },
        )
      : undefined;
  // Days that nobody asked for were not kept up to date.
  if (!uptimes) memory.past = undefined;
  // Whatever went unread in between is news again.
  memory.seq = seq;
  return {
    page,
    headline: headline(statuses, openImpacts(recentIncidents)),
    groups,
    components,
    openIncidents,
    recentIncidents,
    recentSince: wholeSince ? dayAfter(dayIn(timeZone, wholeSince)) : firstDay,
    maintenances,
    recentMaintenances,
    uptimes: components.flatMap(({ id }) => uptimes?.get(id) ?? []),
    today,
    at,
    staleAt,
    takenBack: memory.takenBack,
  };
}

/** Before any day there is. */
const firstDay = '0000-01-01';

async function readPage(
  reader: Reader,
  settings: PageSettings,
  publicUrl: string,
): Promise<PublicPage> {
  const logo = await pageFile(reader, logoFile);
  return {
    id: settings.pageId,
    name: settings.name,
    url: publicUrl,
    timeZone: settings.timeZone,
    supportContact: settings.supportContact,
    look: { ...settings.look, links: settings.look.links.filter(({ url }) => linkTo(url)) },
    logo: logo ? { path: logoPath(logo), width: logo.width, height: logo.height } : null,
    shown: settings.shown,
    weights: settings.weights,
    createdAt: settings.createdAt,
    updatedAt: (await newestPublicChange(reader)) ?? settings.createdAt,
  };
}

/** The newest, those that are not over, and those of the past weeks; newest first. */
async function readMaintenances(reader: Reader, dayBegan: Date): Promise<PublicMaintenance[]> {
  const since = plus(dayBegan, -days(recentMaintenanceDays));
  const rows = [
    ...(await newestMaintenances(reader, newest)),
    ...(await aheadMaintenances(reader, newest)),
    ...(await maintenancesBetween(reader, since, plus(dayBegan, days(1)), newest)),
  ];
  const unique = [...new Map(rows.map((row) => [row.id, row])).values()];
  return toMaintenances(
    reader,
    unique.toSorted(
      (a, b) => b.createdAt.getTime() - a.createdAt.getTime() || (a.publicId < b.publicId ? 1 : -1),
    ),
  );
}

const isAhead = ({ state }: PublicMaintenance) => aheadStates.includes(state);

/** Those under way first, then the soonest. */
const soonestFirst = (a: PublicMaintenance, b: PublicMaintenance) =>
  Number(a.state === 'scheduled') - Number(b.state === 'scheduled') ||
  a.scheduledFor.getTime() - b.scheduledFor.getTime() ||
  (a.id < b.id ? -1 : 1);
