// One incident: where it stands, the composer, its record, its emails. The page's model, and showing it.
import { stateLabels, statusLabels } from '../shared/labels.ts';
import { can } from '../accounts/rules.ts';
import { listAccounts, listTokens } from '../accounts/service.ts';
import { listComponents } from '../components/service.ts';
import type { Reader } from '../db/tx.ts';
import {
  incidentDetail,
  type IncidentDetail,
  incidentTimeline,
  updateRevisions,
} from '../incidents/read.ts';
import { progress } from '../notifications/service.ts';
import { readSettings } from '../settings/service.ts';
import { type AppError, notFound } from '../shared/errors.ts';
import { publicIdPattern } from '../shared/ids.ts';
import { renderMarkdown } from '../shared/markdown.ts';
import { utcFull } from '../shared/time.ts';
import { type IncidentState, incidentStates, severities } from '../shared/words.ts';
import { statusOf } from '../web/errors.ts';
import type { Context, Site } from '../web/types.ts';
import { clockFace } from './clocks.ts';
import { componentsField, promiseField, promiseView } from './composer.ts';
import { renderDesk } from './desk.ts';
import { type FormState, freshForm } from './forms.ts';
import { notificationLabels, severityWords, stageLabels } from './labels.ts';
import { proposedState } from './rules.ts';
import { type Names, type Revision, timelineOf } from './timeline.ts';

/** A form of the page that is shown again after a fault. */
export interface Failed {
  which: 'composer' | 'details';
  form: FormState;
  error: AppError;
}

export const incidentId = (c: Context): string => {
  const id = c.req.param('id') ?? '';
  if (!publicIdPattern.test(id)) throw notFound('incident');
  return id;
};

export async function showIncident(c: Context, site: Site, failed?: Failed): Promise<Response> {
  const { kernel } = site;
  const detail = await incidentDetail(kernel.db.read, incidentId(c));
  const account = c.get('account');
  const page = {
    title: detail.incident.title,
    wide: true,
    ...headModel(detail, kernel.clock.now()),
    canSpeak: account !== undefined && can(account.role, 'speak'),
    leads: account !== undefined && detail.incident.commsLeadId === account.id,
    composer: await composerModel(site, detail, failed?.which === 'composer' ? failed : undefined),
    details: detailsModel(detail, failed?.which === 'details' ? failed : undefined),
    timeline: await timelineModel(kernel.db.read, detail),
    emails: await emailsModel(kernel.db.read, detail),
  };
  const status = failed ? statusOf(failed.error) : 200;
  return renderDesk(c, site, 'admin/incident', page, status);
}

function headModel(
  { incident, components, commsLeadName, commanderName }: IncidentDetail,
  now: Date,
) {
  return {
    id: incident.publicId,
    name: incident.title,
    severity: incident.severity,
    state: incident.state,
    stateLabel: stateLabels[incident.state],
    isPrivate: incident.visibility === 'private',
    isOpen: incident.state !== 'resolved',
    face: incident.nextDueAt ? clockFace(incident.nextDueAt, now) : undefined,
    resolvedText: incident.resolvedAt ? utcFull(incident.resolvedAt) : '',
    startedText: utcFull(incident.startedAt),
    startedAt: incident.startedAt.toISOString(),
    impact: incident.impact,
    targetMinutes: incident.targetMinutes,
    commsLead: commsLeadName ?? 'nobody',
    commander: commanderName ?? 'nobody',
    affected: components.map(({ name, status }) => ({ name, status, label: statusLabels[status] })),
  };
}

