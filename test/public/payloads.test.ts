import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  statuspageComponentPayload,
  statuspageIncidentPayload,
} from '../../src/public/payloads.ts';
import { faultsOf } from '../support/statuspage-checks.ts';
import { componentPayloadSchema, incidentPayloadSchema } from '../support/statuspage-schema.ts';
import { at, incident, maintenance, payments, snapshotOf, update } from '../support/snapshots.ts';

const facts = {
  generatedAt: at('2026-11-22T14:00:00.123Z'),
  unsubscribeUrl: 'https://status.example.com/webhooks/abc/unsubscribe',
};
const failing = incident(
  'Payments failing',
  [update('identified', '2026-11-22T13:30'), update('investigating', '2026-11-22T13:00')],
  { impact: 'critical', components: [{ id: payments.id, status: 'major_outage' }] },
);
const upgrade = maintenance(
  'Upgrade',
  ['2026-11-22T13:00', '2026-11-22T15:00'],
  [update('in_progress', '2026-11-22T13:00'), update('scheduled', '2026-11-20T10:00')],
);

describe("the payloads of Statuspage's webhooks", () => {
  it.each([
    ['an incident', failing],
    ['a maintenance', upgrade],
  ])('have their keys in order for %s', (_, one) => {
    const snapshot = snapshotOf({ timeZone: 'America/Chicago' });
    const payload = statuspageIncidentPayload(snapshot, one, facts);
    expect(faultsOf(incidentPayloadSchema, payload, { timeZone: 'America/Chicago' })).toEqual([]);
    expect(payload.meta).toMatchObject({
      unsubscribe: facts.unsubscribeUrl,
      generated_at: '2026-11-22T08:00:00.123-06:00',
    });
    expect(payload.page).toEqual({
      id: '7k2bnm4tq9wz',
      status_indicator: 'none',
      status_description: 'All Systems Operational',
    });
  });

  it('tell all updates, newest first, and components as they are now', () => {
    const { incident: told } = statuspageIncidentPayload(snapshotOf(), failing, facts);
    expect(told.incident_updates.map((one) => one.status)).toEqual(['identified', 'investigating']);
    expect(told.incident_updates[0]).toMatchObject({
      body: 'Words of identified.',
      affected_components: null,
      incident_id: failing.id,
    });
    expect(told.components).toMatchObject([{ name: 'Payments', status: 'operational' }]);
    expect(told).toMatchObject({ impact: 'critical', scheduled_for: null });
  });

  it('tell a maintenance as an incident with a window', () => {
    const { incident: told } = statuspageIncidentPayload(snapshotOf(), upgrade, facts);
    expect(told).toMatchObject({
      status: 'in_progress',
      impact: 'maintenance',
      scheduled_for: '2026-11-22T13:00:00.000Z',
      scheduled_until: '2026-11-22T15:00:00.000Z',
      scheduled_auto_in_progress: true,
      scheduled_auto_completed: false,
    });
  });

  it("tell a component's change", () => {
    const change = {
      id: '0bcdfghjklmn',
      oldStatus: 'operational',
      newStatus: 'major_outage',
      at: at('2026-11-22T13:00'),
    } as const;
    const payload = statuspageComponentPayload(snapshotOf(), payments, change, facts);
    expect(faultsOf(componentPayloadSchema, payload, { timeZone: 'Etc/UTC' })).toEqual([]);
    expect(payload.component_update).toEqual({
      old_status: 'operational',
      new_status: 'major_outage',
      created_at: '2026-11-22T13:00:00.000Z',
      component_type: 'Component',
      id: '0bcdfghjklmn',
      component_id: payments.id,
    });
  });
});

const samples = join(import.meta.dirname, '../../../shared/contracts/samples');

describe.skipIf(!existsSync(samples))('the schema of payloads against real ones', () => {
  // Ours carry two keys that these, of 2017, have not yet.
  const mayLack = ['started_at', 'tweet_id'];

  it.each([
    ['webhook-incident-update-2017-12-26.json', incidentPayloadSchema],
    ['webhook-component-update-2017-12-26.json', componentPayloadSchema],
  ])('%s', (name, schema) => {
    const document: unknown = JSON.parse(readFileSync(join(samples, name), 'utf8'));
    expect(faultsOf(schema, document, { mayLack })).toEqual([]);
  });
});
