import { expect, it } from 'vitest';
import { readRelayStates, saveRelayState } from '../../src/delivery/relay-store.ts';
import { testKernel } from '../support/kernel.ts';

it('keeps the last that is known of each relay', async () => {
  const { db, clock } = await testKernel();
  const now = clock.now();
  const up = { isUp: true, since: now, fault: '', perMinute: 9, updatedAt: now };
  const down = { ...up, isUp: false, fault: '421 later', perMinute: 0 };
  await db.write(async (tx) => {
    await saveRelayState(tx, { name: 'two', ...up });
    await saveRelayState(tx, { name: 'one', ...up });
    await saveRelayState(tx, { name: 'two', ...down });
  });
  expect(await readRelayStates(db.read)).toEqual([
    { name: 'one', ...up },
    { name: 'two', ...down },
  ]);
});
