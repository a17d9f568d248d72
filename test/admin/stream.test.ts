import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { setBaseline } from '../../src/components/service.ts';
import { signOut } from '../../src/accounts/service.ts';
import { createDeskStream } from '../../src/admin/stream.ts';
import { saveRelayState } from '../../src/delivery/relay-store.ts';
import { systemActor } from '../../src/events/types.ts';
import { minutes } from '../../src/shared/clock.ts';
import { createWeb } from '../../src/web/serve.ts';
import type { Route } from '../../src/web/types.ts';
import { addSubscribers, makeIncident, release } from '../notifications/fixtures.ts';
import { onEnd } from '../support/kernel.ts';
import { addPerson } from '../support/web.ts';
import { startDesk } from './desk.ts';

beforeEach(() => vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
afterEach(() => vi.useRealTimers());

async function startStream(queuedAtMost?: number) {
  const desk = await startDesk();
  const { site } = desk;
  const stream = createDeskStream(site, queuedAtMost);
  onEnd(() => stream.stop());
  const route: Route = {
    method: 'GET',
    path: '/admin/stream',
    surface: 'desk',
    needs: 'read',
    handle: (c) => stream.handle(c),
  };
  const web = createWeb(site, [route]);
  const person = await addPerson(site, 'viewer');
  const open = async (headers: Record<string, string> = {}) =>
    web.fetch(
      new Request(`${site.kernel.publicUrl}/admin/stream`, {
        headers: { ...person.headers, host: 'status.example.com', ...headers },
      }),
      { incoming: { socket: { remoteAddress: '192.0.2.1' } } },
    );
  return { ...desk, stream, person, open };
}

/** What has come so far, and whether the stream is over. */
function follow(answer: Response) {
  const heard = { text: '', over: false };
  const read = async () => {
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: '' };
      if (done) break;
      heard.text += value;
    }
    heard.over = true;
  };
  void read();
  return heard;
}

const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);

it('tells of a change that pages show, and only then', async () => {
  const { site, ids, open } = await startStream();
  const answer = await open();
  expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  const heard = follow(answer);
  await pass(3000);
  expect(heard.text).toBe('retry: 2000\nevent: ready\ndata: \n\n');
  await setBaseline(site.kernel, systemActor, ids['API'] ?? '', 1, 'partial_outage');
  await pass(1000);
  await vi.waitFor(() => expect(heard.text).toContain('event: changed\n'));
});

it('tells that a relay went down, and that nobody sends any more, though no event says so (F-08)', async () => {
  const { site, open } = await startStream();
  const { kernel } = site;
  const found = { name: 'relay:25', since: kernel.clock.now(), perMinute: 0 };
  const tell = (isUp: boolean, fault: string) =>
    kernel.db.write((tx) =>
      saveRelayState(tx, { ...found, isUp, fault, updatedAt: kernel.clock.now() }),
    );
  await tell(true, '');
  const heard = follow(await open());
  const changes = () => heard.text.split('event: changed').length - 1;
  await pass(1000);
  await vi.waitFor(() => expect(heard.text).toContain('event: ready'));
  await tell(false, 'connect ECONNREFUSED');
  await pass(1000);
  await vi.waitFor(() => expect(changes()).toBe(1));
  await tell(true, '');
  await addSubscribers(kernel, 'ann@example.test');
  await release(kernel, (await makeIncident(kernel)).id);
  await pass(1000);
  await vi.waitFor(() => expect(changes()).toBe(2));
  kernel.clock.advance(minutes(3));
  await pass(1000);
  await vi.waitFor(() => expect(changes()).toBe(3));
});

it('ends within five seconds of its session (S-08)', async () => {
  const { site, person, open } = await startStream();
  const heard = follow(await open());
  await pass(5000);
  expect(heard.over).toBe(false);
  await signOut(site.kernel, systemActor, person.sessionId);
  await pass(5000);
  await vi.waitFor(() => expect(heard.over).toBe(true));
});

it('does not keep an idle session alive (S-11)', async () => {
  const { site, open } = await startStream();
  const heard = follow(await open());
  for (let hour = 0; hour < 12; hour += 1) {
    site.kernel.clock.advance(3_600_000);
    await pass(5000);
  }
  await vi.waitFor(() => expect(heard.over).toBe(true));
});

it('refuses strangers, other sites, and the twenty-first (S-72)', async () => {
  const { open } = await startStream();
  expect((await open({ cookie: '' })).status).toBe(302);
  expect((await open({ origin: 'https://evil.example' })).status).toBe(403);
  const answers = await Promise.all(Array.from({ length: 20 }, () => open()));
  expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
  expect((await open()).status).toBe(429);
  await answers[0]?.body?.cancel();
  expect((await open()).status).toBe(200);
});

it('drops a client that does not read once too much waits for it (S-72)', async () => {
  const { open } = await startStream(128);
  const slow = await open();
  await pass(15_000 * 20);
  const heard = follow(slow);
  await vi.waitFor(() => expect(heard.over).toBe(true));
  expect(heard.text.length).toBeLessThanOrEqual(128);
});
