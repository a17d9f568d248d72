// Maintenance on the desk, through the forms as a browser sends them, script or none.
import { beforeEach, describe, expect, it } from 'vitest';
import { maintenanceReminders, maintenances, notifications } from '../../src/db/schema.ts';
import { systemActor } from '../../src/events/types.ts';
import { readSettings, saveSettings } from '../../src/settings/service.ts';
import { addConfirmed } from '../../src/subscribers/service.ts';
import { fieldsOf, type Fields, locationOf, type Person, plainText, startDesk } from './desk.ts';

let desk: Awaited<ReturnType<typeof startDesk>>;
let lead: Person;
beforeEach(async () => {
  desk = await startDesk();
  lead = await desk.person('comms_lead');
});

const path = '/admin/maintenance';
const plan = (): Fields => ({
  title: 'Database upgrade',
  body: 'Payments **pause**.',
  scheduledFor: '2026-11-24T02:00',
  scheduledUntil: '2026-11-24T04:00',
  [`components.${desk.ids['Payments']}`]: 'under_maintenance',
  reminders: ['1440', '60'],
  autoStart: 'on',
  notifies: 'on',
});

async function fill(more: Fields = {}) {
  const page = await lead.get(`${path}/new`);
  return { ...fieldsOf(page, path), ...plan(), ...more };
}

async function announce(more: Fields = {}): Promise<string> {
  const answer = await lead.send(path, await fill(more));
  if (answer.status !== 303) throw new Error(`${answer.status} ${answer.text}`);
  return locationOf(answer).replace(/\?.*/, '');
}

const rows = () => desk.site.kernel.db.read.select().from(maintenances);

async function zone(timeZone: string) {
  const { version, name, supportContact, targetMinutes } = await readSettings(
    desk.site.kernel.db.read,
  );
  const form = { name, supportContact, targetMinutes, timeZone };
  await saveSettings(desk.site.kernel, systemActor, version, form);
}

