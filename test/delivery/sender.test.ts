import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { systemActor } from '../../src/events/types.ts';
import { claim } from '../../src/notifications/outbox.ts';
import { progress, releaseToOne, resume } from '../../src/notifications/service.ts';
import { minutes, seconds } from '../../src/shared/clock.ts';
import { attemptsOf, idOf, leave, mail, release, statesOf } from '../notifications/fixtures.ts';
import { attempted, gate, house, settled, until } from './fixtures.ts';

describe('sending', () => {
  it('is quiet when there is nothing to do', async () => {
    const { kernel, open } = await house('a');
    let commits = 0;
    kernel.db.onCommit(() => (commits += 1));
    const sender = open();
    sender.start();
    await sleep(400);
    const before = commits;
    sender.wake();
    await sleep(300);
    expect(commits).toBe(before);
  });

  it('sends each recipient their own copy, once, and is done', async () => {
    const { kernel, receiver, incident, open } = await house('a', 'b', 'c', 'd', 'e', 'f', 'g');
    const sender = open();
    sender.start();
    const id = await release(kernel, incident.id);
    await settled(kernel, id);
    expect(receiver.mails.map(({ to }) => to.join()).toSorted()).toEqual(
      ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => `${name}@example.com`),
    );
    expect(new Set(receiver.mails.map(({ parsed }) => parsed.messageId)).size).toBe(7);
    for (const { to, parsed, from } of receiver.mails) {
      expect(to).toHaveLength(1);
      expect(from).toBe('status@acme.test');
      expect(parsed.headers.get('references')).toBe(`<incident-${incident.publicId}@acme.test>`);
      expect(parsed.text).toContain('https://status.example.com/unsubscribe/');
    }
  });

  it('sends what was released before it started, and what an earlier run had claimed', async () => {
    const { kernel, receiver, incident, open } = await house('a', 'b');
    const id = await release(kernel, incident.id);
    await claim(kernel, 'dead', 'bulk', 1);
    open().start();
    await settled(kernel, id);
    expect(receiver.mails).toHaveLength(2);
  });

  it('asks at the claim whether someone has left', async () => {
    const { kernel, receiver, incident, open } = await house('stays', 'leaves');
    const id = await release(kernel, incident.id);
    await leave(kernel, 'leaves@example.com');
    open().start();
    await settled(kernel, id);
    expect(receiver.to('leaves@example.com')).toEqual([]);
    expect(await statesOf(kernel, id)).toEqual({
      'stays@example.com': 'sent',
      'leaves@example.com': 'suppressed',
    });
  });

  it('makes rows that the release left to it', async () => {
    const { kernel, receiver, incident, open } = await house('z');
    const id = await release(kernel, incident.id);
    await kernel.db.write(async (tx) => {
      tx.run('delete from deliveries');
      tx.run('update notifications set expanded_to = 0, made = 0');
    });
    open().start();
    await settled(kernel, id);
    expect(receiver.to('z@example.com')).toHaveLength(1);
  });

  it('lets direct mail past a bulk sending that hangs', async () => {
    const { kernel, receiver, incident, open } = await house('a', 'b', 'c', 'd', 'e', 'f');
    const { held, letGo } = gate();
    receiver.beforeAnswer(({ parsed }) => (parsed.subject === 'direct' ? undefined : held));
    open().start();
    const bulk = await release(kernel, incident.id);
    await until(() => receiver.connections() >= 5, 'all lanes are busy');
    const recipientId = await idOf(kernel, 'a@example.com');
    const to = { kind: 'manage_link' as const, recipientKind: 'subscriber' as const, recipientId };
    const direct = await kernel.db.write((tx) =>
      releaseToOne(tx, kernel, systemActor, { ...to, mail: { ...mail, subject: 'direct' } }),
    );
    await settled(kernel, direct);
    expect(receiver.mails.map(({ parsed }) => parsed.subject)).toEqual(['direct']);
    letGo();
    await settled(kernel, bulk);
    expect(receiver.mails).toHaveLength(7);
  });
});

describe('refusals', () => {
  it('tries a 4xx again later, the same message to the byte', async () => {
    const { kernel, receiver, incident, open } = await house('slow', 'fine');
    const sender = open();
    receiver.refuseRecipient('slow@example.com', { code: 451, reply: '4.7.1 greylisted' });
    sender.start();
    const id = await release(kernel, incident.id);
    await attempted(kernel, id, 1);
    await until(() => receiver.mails.length === 1, 'the other one is sent');
    receiver.refuseRecipient('slow@example.com', undefined);
    kernel.clock.advance(seconds(59));
    sender.wake();
    await sleep(100);
    expect(receiver.mails).toHaveLength(1);
    kernel.clock.advance(seconds(1));
    sender.wake();
    await settled(kernel, id);
    expect(receiver.to('slow@example.com')).toHaveLength(1);
  });

  it('repeats what may have arrived with the same Message-ID and bytes (F-11)', async () => {
    const { kernel, receiver, incident, open } = await house('a');
    const sender = open();
    receiver.refuseContent('drop');
    sender.start();
    const id = await release(kernel, incident.id);
    await attempted(kernel, id, 1);
    expect((await attemptsOf(kernel, id))[0]?.outcome).toBe('ambiguous');
    receiver.refuseContent(undefined);
    kernel.clock.advance(minutes(1));
    sender.wake();
    await settled(kernel, id);
    const [first, second] = receiver.mails;
    expect(receiver.mails).toHaveLength(2);
    expect(second?.raw).toBe(first?.raw);
    expect(second?.parsed.messageId).toMatch(/^<[a-z2-7]{26}@acme\.test>$/);
  });

  it('gives up on an address that does not exist, and on no other', async () => {
    const { kernel, receiver, incident, open } = await house('gone', 'fine');
    receiver.refuseRecipient('gone@example.com', {
      code: 550,
      reply: '5.1.1 <gone@example.com> unknown',
    });
    open().start();
    const id = await release(kernel, incident.id);
    await settled(kernel, id);
    expect(await statesOf(kernel, id)).toEqual({
      'gone@example.com': 'failed',
      'fine@example.com': 'sent',
    });
    const [attempt] = await attemptsOf(kernel, id);
    expect(attempt).toMatchObject({ code: 550, outcome: 'failed' });
    expect(attempt?.reply).not.toContain('gone@');
  });

  it('pauses for refused content, fails nobody, and goes on when a person says so', async () => {
    const { kernel, receiver, incident, open } = await house('a', 'b', 'c');
    receiver.refuseContent({ code: 554, reply: '5.7.1 looks like spam' });
    open().start();
    const id = await release(kernel, incident.id);
    await until(
      async () => (await progress(kernel.db.read, id)).state === 'paused',
      'it is paused',
    );
    await until(async () => (await progress(kernel.db.read, id)).counts.sending === 0, 'calm');
    expect((await progress(kernel.db.read, id)).counts).toMatchObject({ queued: 3, failed: 0 });
    receiver.refuseContent(undefined);
    await resume(kernel, systemActor, id);
    await settled(kernel, id);
    expect(receiver.mails).toHaveLength(3);
  });
});
