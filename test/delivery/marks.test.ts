// What a lane waits for: its mark, and what follows from it, in the database, however long that takes.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Tx } from '../../src/db/tx.ts';
import { createMarks } from '../../src/delivery/marks.ts';
import { claim } from '../../src/notifications/outbox.ts';
import { progress } from '../../src/notifications/service.ts';
import { insertAttempt } from '../../src/notifications/outbox-store.ts';
import { seconds } from '../../src/shared/clock.ts';
import { addSubscribers, attemptsOf, makeIncident, release } from '../notifications/fixtures.ts';
import { testKernel } from '../support/kernel.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout'] }));
afterEach(() => void vi.useRealTimers());

const gone = { state: 'failed', charge: true, code: 550, note: null } as const;

async function claimedOne() {
  const kernel = await testKernel();
  await addSubscribers(kernel, 'a@example.com');
  const id = await release(kernel, (await makeIncident(kernel)).id);
  const [claimed] = await claim(kernel, 'boot', 'bulk', 1);
  if (!claimed) throw new Error('nothing claimed');
  const also = (tx: Tx) =>
    insertAttempt(tx, {
      notificationId: id,
      recipientId: claimed.recipient.id,
      at: kernel.clock.now(),
      outcome: 'followed',
      code: 550,
      reply: '',
    });
  return { kernel, id, claimed, also };
}

const nothing = () => async () => {};
const cannot = () => Promise.reject(new Error('cannot be written'));

async function done(work: Promise<void>): Promise<void> {
  const state = { isDone: false };
  void work.then(() => (state.isDone = true));
  while (!state.isDone) await vi.advanceTimersByTimeAsync(seconds(1));
}

it('loses nothing of what follows from a mark while the database is away', async () => {
  const { kernel, id, claimed, also } = await claimedOne();
  const { write } = kernel.db;
  let refusals = 12;
  kernel.db.write = (work) => {
    refusals -= 1;
    return refusals >= 0 ? Promise.reject(new Error('database or disk is full')) : write(work);
  };
  await done(createMarks(kernel, 'boot', nothing).settle({ claimed, settlement: gone, also }));
  expect(refusals).toBeLessThan(0);
  expect((await attemptsOf(kernel, id)).map(({ outcome }) => outcome)).toEqual(['followed']);
  expect((await progress(kernel.db.read, id)).counts).toMatchObject({ failed: 1, sending: 0 });
});

it('leaves out what cannot be written, and writes the mark', async () => {
  const { kernel, id, claimed } = await claimedOne();
  const settlement = gone;
  await done(createMarks(kernel, 'boot', nothing).settle({ claimed, settlement, also: cannot }));
  expect((await progress(kernel.db.read, id)).counts).toMatchObject({ failed: 1, sending: 0 });
});