describe('scheduling', () => {
  it('announces what was filled in, with the usual habits, and shows it', async () => {
    const place = await announce({ notifies: '' });
    const [row] = await rows();
    expect(row).toMatchObject({
      title: 'Database upgrade',
      state: 'scheduled',
      autoStart: true,
      autoComplete: false,
      notifies: false,
      reminders: [1440, 60],
      scheduledFor: new Date('2026-11-24T02:00:00Z'),
    });
    const page = await lead.get(place);
    expect(page.text).toContain('Payments <strong>pause</strong>.');
    expect(page.text).toContain('24 Nov 2026, 02:00 to 04:00 UTC');
    expect((await lead.get(path)).text).toContain('Database upgrade');
    expect((await lead.get('/admin')).text).toContain('Database upgrade');
  });

  it('keeps every word after a fault, names it at its field, and ticks stay', async () => {
    const typed = await fill({
      title: '',
      scheduledUntil: '',
      autoComplete: 'on',
      reminders: ['60'],
    });
    const again = await lead.send(path, typed);
    expect(again.status).toBe(400);
    const kept = fieldsOf(again, path);
    expect(kept).toMatchObject({ body: 'Payments **pause**.', scheduledFor: '2026-11-24T02:00' });
    expect(kept['autoComplete']).toBe('');
    expect(again.text).toMatch(/name="autoComplete" checked/);
    expect(again.text).toMatch(/value="60" checked/);
    expect(again.text).not.toMatch(/value="1440" checked/);
    expect(again.text).toContain('id="error-title"');
    expect(again.text).toContain('id="error-scheduledUntil"');
    expect(await rows()).toEqual([]);
  });

  it('pressed twice announces once', async () => {
    const form = await fill({ notifies: '' });
    const [first, second] = [await lead.send(path, form), await lead.send(path, form)];
    expect(locationOf(first)).toBe(locationOf(second));
    expect(await rows()).toHaveLength(1);
  });

  it('reads times on the page’s wall clock and prints the zone beside them', async () => {
    await zone('Europe/Amsterdam');
    const page = await lead.get(`${path}/new`);
    expect(page.text).toContain('Shown in Europe/Amsterdam, saved as UTC');
    await announce({ notifies: '' });
    expect((await rows())[0]?.scheduledFor.toISOString()).toBe('2026-11-24T01:00:00.000Z');
  });

  it.each([
    ['2027-03-28T02:30', 'does not exist', '2027-03-28T01:30:00.000Z'],
    ['2027-10-31T02:30', 'comes twice', '2027-10-31T00:30:00.000Z'],
  ])('asks which is meant by %s (F-13)', async (scheduledFor, words, chosen) => {
    await zone('Europe/Amsterdam');
    const times = {
      scheduledFor,
      scheduledUntil: `${scheduledFor.slice(0, 11)}06:00`,
      notifies: '',
    };
    const asked = await lead.send(path, await fill(times));
    expect(asked.status).toBe(400);
    expect(asked.text).toContain(words);
    expect(asked.text).toContain(`value="${chosen}"`);
    await announce({ ...times, scheduledForChoice: chosen });
    expect((await rows())[0]?.scheduledFor.toISOString()).toBe(chosen);
  });

  it('previews what will be announced, and the next dates, and publishes nothing', async () => {
    const seen = await lead.send(
      path,
      await fill({ intent: 'preview', repeat: 'weekly', days: ['TU', 'TH'] }),
    );
    expect(seen.status).toBe(200);
    for (const words of [
      'Tuesday 24 November 2026, 02:00',
      'Thursday 26 November 2026, 02:00',
      'Tuesday 8 December 2026, 02:00',
      'Payments <strong>pause</strong>.',
      '24 hours before: a reminder on the page and by email.',
    ]) {
      expect(plainText(seen.text)).toContain(words);
    }
    expect(await rows()).toEqual([]);
    expect(fieldsOf(seen, path)).toMatchObject({ title: 'Database upgrade' });
  });

  it.each([
    [{ repeat: 'daily', every: '2' }, 'RRULE:FREQ=DAILY;INTERVAL=2'],
    [{ repeat: 'weekly' }, 'RRULE:FREQ=WEEKLY;BYDAY=TU'],
    [
      { repeat: 'weekly', days: ['TU', 'FR'], ends: 'count', times: '6' },
      'RRULE:FREQ=WEEKLY;BYDAY=TU,FR;COUNT=6',
    ],
    [{ repeat: 'monthly' }, 'RRULE:FREQ=MONTHLY;BYMONTHDAY=24'],
    [
      { repeat: 'monthly', monthly: 'weekday', ends: 'until', lastDay: '2027-06-30' },
      'RRULE:FREQ=MONTHLY;BYDAY=4TU;UNTIL=20270630',
    ],
    [{ repeat: 'custom', rule: 'freq=yearly' }, 'RRULE:FREQ=YEARLY'],
  ])('repeats with %j', async (more, rule) => {
    await announce({ ...more, notifies: '' });
    expect((await rows())[0]?.rrule?.split('\n')).toContain(rule);
  });

  it.each([
    [{ repeat: 'weekly', days: ['MO'] }, 'days'],
    [{ repeat: 'monthly', monthly: 'last' }, 'monthly'],
    [{ repeat: 'weekly', ends: 'count' }, 'times'],
    [{ repeat: 'weekly', ends: 'until' }, 'lastDay'],
    [{ repeat: 'custom', rule: 'FREQ=SECONDLY' }, 'rule'],
    [{ repeat: 'custom', rule: '' }, 'rule'],
    [{ repeat: 'hourly' }, 'repeat'],
    [{ every: '0', repeat: 'daily' }, 'every'],
  ])('refuses %j at its field', async (more, field) => {
    const again = await lead.send(path, await fill(more));
    expect(again.status).toBe(400);
    expect(again.text).toContain(`id="error-${field}"`);
  });
});

const act = async (place: string, action: string, more: Fields = {}) => {
  const page = await lead.get(place);
  return lead.send(`${place}/${action}`, { ...fieldsOf(page, `${place}/${action}`), ...more });
};

