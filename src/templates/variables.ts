// The placeholders of an incident's email: the list that the editor shows, and how they get their values.
import { isoInZone, offsetMinutes, utcClock, utcFull } from '../shared/time.ts';
import { isOneOf, type Stage } from '../shared/words.ts';
import type { Fact, Facts } from './types.ts';

interface Variable {
  name: string;
  kind: Fact['kind'];
  /** For people: the name of the field. */
  label: string;
  example: string;
}

/** What only a person can say. In a draft each starts as its prompt, which blocks sending. */
const personalNames = ['cannot_do', 'workaround', 'cause', 'fix', 'prevention'] as const;
export type PersonalName = (typeof personalNames)[number];

const prompts: Record<PersonalName, string> = {
  cannot_do: '[what customers cannot do]',
  workaround: '[what they can do meanwhile]',
  cause: '[what the cause was]',
  fix: '[what fixed it]',
  prevention: '[what you do so that it does not come again]',
};

const personalByStage: Record<Stage, readonly PersonalName[]> = {
  investigating: ['cannot_do', 'workaround'],
  identified: ['cannot_do', 'workaround'],
  monitoring: ['workaround'],
  resolved: ['cause', 'fix', 'prevention'],
  postmortem: ['cause', 'prevention'],
};

/** Every placeholder of a stage template, in the order of the editor's table. */
export const variables: readonly Variable[] = [
  text('title', 'Incident title', 'Card payments are failing'),
  text('stage', 'Stage, as a word for machines', 'identified'),
  text('state_label', 'State', 'Identified'),
  text('severity', 'Severity', 'SEV2'),
  text('components', 'Affected components', 'Payments, API'),
  text('started_at', 'Started', '22 Nov 2026, 14:05 UTC'),
  text('published_at', 'This update published', '22 Nov 2026, 14:30 UTC'),
  markdown('update', 'Words of the update', 'A database ran out of connections.'),
  text('next_update_by', 'Next update by', '15:00 UTC'),
  url('incident_url', 'Link to the incident', 'https://status.example.com/incidents/…'),
  text('page_name', 'Page name', 'Acme Status'),
  url('page_url', 'Link to the status page', 'https://status.example.com'),
  text('support_contact', 'Support contact', 'support@example.com'),
  markdown('cannot_do', 'What customers cannot do', 'Pay by card.'),
  markdown('workaround', 'What they can do meanwhile', 'Pay by bank transfer.'),
  markdown('cause', 'What the cause was', 'A certificate had expired.'),
  markdown('fix', 'What fixed it', 'We renewed the certificate.'),
  markdown('prevention', 'What is done against a repeat', 'Renewal is now automatic.'),
];

/** True for a placeholder whose words only a person can give. */
export const isPersonal = (name: string) => isOneOf(personalNames, name);

/** The person's own facts as a new draft of `stage` starts with them: a prompt for each. */
export const personalPrompts = (stage: Stage): Partial<Record<PersonalName, string>> =>
  Object.fromEntries(personalByStage[stage].map((name) => [name, prompts[name]]));

export interface IncidentMailValues {
  page: { name: string; url: string; timeZone: string; supportContact: string };
  title: string;
  stage: Stage;
  severity: number;
  /** Names, in the page's order. */
  components: readonly string[];
  startedAt: Date;
  /** When the update that this mail tells about was published. */
  publishedAt: Date;
  /** Markdown. */
  update: string;
  nextUpdateBy: Date | null;
  incidentUrl: string;
  /** The person's own facts; what is missing or empty disappears from the mail. */
  personal: Partial<Record<string, string>>;
}

/** All facts of an incident's email. Times are UTC, with the page's own zone beside it. */
export function incidentFacts(values: IncidentMailValues): Facts {
  const { page } = values;
  const zone = page.timeZone;
  const written: Record<string, string> = {
    title: values.title,
    stage: values.stage,
    state_label: stageLabels[values.stage],
    severity: `SEV${values.severity}`,
    components: values.components.join(', '),
    started_at: mailTime(values.startedAt, zone),
    published_at: mailTime(values.publishedAt, zone),
    update: values.update,
    next_update_by: promise(values.nextUpdateBy, values.publishedAt, zone),
    incident_url: values.incidentUrl,
    page_name: page.name,
    page_url: page.url,
    support_contact: page.supportContact,
  };
  for (const name of personalNames) written[name] = values.personal[name] ?? '';
  return Object.fromEntries(
    variables.map(({ name, kind }) => [name, { kind, value: written[name] ?? '' }]),
  );
}

const stageLabels: Record<Stage, string> = {
  investigating: 'Investigating',
  identified: 'Identified',
  monitoring: 'Monitoring',
  resolved: 'Resolved',
  postmortem: 'Postmortem',
};

/** `22 Nov 2026, 14:05 UTC`, with `(15:05 Amsterdam)`, unbroken, behind it where the page's zone differs. */
export const mailTime = (at: Date, zone: string) => utcFull(at) + localClock(at, zone);

/** `15:00 UTC` on the day of publishing, else with the date. */
function promise(due: Date | null, publishedAt: Date, zone: string): string {
  if (!due) return '';
  const sameDay = due.toISOString().slice(0, 10) === publishedAt.toISOString().slice(0, 10);
  return sameDay ? utcClock(due) + localClock(due, zone) : mailTime(due, zone);
}

function localClock(at: Date, zone: string): string {
  if (offsetMinutes(zone, at) === 0) return '';
  const city = zone.slice(zone.lastIndexOf('/') + 1).replaceAll('_', '\u00a0');
  return ` (${isoInZone(zone, at).slice(11, 16)}\u00a0${city})`;
}

function text(name: string, label: string, example: string): Variable {
  return { name, kind: 'text', label, example };
}

function markdown(name: string, label: string, example: string): Variable {
  return { name, kind: 'markdown', label, example };
}

function url(name: string, label: string, example: string): Variable {
  return { name, kind: 'url', label, example };
}
