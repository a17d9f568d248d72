// Recording a past incident at the desk: rows without script, times in the page's zone, faults at their fields.
import { asc } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { incidents, incidentUpdates, notifications, statusIntervals } from '../../src/db/schema.ts';
import { systemActor } from '../../src/events/types.ts';
import { readSettings, saveSettings } from '../../src/settings/service.ts';
import { type Fields, fieldsOf, locationOf, plainText, startDesk } from './desk.ts';

const action = '/admin/incidents/past';

async function amsterdam() {
  const desk = await startDesk();
  const { kernel } = desk.site;
  const { name, supportContact, targetMinutes, version } = await readSettings(kernel.db.read);
  const form = { name, supportContact, targetMinutes, timeZone: 'Europe/Amsterdam' };
  await saveSettings(kernel, systemActor, version, form);
  const lead = await desk.person('comms_lead');
  const page = await lead.get(action);
  return {
    ...desk,
    lead,
    page,
    send: (more: Fields = {}) =>
      lead.send(action, {
        ...fieldsOf(page, action),
        title: 'Cards were declined',
        'at.0': '2026-11-20T11:00',
        'body.0': 'Cards are declined.',
        'at.1': '2026-11-20T12:00',
        'body.1': 'Cards work again.',
        ...more,
      }),
    stored: async () => ({
      incidents: await kernel.db.read.select().from(incidents),
      updates: await kernel.db.read
        .select()
        .from(incidentUpdates)
        .orderBy(asc(incidentUpdates.displayAt)),
      outages: (await kernel.db.read.select().from(statusIntervals)).filter(
        (row) => row.status !== 'operational',
      ),
      notifications: await kernel.db.read.select().from(notifications),
    }),
  };
}

it('records it under its own times, counted, and tells nobody', async () => {
  const { send, stored, ids, lead } = await amsterdam();
  const answer = await send({ [`components.${ids['Payments']}`]: 'major_outage' });
  expect(answer.status).toBe(303);
  const { incidents: rows, updates, outages, notifications: told } = await stored();
  expect(rows[0]).toMatchObject({ title: 'Cards were declined', state: 'resolved', severity: 2 });
  expect(updates.map(({ state, displayAt }) => [state, displayAt.toISOString()])).toEqual([
    ['investigating', '2026-11-20T10:00:00.000Z'],
    ['resolved', '2026-11-20T11:00:00.000Z'],
  ]);
  expect(outages).toMatchObject([
    { status: 'major_outage', startedAt: updates[0]?.displayAt, endedAt: updates[1]?.displayAt },
  ]);
  expect(told).toEqual([]);
  const page = await lead.get(locationOf(answer));
  expect(page.text).toContain('Recorded. Nobody was notified.');
});

it('leaves the uptime alone when it does not count', async () => {
  const { send, stored, ids } = await amsterdam();
  await send({ [`components.${ids['Payments']}`]: 'major_outage', counts: '' });
  expect((await stored()).outages).toEqual([]);
});

describe('more updates', () => {
  it('are added in between, without losing what was typed', async () => {
    const { send, lead, stored } = await amsterdam();
    const wider = await send({ intent: 'more' });
    expect(wider.status).toBe(200);
    expect(wider.text).not.toContain('role="alert"');
    const fields = fieldsOf(wider, action);
    expect(fields).toMatchObject({
      title: 'Cards were declined',
      rows: '3',
      'at.0': '2026-11-20T11:00',
      'at.1': '',
      'state.1': 'identified',
      'at.2': '2026-11-20T12:00',
      'state.2': 'resolved',
      'body.2': 'Cards work again.',
    });
    const answer = await lead.send(action, {
      ...fields,
      'at.1': '2026-11-20T11:30',
      'body.1': 'A certificate ran out.',
    });
    expect(answer.status).toBe(303);
    expect((await stored()).updates.map(({ state }) => state)).toEqual([
      'investigating',
      'identified',
      'resolved',
    ]);
  });

  it('that stay empty are left out, and faults stand at the row they are in', async () => {
    const { send, lead, stored } = await amsterdam();
    const fields = fieldsOf(await send({ intent: 'more' }), action);
    const bad = await lead.send(action, { ...fields, 'at.2': '2026-11-20T10:00' });
    expect(bad.status).toBe(400);
    expect(bad.text).toContain('id="error-at.2">This is earlier than the update before it.');
    expect((await lead.send(action, fields)).status).toBe(303);
    expect((await stored()).updates).toHaveLength(2);
  });
});

describe('faults', () => {
  it('are all named at their fields, and what was typed is kept', async () => {
    const { send, stored } = await amsterdam();
    const answer = await send({ title: '', 'at.0': 'yesterday', 'body.1': '' });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('id="error-title"');
    expect(answer.text).toContain('id="error-at.0">Please enter a day and a time.');
    expect(answer.text).toContain('id="error-body.1"');
    expect(answer.text).toContain('Cards are declined.');
    expect((await stored()).incidents).toEqual([]);
  });

  it.each([
    ['ahead of now', { 'at.1': '2026-11-23T12:00' }, 'This lies in the future'],
    ['before its beginning', { 'at.1': '2026-11-20T10:59' }, 'This is earlier'],
  ])('an end %s is refused', async (_, more, message) => {
    const { send } = await amsterdam();
    expect((await send(more)).text).toContain(`id="error-at.1">${message}`);
  });

  it('an hour that comes twice is asked about, and the answer is taken', async () => {
    const { send, stored } = await amsterdam();
    const night = { 'at.0': '2026-10-25T02:30', 'at.1': '2026-10-25T04:00' };
    const asked = await send(night);
    expect(asked.status).toBe(400);
    expect(plainText(asked.text)).toContain('comes twice in Europe/Amsterdam');
    expect(asked.text).toContain('value="2026-10-25T00:30:00.000Z"');
    expect((await send({ ...night, 'atChoice.0': '2026-10-25T01:30:00.000Z' })).status).toBe(303);
    expect((await stored()).updates[0]?.displayAt.toISOString()).toBe('2026-10-25T01:30:00.000Z');
  });
});

it('is done once, however often it is pressed', async () => {
  const { send, stored } = await amsterdam();
  expect((await send()).status).toBe(303);
  expect((await send()).status).toBe(303);
  expect((await stored()).incidents).toHaveLength(1);
});

it('is offered to those who may speak', async () => {
  const { person, lead } = await amsterdam();
  const viewer = await person('viewer');
  expect((await lead.get('/admin/incidents')).text).toContain('Record a past incident');
  expect((await viewer.get('/admin/incidents')).text).not.toContain('Record a past incident');
  expect((await viewer.get(action)).status).toBe(403);
});
