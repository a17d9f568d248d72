// The calendar, read by a calendar library: what is planned, moved, called off; whatever the texts hold.
import ICAL from 'ical.js';
import { beforeEach, describe, expect, it } from 'vitest';
import { systemActor } from '../../src/events/types.ts';
import { cancel, reschedule, schedule } from '../../src/maintenance/service.ts';
import type { ScheduleInput } from '../../src/maintenance/types.ts';
import { calendarDocuments } from '../../src/public/calendar.ts';
import { hours, plus } from '../../src/shared/clock.ts';
import type { PublicMaintenance, PublicSnapshot } from '../../src/status/types.ts';
import { componentNamed, publicSite, type PublicSite } from '../support/public-fixtures.ts';

let site: PublicSite;
beforeEach(async () => {
  site = await publicSite();
});

async function plan(more: Partial<ScheduleInput> = {}) {
  const payments = await componentNamed(site.kernel, 'Payments');
  const { maintenancePublicId } = await schedule(site.kernel, systemActor, {
    title: 'Database upgrade',
    body: 'Payments pause for **a moment**.',
    scheduledFor: plus(site.kernel.clock.now(), hours(24)),
    scheduledUntil: plus(site.kernel.clock.now(), hours(26)),
    components: { [payments.publicId]: 'under_maintenance' },
    autoStart: true,
    autoComplete: false,
    reminders: [],
    notifies: false,
    rule: null,
    ...more,
  });
  return maintenancePublicId;
}

const text = async () => (await site.get('/calendar.ics')).text();

const read = (file: string) => {
  const calendar = new ICAL.Component(ICAL.parse(file) as string[]);
  return { calendar, events: calendar.getAllSubcomponents('vevent').map(asEvent) };
};
const asEvent = (component: ICAL.Component) => ({
  component,
  event: new ICAL.Event(component),
  property: (name: string) => String(component.getFirstPropertyValue(name)),
});

describe('GET /calendar.ics', () => {
  it('is one event for each maintenance, in UTC, with its place on the page', async () => {
    const id = await plan();
    const answer = await site.get('/calendar.ics');
    expect(answer.headers.get('content-type')).toBe('text/calendar; charset=utf-8');
    const { calendar, events } = read(await answer.text());
    expect(calendar.getFirstPropertyValue('method')).toBe('PUBLISH');
    expect(calendar.getFirstPropertyValue('version')).toBe('2.0');
    expect(calendar.getFirstPropertyValue('x-wr-calname')).toBe('Acme Status: planned maintenance');
    expect(String(calendar.getFirstPropertyValue('refresh-interval'))).toBe('PT1H');
    expect(events).toHaveLength(1);
    const [{ event, property } = asEvent(calendar)] = events;
    expect(event.uid).toBe(`${id}@status.example.com`);
    expect(event.summary).toBe('Database upgrade');
    expect(event.description).toContain('Payments pause for a moment.');
    expect(event.startDate.toJSDate().toISOString()).toBe('2026-11-23T14:00:00.000Z');
    expect(event.endDate.toJSDate().toISOString()).toBe('2026-11-23T16:00:00.000Z');
    expect(event.startDate.zone.tzid).toBe('UTC');
    expect(property('url')).toBe(`https://status.example.com/maintenance/${id}`);
    expect(property('status')).toBe('CONFIRMED');
    expect(property('categories')).toBe('Payments');
    expect(property('dtstamp')).toBe('2026-11-22T14:00:00Z');
    expect(event.sequence).toBe(0);
  });

  it('moves an event by a higher sequence, and calls it off, under the same UID', async () => {
    const id = await plan();
    site.kernel.clock.advance(hours(1));
    await reschedule(site.kernel, systemActor, id, {
      scheduledFor: new Date('2026-11-25T01:00:00Z'),
      scheduledUntil: new Date('2026-11-25T02:00:00Z'),
      notify: false,
    });
    const [moved] = read(await text()).events;
    expect(moved?.event.sequence).toBe(1);
    expect(moved?.event.startDate.toJSDate().toISOString()).toBe('2026-11-25T01:00:00.000Z');
    expect(moved?.property('last-modified')).toBe('2026-11-22T15:00:00Z');
    await cancel(site.kernel, systemActor, id, { notify: false, scope: 'one' });
    const [off] = read(await text()).events;
    expect(off?.event.uid).toBe(moved?.event.uid);
    expect(off?.property('status')).toBe('CANCELLED');
    expect(off?.event.sequence).toBe(2);
  });

  it('is empty and valid without any', async () => {
    expect(read(await text()).events).toEqual([]);
  });

  it('is the same bytes for the same snapshot, whenever it is made', async () => {
    await plan();
    const first = await text();
    site.kernel.clock.advance(hours(1));
    expect(await text()).toBe(first);
  });

  it('keeps hostile texts in their place, folded into short lines that end in CRLF', async () => {
    const title = 'a\\n;,:"<script>\u2028BEGIN:VALARM 🛠️';
    await plan({
      title: title.replace('\u2028', ' '),
      body: `END:VEVENT\nBEGIN:VEVENT\n\nSUMMARY:x; ${'Überlänge, '.repeat(40)}`,
    });
    const file = await text();
    const { calendar, events } = read(file);
    expect(events).toHaveLength(1);
    expect(calendar.getAllSubcomponents()).toHaveLength(1);
    expect(events[0]?.event.summary).toBe(title.replace('\u2028', ' '));
    expect(events[0]?.event.description).toContain('END:VEVENT\nBEGIN:VEVENT');
    expect(events[0]?.event.description).toContain('Überlänge, Überlänge');
    const lines = file.split('\r\n');
    expect(lines.at(-1)).toBe('');
    expect(lines.every((one) => Buffer.byteLength(one) <= 75 && !/[\r\n]/.test(one))).toBe(true);
  });

  it('escapes the page’s own name too', () => {
    const page = { name: 'A, B; C\\\nX-EVIL:1', url: 'https://status.example.com' };
    const snapshot = { page, components: [], recentMaintenances: [] as PublicMaintenance[] };
    const made = calendarDocuments['calendar.ics']?.(snapshot as unknown as PublicSnapshot);
    const { calendar } = read(String(made?.body));
    expect(calendar.getFirstPropertyValue('x-evil')).toBeNull();
    // A name of the page is no text type to the library that reads it: it comes as it is written.
    expect(String(made?.body)).toContain(String.raw`X-WR-CALNAME:A\, B\; C\\ X-EVIL:1`);
  });
});
