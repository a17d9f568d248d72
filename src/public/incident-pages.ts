// The page of one incident, and of one maintenance.
import { monthIn } from '../shared/time.ts';
import type { PublicIncident, PublicMaintenance } from '../status/types.ts';
import { shorten } from './days.ts';
import type { Edition } from './editions.ts';
import { stampOf } from './home.ts';
import { maintenanceModel } from './maintenance-models.ts';
import { incidentModel } from './models.ts';
import { pageIn } from './pages.ts';
import { wordsToText } from './rendered.ts';
import type { Document } from './types.ts';

const summaryLength = 160;

export function incidentPage(edition: Edition, incident: PublicIncident): Document {
  const model = incidentModel(edition, incident);
  const title = `${incident.title} (${model.state.label}) · ${edition.snapshot.page.name}`;
  return pageIn(
    edition,
    'public/incident',
    title,
    { incident: model, month: monthLinkAt(edition, incident.startedAt) },
    {
      path: `/incidents/${incident.id}`,
      summary: summaryOf(edition, model.state.label, incident.updates),
      // A closed one changes by a correction alone: its bytes stay what they were meanwhile.
      stamp: model.isOpen ? stampOf(edition.snapshot) : incident.updatedAt.getTime(),
    },
  );
}

export function maintenancePage(edition: Edition, maintenance: PublicMaintenance): Document {
  const model = maintenanceModel(edition, maintenance);
  const isOver = maintenance.state === 'completed' || maintenance.state === 'cancelled';
  const title = `${maintenance.title} (${model.state.label}) · ${edition.snapshot.page.name}`;
  return pageIn(
    edition,
    'public/maintenance',
    title,
    {
      maintenance: model,
      month: isOver ? monthLinkAt(edition, maintenance.scheduledFor) : undefined,
    },
    {
      path: `/maintenance/${maintenance.id}`,
      summary: summaryOf(edition, model.state.label, maintenance.updates),
      stamp: maintenance.updatedAt.getTime(),
    },
  );
}

/** `Identified: the first words of the newest update`. */
function summaryOf({ snapshot, speech }: Edition, state: string, updates: { body: string }[]) {
  const words = shorten(wordsToText(updates[0]?.body ?? ''), summaryLength);
  return words === ''
    ? speech.t('page:about_page', { name: snapshot.page.name })
    : speech.t('page:day_told', { date: state, told: words });
}

/** Where the history tells of that time. Only months up to this one have a page. */
function monthLinkAt({ snapshot, speech, href }: Edition, at: Date) {
  const month = monthIn(snapshot.page.timeZone, at);
  if (month > snapshot.today.slice(0, 7)) return undefined;
  return {
    url: href(`/history/${month}`),
    words: speech.t('page:incidents_of', { month: speech.month(month) }),
  };
}
