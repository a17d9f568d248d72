// The mails about maintenance as they ship: each kind compiles, says what is true, and keeps texts in their place.
import { afterAll, expect, it } from 'vitest';
import { composeMail, type ToTell } from '../../src/maintenance/mail.ts';
import { type MailKind, mailKinds } from '../../src/maintenance/types.ts';
import { closeCompiler } from '../../src/templates/compile.ts';
import type { MaintenanceState } from '../../src/shared/words.ts';
import { testKernel } from '../support/kernel.ts';

afterAll(() => closeCompiler());

const states: Partial<Record<MailKind, MaintenanceState>> = {
  started: 'in_progress',
  verifying: 'verifying',
  completed: 'completed',
  cancelled: 'cancelled',
};
const labels: Record<MailKind, string> = {
  announced: 'Scheduled maintenance',
  reminder: 'Begins in 60 minutes',
  started: 'In progress',
  updated: 'Scheduled',
  verifying: 'Verifying',
  completed: 'Completed',
  rescheduled: 'Moved',
  cancelled: 'Cancelled',
};

const told = (kind: MailKind): ToTell => ({
  kind,
  maintenance: {
    publicId: '0123456789bc',
    title: 'Database <upgrade> {{unsubscribe_url}}',
    state: states[kind] ?? 'scheduled',
    scheduledFor: new Date('2026-11-24T02:00:00Z'),
    scheduledUntil: new Date('2026-11-24T04:00:00Z'),
    startedAt: null,
    completedAt: kind === 'completed' ? new Date('2026-11-24T03:30:00Z') : null,
    reminders: [1440, 60],
    autoStart: true,
  },
  words: 'Payments **pause**. [brackets] stay. <script>alert(1)</script>',
  components: [
    { name: 'Payments', status: 'under_maintenance' },
    { name: 'API', status: 'operational' },
  ],
  before: kind === 'reminder' ? 60 : undefined,
  movedFrom:
    kind === 'rescheduled'
      ? {
          scheduledFor: new Date('2026-11-23T02:00:00Z'),
          scheduledUntil: new Date('2026-11-23T04:00:00Z'),
        }
      : undefined,
});

it.each(mailKinds)('%s', async (kind) => {
  const { subject, html, plain } = await composeMail(await testKernel(), told(kind));
  expect(subject).toBe('[Acme Status] Maintenance: Database <upgrade> {{unsubscribe_url}}');
  for (const part of [html, plain]) {
    expect(part).toContain(labels[kind]);
    expect(part).toContain('24 Nov 2026, 02:00 UTC');
    expect(part).toContain('Payments (under maintenance), API (stays available)');
    expect(part).toContain('https://status.example.com/maintenance/0123456789bc');
    expect(part).toContain('https://status.example.com/calendar.ics');
    expect(part.split('{{unsubscribe_url}}')).toHaveLength(2);
  }
  expect(html).toContain('<strong>pause</strong>');
  expect(html).not.toContain('<script');
  expect(html).not.toContain('<upgrade>');
  expect(plain.includes('23 Nov 2026, 02:00 UTC')).toBe(kind === 'rescheduled');
  expect(plain.includes('24 Nov 2026, 03:30 UTC')).toBe(kind === 'completed');
  expect(
    plain.includes('We will remind you 24 hours before it begins, and again 60 minutes before.'),
  ).toBe(
    kind === 'announced' || kind === 'reminder' || kind === 'updated' || kind === 'rescheduled',
  );
});
