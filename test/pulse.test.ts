// The one poller: whether it says that it beats, and what a stop waits for.
import { expect, it } from 'vitest';
import type { Kernel } from '../src/db/kernel.ts';
import { createPulse } from '../src/pulse.ts';
import { seconds } from '../src/shared/clock.ts';
import { gate } from './delivery/fixtures.ts';
import { testKernel } from './support/kernel.ts';

/** A kernel whose writes wait until `letGo`, or fail while `fail` is true. */
async function slowKernel() {
  const kernel = await testKernel();
  const { held, letGo } = gate();
  const state = { fail: false, writes: 0 };
  const write: Kernel['db']['write'] = async (work) => {
    await held;
    if (state.fail) throw new Error('disk full');
    state.writes += 1;
    return kernel.db.write(work);
  };
  const slow: Kernel = { ...kernel, db: { ...kernel.db, write } };
  return { kernel: slow, clock: kernel.clock, letGo, state };
}

it('stops only after the round under way', async () => {
  const { kernel, letGo, state } = await slowKernel();
  const pulse = createPulse(kernel);
  pulse.start();
  let stopped = false;
  const stopping = pulse.stop().then(() => (stopped = true));
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(stopped).toBe(false);
  letGo();
  await stopping;
  expect(state.writes).toBeGreaterThan(0);
});

it('does one round at a time', async () => {
  const { kernel, letGo } = await slowKernel();
  const pulse = createPulse(kernel);
  expect(pulse.beat()).toBe(pulse.beat());
  letGo();
  await pulse.beat();
});

it('says after a minute that no round has ended well (F-15), and recovers', async () => {
  const { kernel, clock, letGo, state } = await slowKernel();
  letGo();
  const pulse = createPulse(kernel);
  await pulse.beat();
  clock.advance(seconds(59));
  expect(pulse.isBeating()).toBe(true);
  state.fail = true;
  clock.advance(seconds(1));
  await pulse.beat();
  expect(pulse.isBeating()).toBe(false);
  state.fail = false;
  await pulse.beat();
  expect(pulse.isBeating()).toBe(true);
});
