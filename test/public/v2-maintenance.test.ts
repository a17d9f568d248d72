// Statuspage's documents over snapshots made by hand: every document in every state fits the schema.
import { describe, expect, it } from 'vitest';
import { incidentDocument, v2Documents } from '../../src/public/v2.ts';
import { days, hours, plus } from '../../src/shared/clock.ts';
import type { PublicSnapshot } from '../../src/status/types.ts';
import { faultsOf, type Json } from '../support/statuspage-checks.ts';
import { incidentSchema, maintenanceSchema, v2Schema } from '../support/statuspage-schema.ts';
import {
  api,
  at,
  groupId,
  incident,
  maintenance,
  payments,
  snapshotOf,
  update,
} from '../support/snapshots.ts';

const affected = [
  {
    code: payments.id,
    name: 'Payments',
    oldStatus: 'operational',
    newStatus: 'major_outage',
  } as const,
];

const open = incident('Payments failing', [
  update('identified', '2026-11-22T13:30', { affected }),
  update('investigating', '2026-11-22T13:00', { affected }),
]);
const over = incident('Slow', [
  update('resolved', '2026-07-01T11:00'),
  update('monitoring', '2026-07-01T10:30'),
  update('investigating', '2026-07-01T10:00'),
]);
const later = maintenance(
  'Later',
  ['2026-12-01T10:00', '2026-12-01T12:00'],
  [update('scheduled', '2026-11-21T10:00')],
);
const sooner = maintenance(
  'Sooner',
  ['2026-11-25T10:00', '2026-11-25T12:00'],
  [update('scheduled', '2026-11-22T10:00')],
);
const running = maintenance(
  'Running',
  ['2026-11-22T13:00', '2026-11-22T15:00'],
  [update('in_progress', '2026-11-22T13:00'), update('scheduled', '2026-11-20T10:00')],
);
const verifying = maintenance(
  'Verifying',
  ['2026-11-22T12:00', '2026-11-22T15:00'],
  [
    update('verifying', '2026-11-22T13:30'),
    update('in_progress', '2026-11-22T12:00'),
    update('scheduled', '2026-11-19T10:00'),
  ],
);
const done = maintenance(
  'Done',
  ['2026-11-10T10:00', '2026-11-10T12:00'],
  [
    update('completed', '2026-11-10T11:30'),
    update('in_progress', '2026-11-10T10:00'),
    update('scheduled', '2026-11-09T10:00'),
  ],
);
const calledOff = maintenance(
  'Called off',
  ['2026-11-26T10:00', '2026-11-26T12:00'],
  [update('cancelled', '2026-11-22T11:00'), update('scheduled', '2026-11-18T10:00')],
);

const maintenances = [later, sooner, running, verifying, done, calledOff];
const all = { incidents: [open, over], maintenances };

const states: [string, PublicSnapshot][] = [
  ['calm', snapshotOf()],
  ['an incident', snapshotOf({ incidents: [open, over] })],
  ['maintenance ahead', snapshotOf({ maintenances: [later, sooner] })],
  ['maintenance under way', snapshotOf({ maintenances: [running, verifying, done] })],
  ['everything', snapshotOf(all)],
  ['everything, in Chicago', snapshotOf({ ...all, timeZone: 'America/Chicago' })],
  ['everything, in London', snapshotOf({ ...all, timeZone: 'Europe/London' })],
  ['everything, in Kolkata', snapshotOf({ ...all, timeZone: 'Asia/Kolkata' })],
];

const read = (snapshot: PublicSnapshot, name: string) =>
  JSON.parse(String(v2Documents[name]?.(snapshot).body)) as Json;

const namesIn = (snapshot: PublicSnapshot, name: string, key: string) =>
  (read(snapshot, name)[key] as Json[]).map((one) => one['name']);

describe('every document of v2', () => {
  it('is in the schema, and the other way round', () => {
    expect(Object.keys(v2Documents).toSorted()).toEqual(Object.keys(v2Schema).toSorted());
  });

  const cases = states.flatMap(([state, snapshot]) =>
    Object.entries(v2Schema).map(([name, schema]) => ({ state, snapshot, name, schema })),
  );

  it.each(cases)('$name fits the schema when there is: $state', ({ snapshot, name, schema }) => {
    const { body } = v2Documents[name]?.(snapshot) ?? { body: '' };
    const document = JSON.parse(String(body)) as Json;
    expect(faultsOf(schema, document, { timeZone: snapshot.page.timeZone })).toEqual([]);
    expect(String(body), 'compact').toBe(JSON.stringify(document));
  });
});