describe('one maintenance', () => {
  it('goes through its states, with the usual sentence where none was written', async () => {
    const place = await announce({ notifies: '' });
    expect((await act(place, 'updates', { state: 'in_progress' })).status).toBe(303);
    expect((await act(place, 'updates', { state: 'verifying', body: 'We look.' })).status).toBe(
      303,
    );
    expect((await act(place, 'updates', { state: 'completed' })).status).toBe(303);
    const page = await lead.get(place);
    expect(page.text).toContain('Scheduled maintenance is currently in progress.');
    expect(page.text).toContain('The scheduled maintenance has been completed.');
    expect(page.text).not.toContain('Reschedule');
  });

  it('has the likely next state chosen: a note while it is far off, then each after the other', async () => {
    const place = await announce({ notifies: '' });
    const chosen = async () =>
      /name="state" value="(\w+)" checked/.exec((await lead.get(place)).text)?.[1];
    expect(await chosen()).toBe('scheduled');
    desk.site.kernel.clock.set('2026-11-24T01:40:00Z');
    // A day and a half away from the desk: the session has ended.
    lead = await desk.person('admin');
    expect(await chosen()).toBe('in_progress');
    for (const [state, after] of [
      ['in_progress', 'verifying'],
      ['verifying', 'completed'],
    ] as const) {
      await act(place, 'updates', { state });
      expect(await chosen()).toBe(after);
    }
  });

  it('asks for words when nothing else is new', async () => {
    const place = await announce({ notifies: '' });
    const again = await act(place, 'updates', { state: 'scheduled' });
    expect(again.status).toBe(400);
    expect(again.text).toContain('id="error-body"');
  });

  it('is moved, and an untouched field stays the very instant', async () => {
    const place = await announce({ notifies: '' });
    const same = await act(place, 'moves');
    expect(same.status).toBe(400);
    expect(same.text).toContain('This is the time it has already.');
    const moved = await act(place, 'moves', { scheduledUntil: '2026-11-24T05:00' });
    expect(moved.status).toBe(303);
    expect((await rows())[0]).toMatchObject({
      scheduledFor: new Date('2026-11-24T02:00:00Z'),
      scheduledUntil: new Date('2026-11-24T05:00:00Z'),
    });
  });

  it('keeps what was typed when somebody else was faster', async () => {
    const place = await announce({ notifies: '' });
    const stale = fieldsOf(await lead.get(place), `${place}/updates`);
    await act(place, 'updates', { state: 'in_progress' });
    const late = await lead.send(`${place}/updates`, {
      ...stale,
      state: 'scheduled',
      body: 'Mine.',
    });
    expect(late.status).toBe(409);
    expect(late.text).toContain('Someone else changed this maintenance');
    expect(fieldsOf(late, `${place}/updates`)['body']).toBe('Mine.');
  });

  it('is cancelled, alone or with its series, or stops repeating', async () => {
    const place = await announce({ notifies: '', repeat: 'weekly' });
    expect((await act(place, 'series-ends')).status).toBe(303);
    expect((await rows())[0]?.rrule).toBeNull();
    expect((await act(place, 'cancellations', { scope: 'series', body: 'Not now.' })).status).toBe(
      303,
    );
    expect((await rows()).map(({ state }) => state)).toEqual(['cancelled']);
    expect((await lead.get(place)).text).toContain('Not now.');
  });

  it('has its details changed, and reminders that passed are not given', async () => {
    const place = await announce({ notifies: '' });
    const changed = await act(place, 'details', {
      title: 'Upgrade',
      reminders: ['10080', '60'],
      [`components.${desk.ids['API']}`]: 'partial_outage',
    });
    expect(changed.status).toBe(303);
    expect((await rows())[0]).toMatchObject({ title: 'Upgrade', reminders: [10080, 60] });
    expect(await desk.site.kernel.db.read.select().from(maintenanceReminders)).toMatchObject([
      { before: 10080, sent: false },
    ]);
  });

  it('has an update corrected', async () => {
    const place = await announce({ notifies: '' });
    const [link = ''] = /\/admin\/maintenance\/\w+\/updates\/\w+\/correction/.exec(
      (await lead.get(place)).text,
    ) ?? [''];
    const form = fieldsOf(await lead.get(link), link);
    expect((await lead.send(link, { ...form, body: 'Corrected.' })).status).toBe(303);
    expect((await lead.get(place)).text).toContain('Corrected.');
    expect((await lead.send(link, { ...form, body: 'Late.' })).status).toBe(409);
  });

  it('shows who was mailed, the mail, and lets it be steered', async () => {
    const { kernel } = desk.site;
    await kernel.db.write((tx) => addConfirmed(tx, kernel, systemActor, ['sam@example.test']));
    const place = await announce({ notifies: 'on' });
    expect((await lead.get(place)).text).toContain('0 of 1 sent');
    const [mail] = await kernel.db.read.select().from(notifications);
    const here = `${place}/mails/${mail?.id}`;
    const page = await lead.get(here);
    expect(page.text).toContain('[Acme Status] Maintenance: Database upgrade');
    const body = await lead.get(`${here}/preview.html`);
    expect(body.headers.get('content-security-policy')).toContain('sandbox');
    expect(body.text).toContain('Database upgrade');
    expect((await lead.send(`${here}/pauses`, {})).status).toBe(303);
    expect((await lead.get('/admin')).text).toContain(here);
    expect((await lead.send(`${here}/cancellations`, {})).status).toBe(303);
    const other = await announce({ notifies: '', title: 'Other' });
    expect((await lead.get(`${other}/mails/${mail?.id}`)).status).toBe(404);
  });

  it('may be read by a viewer, who sees no form', async () => {
    const place = await announce({ notifies: '' });
    const viewer = await desk.person('viewer');
    const page = await viewer.get(place);
    expect(page.status).toBe(200);
    expect(page.text).not.toContain(`action="${place}`);
    expect((await viewer.get(`${path}/new`)).status).toBe(403);
  });

  it('unknown is not found', async () => {
    for (const id of ['000000000000', 'x', '..%2f']) {
      expect((await lead.get(`${path}/${id}`)).status).toBe(404);
    }
  });
});
