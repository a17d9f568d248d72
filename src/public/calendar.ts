// Scheduled maintenance as a calendar (RFC 5545): one feed to subscribe to. The same snapshot, the same bytes.
import ical, {
  ICalCalendarMethod,
  ICalEventStatus,
  ICalEventTransparency,
  type ICalCalendar,
} from 'ical-generator';
import { cleanText } from '../shared/text.ts';
import { maintenanceLabels } from '../shared/labels.ts';
import type { PublicMaintenance, PublicSnapshot } from '../status/types.ts';
import { wordsToText } from './rendered.ts';
import type { Document, FixedDocuments } from './types.ts';

/** Seconds after which calendar programs should look again. They rarely look more often. */
const refreshEvery = 3600;

export const calendarDocuments: FixedDocuments = {
  'calendar.ics': (snapshot) => calendar(snapshot),
};

function calendar(snapshot: PublicSnapshot): Document {
  const { page } = snapshot;
  const file = ical({
    name: escaped(`${page.name}: planned maintenance`),
    description: escaped(`Planned maintenance of ${page.name}.`),
    method: ICalCalendarMethod.PUBLISH,
    prodId: { company: 'Forthright', product: 'Status page', language: 'EN' },
    ttl: refreshEvery,
    url: `${page.url}/calendar.ics`,
  });
  const names = new Map(snapshot.components.map(({ id, name }) => [id, name]));
  for (const maintenance of known(snapshot)) addEvent(file, page.url, maintenance, names);
  return {
    body: `${file.toString()}\r\n`,
    contentType: 'text/calendar; charset=utf-8',
    isOpen: true,
  };
}

/** Not over and recent ones, by start: the order in which they were made says nothing here. */
const known = ({ recentMaintenances }: PublicSnapshot) =>
  recentMaintenances.toSorted(
    (a, b) => a.scheduledFor.getTime() - b.scheduledFor.getTime() || (a.id < b.id ? -1 : 1),
  );

function addEvent(
  file: ICalCalendar,
  pageUrl: string,
  maintenance: PublicMaintenance,
  names: ReadonlyMap<string, string>,
): void {
  const { id, title, state, scheduledFor, scheduledUntil, updates } = maintenance;
  const components = maintenance.components.map((one) => line(names.get(one.id) ?? ''));
  const url = `${pageUrl}/maintenance/${id}`;
  file.createEvent({
    id: `${id}@${new URL(pageUrl).hostname}`,
    // A calendar replaces what it has when this grows: every move is an update too.
    sequence: Math.max(0, updates.length - 1),
    stamp: maintenance.updatedAt,
    created: maintenance.createdAt,
    lastModified: maintenance.updatedAt,
    start: scheduledFor,
    end: scheduledUntil,
    summary: line(title),
    description: described(maintenance, components.filter(Boolean), url),
    url,
    status: state === 'cancelled' ? ICalEventStatus.CANCELLED : ICalEventStatus.CONFIRMED,
    // It concerns a service, not the reader's own time.
    transparency: ICalEventTransparency.TRANSPARENT,
    categories: components.filter(Boolean).map((name) => ({ name })),
  });
}

function described(
  { state, updates }: PublicMaintenance,
  components: string[],
  url: string,
): string {
  const [newest] = updates;
  const announced = updates.at(-1);
  const words = [newest, announced === newest ? undefined : announced]
    .flatMap((update) => (update ? [cleanText(wordsToText(update.body))] : []))
    .join('\n\n');
  const affected = components.length > 0 ? `\nAffected: ${components.join(', ')}` : '';
  return `${maintenanceLabels[state]}${affected}\n\n${words}\n\n${url}`;
}

/** The library writes a calendar's own name as it is given. */
const escaped = (text: string) => line(text).replaceAll(/[\\;,]/g, String.raw`\$&`);

/** Text that stays on its line: a calendar's own line breaks mean something. */
const line = (text: string) => cleanText(text).replaceAll(/\s+/g, ' ').trim();