describe('scheduled maintenances', () => {
  const snapshot = snapshotOf(all);
  const key = 'scheduled_maintenances';

  it.each([
    ['summary.json', ['Verifying', 'Running', 'Sooner', 'Later']],
    ['scheduled-maintenances.json', ['Sooner', 'Later', 'Running', 'Verifying', 'Done']],
    ['scheduled-maintenances/upcoming.json', ['Sooner', 'Later']],
    ['scheduled-maintenances/active.json', ['Verifying', 'Running']],
  ])('%s lists those of its states, in its order', (name, wanted) => {
    expect(namesIn(snapshot, name, key)).toEqual(wanted);
  });

  it('are no incidents', () => {
    for (const name of ['summary.json', 'incidents.json', 'incidents/unresolved.json']) {
      expect(namesIn(snapshot, name, 'incidents'), name).not.toContain('Running');
    }
  });

  it('are told like incidents, with their window at the end', () => {
    const [completed] = (read(snapshotOf({ maintenances: [done] }), 'scheduled-maintenances.json')[
      key
    ] ?? []) as Json[];
    expect(completed).toMatchObject({
      status: 'completed',
      impact: 'maintenance',
      created_at: '2026-11-09T10:00:00.000Z',
      resolved_at: '2026-11-10T11:30:00.000Z',
      monitoring_at: null,
      shortlink: `https://status.example.com/incidents/${done.id}`,
      scheduled_for: '2026-11-10T10:00:00.000Z',
      scheduled_until: '2026-11-10T12:00:00.000Z',
      components: [{ name: 'Payments' }],
    });
    expect(completed).not.toHaveProperty('reminder_intervals');
  });

  it('and incidents are the 50 newest by creation, whatever order they come in', () => {
    const many = Array.from({ length: 60 }, (_, i) => {
      const created = plus(at('2026-11-01T00:00'), hours((i * 37) % 60)).toISOString();
      return maintenance(
        `${i}`,
        ['2026-12-01T10:00', '2026-12-01T12:00'],
        [update('scheduled', created)],
      );
    });
    const list = read(snapshotOf({ maintenances: many }), 'scheduled-maintenances.json')[key];
    const created = (list as Json[]).map((one) => String(one['created_at']));
    expect(created).toHaveLength(50);
    expect(created).toEqual(created.toSorted().toReversed());
    expect(created[0]).toBe(plus(at('2026-11-01T00:00'), hours(59)).toISOString());
    expect(plus(at('2026-11-01T00:00'), days(1)) < at(created[49] ?? '')).toBe(false);
  });
});

describe('times', () => {
  it('carry the offset of their own date, not of today', () => {
    const chicago = snapshotOf({ ...all, timeZone: 'America/Chicago' });
    const [, slow] = (read(chicago, 'incidents.json')['incidents'] ?? []) as Json[];
    expect(slow?.['created_at']).toBe('2026-07-01T05:00:00.000-05:00');
    const page = read(chicago, 'status.json')['page'];
    expect(page).toMatchObject({ updated_at: '2026-11-22T08:00:00.123-06:00' });
  });

  it('are null where a state was skipped', () => {
    const [failing, slow] = read(snapshotOf(all), 'incidents.json')['incidents'] as Json[];
    expect(failing).toMatchObject({ monitoring_at: null, resolved_at: null });
    expect(slow).toMatchObject({
      monitoring_at: '2026-07-01T10:30:00.000Z',
      resolved_at: '2026-07-01T11:00:00.000Z',
    });
  });
});

describe('components', () => {
  it('stand in one flat list by position, a group last with its children', () => {
    const list = read(snapshotOf(), 'components.json')['components'] as Json[];
    expect(list.map((one) => one['position'])).toEqual([1, 1, 2, 3]);
    expect(list.at(-1)).toMatchObject({ id: groupId, group: true, components: [payments.id] });
    expect(list[0]).toMatchObject({ id: api.id, start_date: '2026-01-05', description: null });
  });

  it('of an incident are as they are now, not as they were said to be', () => {
    const snapshot = snapshotOf({
      incidents: [{ ...open, components: [{ id: payments.id, status: 'major_outage' }] }],
    });
    const [told] = read(snapshot, 'incidents.json')['incidents'] as Json[];
    expect(told?.['components']).toMatchObject([{ id: payments.id, status: 'operational' }]);
  });
});

describe('a story by itself', () => {
  it('is what v2 tells, and what there is of a post-mortem', () => {
    const snapshot = snapshotOf(all);
    const alone = JSON.parse(String(incidentDocument(snapshot, open).body)) as Json;
    expect(faultsOf(incidentSchema, alone, { timeZone: 'Etc/UTC' })).toEqual([]);
    const maintained = JSON.parse(String(incidentDocument(snapshot, running).body)) as Json;
    expect(faultsOf(maintenanceSchema, maintained, { timeZone: 'Etc/UTC' })).toEqual([]);
  });
});
