// The desk's home: open incidents with their clocks, emails that wait for a decision, what was resolved lately.
import { stateLabels } from '../shared/labels.ts';
import { can } from '../accounts/rules.ts';
import type { IncidentSummary } from '../incidents/read.ts';
import { openIncidents, recentIncidents } from '../incidents/read.ts';
import { openMaintenances } from '../maintenance/read.ts';
import { isRunning } from '../maintenance/rules.ts';
import { utcFull } from '../shared/time.ts';
import type { Context, Route, Site } from '../web/types.ts';
import { render } from '../web/views.ts';
import { ago, clockFace, type ClockFace } from './clocks.ts';
import { deskFrame, renderDesk } from './desk.ts';
import { stageLabels } from './labels.ts';
import { maintenanceLine } from './maintenance.ts';
import { pendingDrafts } from './store.ts';

export const homeRoutes = (site: Site): Route[] => [
  {
    method: 'GET',
    path: '/admin',
    surface: 'desk',
    needs: 'read',
    handle: async (c) =>
      renderDesk(c, site, 'admin/home', { title: 'Clocks', ...(await homeModel(c, site)) }),
  },
  {
    method: 'GET',
    path: '/admin/clocks',
    surface: 'desk',
    needs: 'read',
    handle: async (c) =>
      render(c, 'admin/clocks', {
        desk: await deskFrame(c, site),
        cards: await clockCards(c, site),
      }),
  },
];

async function homeModel(c: Context, site: Site) {
  const { kernel } = site;
  const now = kernel.clock.now();
  const recent = await recentIncidents(kernel.db.read, { limit: 30 });
  const drafts = await pendingDrafts(kernel.db.read);
  return {
    cards: await clockCards(c, site),
    canSpeak: maySpeak(c),
    maintenance: await maintenanceNow(site),
    drafts: drafts.map((draft) => ({
      ...draft,
      stageLabel: stageLabels[draft.stage],
      made: ago(draft.createdAt, now),
    })),
    resolved: recent
      .filter((incident) => incident.state === 'resolved')
      .slice(0, 5)
      .map((incident) => ({
        id: incident.publicId,
        title: incident.title,
        severity: incident.severity,
        isPrivate: incident.visibility === 'private',
        resolvedAt: incident.resolvedAt?.toISOString() ?? '',
        resolvedText: incident.resolvedAt ? utcFull(incident.resolvedAt) : '',
      })),
  };
}

/** What is under way, what waits for a person, and the next one. */
async function maintenanceNow({ kernel }: Site) {
  const now = kernel.clock.now();
  const open = await openMaintenances(kernel.db.read);
  const current = open.filter((one) => isRunning(one.state) || one.scheduledFor <= now);
  const next = open.filter((one) => !current.includes(one)).slice(0, 1);
  return [...current, ...next].map((one) => maintenanceLine(one, now));
}

const maySpeak = (c: Context) => {
  const account = c.get('account');
  return account !== undefined && can(account.role, 'speak');
};

export interface ClockCard {
  id: string;
  title: string;
  severity: number;
  state: string;
  stateLabel: string;
  isPrivate: boolean;
  components: string;
  lead: string;
  face: ClockFace | undefined;
  canSpeak: boolean;
  /** For the one-press holding update. */
  version: number;
  key: string;
}

async function clockCards(c: Context, site: Site): Promise<ClockCard[]> {
  const { kernel } = site;
  const now = kernel.clock.now();
  const canSpeak = maySpeak(c);
  return (await openIncidents(kernel.db.read)).map((incident) =>
    clockCard(incident, { now, canSpeak, key: kernel.ids.publicId() }),
  );
}

const clockCard = (
  incident: IncidentSummary,
  about: { now: Date; canSpeak: boolean; key: string },
): ClockCard => ({
  id: incident.publicId,
  title: incident.title,
  severity: incident.severity,
  state: incident.state,
  stateLabel: stateLabels[incident.state],
  isPrivate: incident.visibility === 'private',
  components: incident.components.map((component) => component.name).join(', '),
  lead: incident.commsLeadName ?? '',
  face: incident.nextDueAt ? clockFace(incident.nextDueAt, about.now) : undefined,
  canSpeak: about.canSpeak,
  version: incident.version,
  key: about.key,
});
