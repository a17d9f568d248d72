// The npm package `statuspage.io`, pointed at a listening server through the one setting it has for that.
import { Statuspage } from 'statuspage.io';
import { describe, expect, it } from 'vitest';
import { ensureDefaultComponents } from '../../src/components/service.ts';
import { faultsOf } from '../support/statuspage-checks.ts';
import { v2Schema } from '../support/statuspage-schema.ts';
import { moveMaintenance, scheduleMaintenance } from '../support/maintenance.ts';
import { componentNamed, declareIncident, sayMore } from '../support/public-fixtures.ts';
import { startSite, untilShown } from '../support/site.ts';

async function eventfulSite() {
  const site = await startSite();
  const { kernel } = site;
  await kernel.db.write((tx) => ensureDefaultComponents(tx, kernel));
  const { incidentPublicId } = await declareIncident(kernel, { title: 'Slow' });
  await sayMore(kernel, incidentPublicId, { state: 'resolved', body: 'Over.' });
  await declareIncident(kernel);
  const payments = await componentNamed(kernel, 'Payments');
  await scheduleMaintenance(kernel, payments.publicId, { title: 'Ahead' });
  const { maintenancePublicId } = await scheduleMaintenance(kernel, payments.publicId, {
    title: 'Under way',
  });
  await moveMaintenance(kernel, maintenancePublicId, 'in_progress');
  await untilShown(site, 'Under way');
  const client = new Statuspage('kctbh9vrtdwd');
  client.setApiUrl(site.url);
  return { site, client: client.api };
}

describe('statuspage.io 3.3.8', () => {
  it('gets every document it knows of', async () => {
    const { client } = await eventfulSite();
    const answers: [string, unknown][] = [
      ['summary.json', await client.getSummary()],
      ['status.json', await client.getStatus()],
      ['components.json', await client.getComponents()],
      ['incidents.json', await client.incidents.getAll()],
      ['incidents/unresolved.json', await client.incidents.getUnresolved()],
      // It asks for the upcoming ones by each of its three names.
      ['scheduled-maintenances/upcoming.json', await client.scheduledMaintenances.getUpcoming()],
      ['scheduled-maintenances/upcoming.json', await client.scheduledMaintenances.getAll()],
      ['scheduled-maintenances/upcoming.json', await client.scheduledMaintenances.getActive()],
    ];
    for (const [name, document] of answers) {
      const schema = v2Schema[name];
      expect(schema && faultsOf(schema, document, { timeZone: 'Etc/UTC' }), name).toEqual([]);
    }
    const [summary] = (answers[0] ?? []).slice(1) as [{ incidents: { name: string }[] }];
    expect(summary.incidents.map(({ name }) => name)).toEqual(['Payments failing']);
  });

  it('is not led astray by its own mistakes: it reads where it means to subscribe', async () => {
    const { client } = await eventfulSite();
    const answer = (await client.subscribers.getSubscription('0bcdfghjklmn')) as { page: unknown };
    expect(answer.page).toMatchObject({ time_zone: 'Etc/UTC' });
    // A DELETE on the incidents is refused, not obeyed.
    await expect(client.subscribers.removeSubscription('0bcdfghjklmn')).rejects.toThrow('405');
  });
});