async function composerModel(site: Site, detail: IncidentDetail, failed: Failed | undefined) {
  const { kernel } = site;
  const { incident } = detail;
  const now = kernel.clock.now();
  const settings = await readSettings(kernel.db.read);
  const late = incident.nextDueAt !== null && incident.nextDueAt <= now;
  const form = failed?.form ?? freshForm({ state: proposedState(incident.state, late) });
  const current = new Map(detail.components.map((one) => [one.publicId, one.status]));
  const keepsKey = failed !== undefined && failed.error.code !== 'mismatch';
  return {
    form,
    key: (keepsKey && form.values['key']) || kernel.ids.publicId(),
    version: incident.version,
    seen: detail.updates[0]?.publicId ?? '',
    states: incidentStates.map((value) => ({
      value,
      label: stateLabels[value],
      checked: form.values['state'] === value,
      warning: skipWords(incident.state, value),
    })),
    components: componentsField(await listComponents(kernel.db.read), form, current),
    current: Object.fromEntries(current),
    promise: promiseView(
      form,
      promiseField(settings.timeZone, now, incident.targetMinutes),
      incident.targetMinutes,
    ),
    monitoringAt: incident.monitoringAt?.toISOString() ?? '',
    theirs:
      failed?.error.code === 'conflict' ? theirUpdates(detail, form.values['seen'] ?? '') : [],
    isConflict: failed?.error.code === 'conflict',
  };
}

/** What others published after the update that the author had last seen. */
function theirUpdates(detail: IncidentDetail, seen: string) {
  const index = detail.updates.findIndex((update) => update.publicId === seen);
  const newer = detail.updates.slice(0, index === -1 ? 1 : index);
  return newer.map((update) => ({
    stateLabel: stateLabels[update.state],
    author: update.authorName ?? 'the API',
    atText: utcFull(update.displayAt),
    html: renderMarkdown(update.body),
  }));
}

/** Read out by the script when a state is chosen that leaves one out; warns, never blocks. */
const skipWords = (from: IncidentState, to: IncidentState) => {
  const skipped = incidentStates
    .slice(incidentStates.indexOf(from) + 1, incidentStates.indexOf(to))
    .map((state) => stateLabels[state]);
  return skipped.length === 0 ? '' : `This skips ${skipped.join(' and ')}.`;
};

const detailsModel = ({ incident }: IncidentDetail, failed: Failed | undefined) => ({
  form:
    failed?.form ??
    freshForm({
      title: incident.title,
      severity: String(incident.severity),
      targetMinutes: String(incident.targetMinutes),
    }),
  version: incident.version,
  isOpen: failed !== undefined,
  severities: severities.map((value) => ({
    value: String(value),
    label: `SEV${value}: ${severityWords[value].split(':')[0]?.toLowerCase()}`,
  })),
});

async function timelineModel(reader: Reader, detail: IncidentDetail) {
  const events = await incidentTimeline(reader, detail.incident.id);
  const revisions = new Map<number, Revision[]>();
  for (const update of detail.updates.filter((one) => one.revisions > 0)) {
    const earlier = await updateRevisions(reader, update.id);
    const shown = earlier.toReversed().map(({ body, replacedAt, replacedByName }) => ({
      html: renderMarkdown(body),
      replacedText: utcFull(replacedAt),
      replacedBy: replacedByName ?? 'the API',
    }));
    revisions.set(update.id, shown);
  }
  return timelineOf(detail, events, await namesOf(reader), revisions);
}

export async function namesOf(reader: Reader): Promise<Names> {
  const accounts = new Map((await listAccounts(reader)).map(({ id, name }) => [id, name]));
  const tokens = new Map((await listTokens(reader)).map(({ id, name }) => [id, name]));
  return {
    account: (id) => (id === null ? undefined : accounts.get(id)) ?? 'A former account',
    token: (id) => `API token ${(id === null ? undefined : tokens.get(id)) ?? ''}`.trim(),
  };
}

async function emailsModel(reader: Reader, { updates }: IncidentDetail) {
  const drafts = updates.flatMap((update) => (update.draft ? [update.draft] : []));
  return Promise.all(
    drafts.map(async (draft) => {
      const sending =
        draft.notificationId === null ? undefined : await progress(reader, draft.notificationId);
      return {
        id: draft.id,
        stageLabel: stageLabels[draft.stage],
        subject: draft.subject,
        state: draft.state,
        reason: draft.reason ?? '',
        sending: sending && {
          state: sending.state,
          label: notificationLabels[sending.state],
          sent: sending.counts.sent,
          owed: sending.owed,
          failed: sending.counts.failed,
        },
      };
    }),
  );
}
