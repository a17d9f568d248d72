// All incidents, newest first, a page at a time.
import { stateLabels } from '../shared/labels.ts';
import { can } from '../accounts/rules.ts';
import { recentIncidents } from '../incidents/read.ts';
import { invalid } from '../shared/errors.ts';
import { utcFull } from '../shared/time.ts';
import type { Context, Route, Site } from '../web/types.ts';
import { renderDesk } from './desk.ts';

const pageSize = 50;

export const incidentListRoutes = (site: Site): Route[] => [
  {
    method: 'GET',
    path: '/admin/incidents',
    surface: 'desk',
    needs: 'read',
    handle: (c) => showList(c, site),
  },
];

async function showList(c: Context, site: Site): Promise<Response> {
  const before = idParameter(c, 'before');
  const rows = await recentIncidents(site.kernel.db.read, { before, limit: pageSize + 1 });
  const shown = rows.slice(0, pageSize);
  const account = c.get('account');
  return renderDesk(c, site, 'admin/incidents', {
    title: 'Incidents',
    canSpeak: account !== undefined && can(account.role, 'speak'),
    isFirstPage: before === undefined,
    older: rows.length > pageSize ? shown.at(-1)?.id : undefined,
    rows: shown.map((incident) => ({
      id: incident.publicId,
      title: incident.title,
      severity: incident.severity,
      state: incident.state,
      stateLabel: stateLabels[incident.state],
      isPrivate: incident.visibility === 'private',
      components: incident.components.map(({ name }) => name).join(', '),
      at: incident.startedAt.toISOString(),
      atText: utcFull(incident.startedAt),
    })),
  });
}

/** A row id from the query; undefined when it is not there. */
export function idParameter(c: Context, name: string): number | undefined {
  const [value, ...others] = c.req.queries(name) ?? [];
  if (value === undefined) return undefined;
  if (others.length > 0 || !/^\d{1,15}$/.test(value)) {
    throw invalid(name, 'This link is not complete. Please go back and follow it again.');
  }
  return Number(value);
}
