// An incident as its emails tell it, for the tests of templates.
import type { Stage } from '../../src/shared/words.ts';
import type { Facts, MailProblem } from '../../src/templates/types.ts';
import { incidentFacts, type IncidentMailValues } from '../../src/templates/variables.ts';

export const slots = ['unsubscribe_url', 'manage_url'] as const;

export const slotValues = {
  unsubscribe_url: 'https://status.example.com/unsubscribe/abc',
  manage_url: 'https://status.example.com/subscriptions/manage/abc',
};

export const personal = {
  cannot_do: 'Pay by card.',
  workaround: 'Pay by **bank transfer**.',
  cause: 'A certificate had expired.',
  fix: 'We renewed it.',
  prevention: 'Renewal is now automatic.',
};

const values = (stage: Stage, more: Partial<IncidentMailValues> = {}): IncidentMailValues => ({
  page: {
    name: 'Acme Status',
    url: 'https://status.example.com',
    timeZone: 'Europe/Amsterdam',
    supportContact: 'support@example.com',
  },
  title: 'Card payments fail',
  stage,
  severity: 2,
  components: ['Payments', 'API'],
  startedAt: new Date('2026-11-22T14:05:00Z'),
  publishedAt: new Date('2026-11-22T14:30:00Z'),
  update: 'One in three payments fails. See [details](https://example.com/d).',
  nextUpdateBy: ['resolved', 'postmortem'].includes(stage)
    ? null
    : new Date('2026-11-22T15:00:00Z'),
  incidentUrl: 'https://status.example.com/incidents/0123456789bc',
  personal,
  ...more,
});

export const facts = (stage: Stage, more: Partial<IncidentMailValues> = {}): Facts =>
  incidentFacts(values(stage, more));

/** Problems in a form that reads well in a table: `mjml:3 error <script> …`. */
export const written = (problems: MailProblem[]) =>
  problems.map(({ part, line, kind, message }) => `${part}:${line ?? '-'} ${kind} ${message}`);
