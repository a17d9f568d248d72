// Addresses in quarantine at the desk: why, back, away, purged.
import { sql } from 'drizzle-orm';
import { expect, it } from 'vitest';
import { mailReturns, subscribers } from '../../src/db/schema.ts';
import { systemActor } from '../../src/events/types.ts';
import { suppressionHash } from '../../src/notifications/rules.ts';
import { isSuppressed } from '../../src/notifications/suppression-store.ts';
import { days } from '../../src/shared/clock.ts';
import type { ReturnKind } from '../../src/shared/words.ts';
import { complained, quarantineFor } from '../../src/subscribers/quarantine.ts';
import { addConfirmed } from '../../src/subscribers/service.ts';
import { fieldsOf, locationOf, startDesk } from './desk.ts';

const path = '/admin/quarantine';

async function startQuarantine() {
  const desk = await startDesk();
  const { kernel } = desk.site;
  const idOf = (email: string) =>
    kernel.db.read.all<{ id: number; publicId: string; state: string }>(
      sql`select id, public_id as "publicId", state from subscribers where email = ${email}`,
    )[0];
  const comesBack = async (
    email: string,
    kind: ReturnKind,
    code: string | null,
    detail: string,
  ) => {
    await kernel.db.write((tx) => addConfirmed(tx, kernel, systemActor, [email]));
    const id = idOf(email)?.id ?? 0;
    const cause = { kind, code, source: 'ses' as const, detail };
    await kernel.db.write(async (tx) => {
      const at = kernel.clock.now();
      const about = { recipientKind: 'subscriber' as const, recipientId: id, at, digest: email };
      await tx.insert(mailReturns).values({ ...about, ...cause });
      if (kind === 'complaint') await complained(tx, kernel, id, cause);
      else await quarantineFor(tx, kernel, id, cause);
    });
    return `${path}/${idOf(email)?.publicId}`;
  };
  return {
    ...desk,
    kernel,
    comesBack,
    admin: await desk.person('admin'),
    stateOf: (email: string) => idOf(email)?.state,
  };
}

it('is empty, and says what would come here', async () => {
  const { admin } = await startQuarantine();
  const page = await admin.get(path);
  expect(page.text).toContain('Nobody is in quarantine');
  expect(page.text).not.toContain(`${path}/purges`);
});

it('says of each address why, since when, and who told', async () => {
  const { admin, comesBack } = await startQuarantine();
  await comesBack('gone@example.test', 'hard', '5.1.1', '550 5.1.1 <address> unknown');
  await comesBack('full@example.test', 'soft', '4.2.2', '452 4.2.2 over quota');
  const page = await admin.get(path);
  for (const words of [
    '2 addresses',
    'gone@example.test',
    'There is no such mailbox',
    '5.1.1</span>',
    '550 5.1.1 &lt;address&gt; unknown',
    'It could not be reached, again and again',
    'told by Amazon SES',
    '22 Nov, 14:00 UTC',
  ]) {
    expect(page.text).toContain(words);
  }
});

it('lets an address be mailed again', async () => {
  const { admin, comesBack, stateOf } = await startQuarantine();
  const one = await comesBack('gone@example.test', 'hard', '5.1.1', '');
  const fields = fieldsOf(await admin.get(path), `${one}/reactivations`);
  const answer = await admin.send(`${one}/reactivations`, fields);
  expect(locationOf(answer)).toBe(`${path}?done=mailed-again`);
  expect(stateOf('gone@example.test')).toBe('confirmed');
  expect((await admin.get(path)).text).toContain('Nobody is in quarantine');
});

it('asks once more before it mails somebody who complained', async () => {
  const { admin, kernel, comesBack, stateOf } = await startQuarantine();
  const email = 'angry@example.test';
  const one = await comesBack(email, 'complaint', null, 'abuse');
  const refused = await admin.send(`${one}/reactivations`, {});
  expect(refused.status).toBe(409);
  expect(refused.text).toContain('suppression list');
  expect(stateOf(email)).toBe('quarantined');
  const fields = fieldsOf(refused, `${one}/reactivations`);
  expect(fields).toEqual({ override: 'yes' });
  await admin.send(`${one}/reactivations`, fields);
  expect(stateOf(email)).toBe('confirmed');
  const hash = suppressionHash(kernel.secretKey, email);
  expect(await isSuppressed(kernel.db.read, hash)).toBe(false);
});

it('removes one for good, from the suppression list too only if asked to keep it off', async () => {
  const { admin, kernel, comesBack, stateOf } = await startQuarantine();
  const email = 'gone@example.test';
  const one = await comesBack(email, 'hard', '5.1.1', '');
  expect(locationOf(await admin.send(`${one}/removals`, { suppress: 'yes' }))).toBe(
    `${path}?done=removed`,
  );
  expect(stateOf(email)).toBeUndefined();
  expect(await isSuppressed(kernel.db.read, suppressionHash(kernel.secretKey, email))).toBe(true);
  expect((await admin.send(`${one}/removals`, {})).status).toBe(404);
});

it('purges those who have been there long, and only when that is confirmed', async () => {
  const { person, kernel, comesBack } = await startQuarantine();
  await comesBack('old@example.test', 'hard', '5.1.1', '');
  kernel.clock.advance(days(100));
  await comesBack('new@example.test', 'hard', '5.1.1', '');
  // The session of a hundred days ago is over.
  const later = await person('admin', 'later@example.test');
  const fields = fieldsOf(await later.get(path), `${path}/purges`);
  expect(fields).toEqual({ days: '90' });
  const unsure = await later.send(`${path}/purges`, fields);
  expect(unsure.status).toBe(400);
  expect(unsure.text).toContain('id="error-sure"');
  const odd = await later.send(`${path}/purges`, { days: '0', sure: 'yes' });
  expect(odd.text).toContain('id="error-days"');
  await later.send(`${path}/purges`, { ...fields, sure: 'yes' });
  const left = await kernel.db.read.select({ email: subscribers.email }).from(subscribers);
  expect(left).toEqual([{ email: 'new@example.test' }]);
});

it('is for admins only, and knows no id but its own', async () => {
  const { admin, person } = await startQuarantine();
  expect((await (await person('comms_lead')).get(path)).status).toBe(403);
  expect((await admin.send(`${path}/x/reactivations`, {})).status).toBe(404);
  expect((await admin.send(`${path}/zzzzzzzzzzzz/removals`, {})).status).toBe(404);
  expect((await admin.get(`${path}?after=../x`)).status).toBe(400);
});
