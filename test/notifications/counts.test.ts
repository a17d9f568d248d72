import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { systemActor } from '../../src/events/types.ts';
import { claim, expandNext, releaseForeign, sweepNext } from '../../src/notifications/outbox.ts';
import { cancel, pause, resume, retryFailed } from '../../src/notifications/service.ts';
import type { Claimed, Settlement } from '../../src/notifications/types.ts';
import { type TestKernel, testKernel } from '../support/kernel.ts';
import { addMany, leave, makeIncident, release, sent, settle } from './fixtures.ts';

/** The counters of every notification beside what its rows say. */
function compare(kernel: TestKernel) {
  return kernel.db.read.all<Record<string, number>>(sql`
    select n.id, n.made, n.sent, n.failed, n.suppressed, n.cancelled,
      (select count(*) from deliveries d where d.notification_id = n.id) as rows_made,
      (select count(*) from deliveries d where d.notification_id = n.id and d.state = 2) as rows_sent,
      (select count(*) from deliveries d where d.notification_id = n.id and d.state = 3) as rows_failed,
      (select count(*) from deliveries d where d.notification_id = n.id and d.state = 4) as rows_suppressed,
      (select count(*) from deliveries d where d.notification_id = n.id and d.state = 5) as rows_cancelled
    from notifications n`);
}

/** The same numbers for the same seed (Lehmer). */
function dice(seed: number) {
  let state = seed;
  return (sides: number) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % sides;
  };
}

const failed: Settlement = { state: 'failed', charge: true, code: 550, note: null };
const later = (kernel: TestKernel): Settlement => ({
  state: 'queued',
  nextAt: kernel.clock.now(),
  charge: true,
  code: 451,
  note: null,
});

describe('the counters', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'stay in step with the rows, whatever happens (%i)',
    async (seed) => {
      const kernel = await testKernel();
      await addMany(kernel, 60);
      const incident = await makeIncident(kernel);
      const roll = dice(seed * 7919);
      let newest = await release(kernel, incident.id);
      let held: Claimed[] = [];
      const acts: (() => Promise<unknown>)[] = [
        async () => void (newest = await release(kernel, incident.id)),
        async () => void held.push(...(await claim(kernel, 'boot', 'bulk', 1 + roll(20)))),
        async () => void held.push(...(await claim(kernel, 'boot', 'bulk', 1 + roll(20)))),
        async () => {
          for (const one of held.splice(0, 1 + roll(10))) {
            const how = [sent, sent, failed, later(kernel)][roll(4)] ?? sent;
            await settle(kernel, 'boot', one, how);
          }
        },
        () => leave(kernel, `s${1 + roll(60)}@example.test`),
        () => pause(kernel, systemActor, newest),
        () => resume(kernel, systemActor, newest),
        () => cancel(kernel, systemActor, newest),
        () => retryFailed(kernel, systemActor, newest),
        () => expandNext(kernel),
        () => sweepNext(kernel),
        async () => {
          await releaseForeign(kernel, 'another');
          held = [];
        },
      ];
      for (let step = 0; step < 60; step += 1) {
        // Some are refused at that moment, as they should be.
        await acts[roll(acts.length)]?.().catch(() => {});
        kernel.clock.advance(1000);
        for (const row of compare(kernel)) {
          expect(row).toMatchObject({
            made: row['rows_made'],
            sent: row['rows_sent'],
            failed: row['rows_failed'],
            suppressed: row['rows_suppressed'],
            cancelled: row['rows_cancelled'],
          });
        }
      }
    },
  );
});
