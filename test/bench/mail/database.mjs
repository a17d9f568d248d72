// A database with confirmed subscribers and an incident, and the releasing of a mail about it.
import { sql } from 'drizzle-orm';
import { readConfig } from '../../../dist/config.js';
import { incidents } from '../../../dist/db/schema.js';
import { append } from '../../../dist/events/service.js';
import { systemActor } from '../../../dist/events/types.js';
import { openHouse } from '../../../dist/house.js';
import { releaseToSubscribers } from '../../../dist/notifications/service.js';
import { silentLog } from '../../../dist/shared/log.js';
import { content } from './content.mjs';

export const open = (dataDir) => openHouse(readConfig({ DATA_DIR: dataDir }), { log: silentLog });

/** Confirmed subscribers, made in SQL. */
export async function addSubscribers(kernel, count) {
  await kernel.db.write(async (tx) => {
    const seq = await append(tx, kernel.clock, systemActor, {
      kind: 'subscribers.added',
      subject: 'subscriber',
    });
    tx.run(sql`
      with recursive n(i) as (select 1 union all select i + 1 from n where i < ${count})
      insert into subscribers
        (public_id, email, email_key, state, confirmed_seq, confirm_nonce, created_at, updated_at)
      select 'p' || i, 's' || i || '@example.test', 's' || i || '@example.test',
        'confirmed', ${seq}, '', 0, 0 from n`);
  });
}

async function addIncident(kernel) {
  const now = kernel.clock.now();
  const [row] = await kernel.db.write((tx) =>
    tx
      .insert(incidents)
      .values({
        publicId: kernel.ids.publicId(),
        title: 'Elevated error rates on Payments API',
        severity: 2,
        visibility: 'public',
        state: 'investigating',
        impact: 'major',
        targetMinutes: 30,
        startedAt: now,
        createdAt: now,
        updatedAt: now,
        version: 1,
      })
      .returning(),
  );
  return row.id;
}

/** Owes everybody a mail; answers its id and the milliseconds it took to say so. */
export async function release(kernel) {
  const incidentId = await addIncident(kernel);
  const began = performance.now();
  const id = await kernel.db.write((tx) =>
    releaseToSubscribers(tx, kernel, systemActor, {
      kind: 'incident',
      incidentId,
      stage: 'investigating',
      mail: content,
      componentIds: [],
    }),
  );
  return { id, milliseconds: performance.now() - began };
}
