import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { systemActor } from '../../src/events/types.ts';
import { cancel, progress } from '../../src/notifications/service.ts';
import { seconds } from '../../src/shared/clock.ts';
import { attemptsOf, release } from '../notifications/fixtures.ts';
import { attempted, gate, house, isUp, settled, until } from './fixtures.ts';

describe('a relay that is down', () => {
  it('waits without charging anybody, and resumes by itself', async () => {
    const { kernel, receiver, incident, open } = await house('a', 'b', 'c');
    await receiver.goAway();
    const sender = open();
    sender.start();
    const id = await release(kernel, incident.id);
    await until(async () => !(await isUp(kernel)), 'it is noticed');
    await until(async () => (await progress(kernel.db.read, id)).counts.sending === 0, 'calm');
    const noticed = (await attemptsOf(kernel, id)).length;
    sender.wake();
    await sleep(100);
    expect(await attemptsOf(kernel, id)).toHaveLength(noticed);
    for (const round of [1, 2, 3]) {
      kernel.clock.advance(seconds(30));
      sender.wake();
      await attempted(kernel, id, noticed + round);
    }
    await receiver.comeBack();
    kernel.clock.advance(seconds(30));
    sender.wake();
    await until(() => isUp(kernel), 'it is back');
    kernel.clock.advance(seconds(30));
    sender.wake();
    await settled(kernel, id);
    expect((await progress(kernel.db.read, id)).counts).toMatchObject({ sent: 3, failed: 0 });
    expect(receiver.mails).toHaveLength(3);
  });

  it('makes one try at a time while it is down', async () => {
    const { kernel, receiver, incident, open } = await house('a', 'b', 'c', 'd', 'e', 'f', 'g');
    await receiver.goAway();
    const sender = open();
    sender.start();
    const id = await release(kernel, incident.id);
    await until(async () => !(await isUp(kernel)), 'it is noticed');
    await until(async () => (await progress(kernel.db.read, id)).counts.sending === 0, 'calm');
    const noticed = (await attemptsOf(kernel, id)).length;
    kernel.clock.advance(seconds(30));
    sender.wake();
    await attempted(kernel, id, noticed + 1);
    await sleep(150);
    expect(await attemptsOf(kernel, id)).toHaveLength(noticed + 1);
  });
});

describe('stopping', () => {
  it('finishes what is on its way and leaves the rest queued (F-16)', async () => {
    const { kernel, receiver, incident, open } = await house('a', 'b', 'c', 'd', 'e', 'f', 'g');
    const { held, letGo } = gate();
    receiver.beforeAnswer(() => held);
    const sender = open();
    sender.start();
    const id = await release(kernel, incident.id);
    await until(async () => (await progress(kernel.db.read, id)).counts.sending === 5, 'busy');
    const stopped = sender.stop(seconds(10));
    setTimeout(letGo, 50);
    await stopped;
    expect((await progress(kernel.db.read, id)).counts).toMatchObject({
      sent: 5,
      queued: 2,
      sending: 0,
    });
    expect(receiver.mails).toHaveLength(5);
  });

  it('does not wait for ever', async () => {
    const { kernel, receiver, incident, open } = await house('a');
    receiver.beforeAnswer(() => new Promise(() => {}));
    const sender = open();
    sender.start();
    const id = await release(kernel, incident.id);
    await until(async () => (await progress(kernel.db.read, id)).counts.sending === 1, 'busy');
    await sleep(100);
    await sender.stop(50);
    expect((await progress(kernel.db.read, id)).counts).toMatchObject({ queued: 1, sending: 0 });
  });

  it('stops a recalled message at the claim', async () => {
    const { kernel, receiver, incident, open } = await house('a', 'b', 'c', 'd', 'e', 'f', 'g');
    const { held, letGo } = gate();
    receiver.beforeAnswer(() => held);
    open().start();
    const id = await release(kernel, incident.id);
    await until(async () => (await progress(kernel.db.read, id)).counts.sending === 5, 'busy');
    await cancel(kernel, systemActor, id);
    letGo();
    await until(async () => (await progress(kernel.db.read, id)).counts.sending === 0, 'calm');
    expect((await progress(kernel.db.read, id)).counts).toMatchObject({ sent: 5, cancelled: 2 });
    expect(receiver.mails).toHaveLength(5);
  });
});
