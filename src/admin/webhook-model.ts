// What the desk's webhook pages show: rows, log lines and form choices as plain values.
import { utcShort } from '../shared/time.ts';
import { type WebhookFormat, webhookFormats, type WebhookState } from '../shared/words.ts';
import type { Site } from '../web/types.ts';
import { formatLabels, isSigned } from '../webhooks/rules.ts';
import type { LoggedAttempt, LoggedDelivery, WebhookRow } from '../webhooks/types.ts';
import { deliveryLabels } from './labels.ts';

const stateLabels: Record<WebhookState, string> = {
  pending: 'Waiting for confirmation',
  confirmed: 'In use',
  unsubscribed: 'Ended by its holder',
  quarantined: 'Switched off after failing',
};

/** The shapes and colours of statuses, for states that mean something alike. */
const stateMarks: Record<WebhookState, { icon: string; tone: string }> = {
  pending: { icon: 'clock', tone: '' },
  confirmed: { icon: 'operational', tone: 'status-operational' },
  unsubscribed: { icon: 'cancelled', tone: '' },
  quarantined: { icon: 'major_outage', tone: 'status-major_outage' },
};

const formatHints: Record<WebhookFormat, string> = {
  standard: 'Our own events, signed as standard-webhooks describes.',
  statuspage: 'What Atlassian Statuspage posts, for programs made for it. Signed too.',
  slack: 'An incoming webhook of Slack, or of a chat that takes the same.',
  discord: 'A channel’s webhook.',
  teams: 'A workflow “when a webhook request is received”.',
};

export const formatChoices = webhookFormats.map((value) => ({
  value,
  label: formatLabels[value],
  hint: formatHints[value],
}));

export const rowView = (row: WebhookRow) => ({
  id: row.publicId,
  host: row.host,
  formatLabel: formatLabels[row.format],
  isSigned: isSigned(row.format),
  email: row.email ?? '',
  state: row.state,
  stateLabel: stateLabels[row.state],
  mark: stateMarks[row.state],
  wants: wantsOf(row),
  failures: row.failures,
  failingSince: row.failingSince ? utcShort(row.failingSince) : '',
  made: utcShort(row.createdAt),
  madeIso: row.createdAt.toISOString(),
  last: row.last ? attemptView(row.last) : undefined,
});

function wantsOf({ choices, incidentTitle }: WebhookRow): string {
  if (choices.incidentId !== null) return `only “${incidentTitle ?? 'one incident'}”`;
  const topics = [
    ...(choices.wantsIncidents ? ['incidents'] : []),
    ...(choices.wantsMaintenance ? ['maintenance'] : []),
    ...(choices.wantsComponents ? ['component statuses'] : []),
  ].join(', ');
  const { length } = choices.componentIds;
  if (length === 0) return topics;
  return `${topics} of ${length} ${length === 1 ? 'component' : 'components'}`;
}

const attemptView = (attempt: LoggedAttempt) => ({
  isOk: attempt.outcome === 'sent',
  outcome: attempt.outcome,
  reply: attempt.reply,
  at: attempt.at.toISOString(),
  atText: utcShort(attempt.at),
});

export const logView = (delivery: LoggedDelivery) => ({
  subject: delivery.subject,
  state: delivery.state,
  label: deliveryLabels[delivery.state],
  at: delivery.createdAt.toISOString(),
  atText: utcShort(delivery.createdAt),
  attempts: delivery.attempts.map(attemptView),
});

/** The page's components, to be ticked. */
export function componentChoices(site: Site, chosen: readonly string[]) {
  const { components, groups } = site.snapshots.current();
  const groupNames = new Map(groups.map(({ id, name }) => [id, name]));
  return components.map(({ id, name, groupId }) => ({
    value: id,
    label: name,
    group: groupNames.get(groupId ?? '') ?? '',
    isChosen: chosen.includes(id),
  }));
}

/** A webhook's form as it is filled in. Its address is shown nowhere: empty keeps it. */
export const valuesOf = ({ format, email, choices }: WebhookRow): Record<string, string> => ({
  format,
  endpoint: '',
  email: email ?? '',
  incidents: choices.wantsIncidents ? 'on' : '',
  maintenance: choices.wantsMaintenance ? 'on' : '',
  statuses: choices.wantsComponents ? 'on' : '',
});
