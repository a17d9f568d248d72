// Mail under hardship: killed while it sends, a million owed at once, and visitors meanwhile.
import { join } from 'node:path';
import { databaseWith } from '../databases.mjs';
import { ask, benchFolder, end, freePort, pause, root, serverCore, start } from '../processes.mjs';
import { below, figure, heading, none, quantile, say } from '../report.mjs';
import {
  databaseOf,
  forget,
  mailEnvironment,
  prepare,
  startSender,
  watchOutbox,
} from './product.mjs';
import { atMost, startSink } from './throughput.mjs';

/** Ten random `kill -9` on the way. */
export async function crash({ count, kills }) {
  const mails = Math.min(count, 20_000);
  const connections = 20;
  heading(`Crashes: ${kills} random kill -9 during ${mails} mails, ${connections} connections`);
  const sink = await startSink({ keeps: true });
  const dataDir = databaseOf(mails);
  const environment = mailEnvironment(dataDir, sink.port, connections);
  const outbox = watchOutbox(dataDir);
  let child = startSender(environment);
  let killed = 0;
  const eachKill = [];
  let before = 0;
  const between = Math.floor(mails / (kills + 2));
  for (let next = 0; killed < kills;) {
    next += between * (0.5 + Math.random());
    if (!(await untilTaken(sink, outbox, Math.min(next, mails * 0.97), mails))) break;
    await end(child, 'SIGKILL');
    killed += 1;
    const unmarked = await takenUnmarked(sink, outbox);
    eachKill.push(unmarked - before);
    before = unmarked;
    child = startSender(environment);
  }
  await untilTaken(sink, outbox, Infinity, mails);
  await end(child, 'SIGKILL');
  const { people, doubles: allDoubles, differing } = await ask(sink.child, { kind: 'digest' });
  const { most } = await ask(sink.child, { kind: 'count' });
  outbox.close();
  await end(sink.child);
  forget(dataDir);
  figure('kills that hit the sender at work', killed);
  figure('lost', mails - people, '', none);
  figure('doubles in all', allDoubles);
  figure('doubles by kill', eachKill.join(' '));
  figure('doubles of the worst kill', Math.max(...eachKill), '', atMost(connections));
  figure('connections at once', most);
  figure('second copies that differ by a byte', differing, '', none);
}

/** True once so many are taken; false when all is marked before. */
async function untilTaken(sink, outbox, wanted, mails) {
  for (;;) {
    if (outbox.read().sent >= mails) return false;
    if ((await ask(sink.child, { kind: 'count' })).messages >= wanted) return true;
    await pause(5);
  }
}

/**
 * Copies that were taken and not marked, ever: after a kill each of them will come, or has come, once more. What
 * is new since the kill before is this one's doing.
 */
async function takenUnmarked(sink, outbox) {
  // What the system still held for the sink is read by then.
  await pause(200);
  const { people, doubles } = await ask(sink.child, { kind: 'digest' });
  return people + doubles - outbox.read().sent;
}

/** Everybody owed at once. */
export async function fanout({ people }) {
  heading(`Fan-out to ${people} subscribers`);
  const dataDir = databaseOf(people, { released: false });
  const child = start(join(benchFolder, 'mail/fanout.mjs'), { core: serverCore });
  const { released, seconds, chunks, rows, block } = await ask(child, { dataDir });
  await end(child);
  forget(dataDir);
  if (rows !== people) throw new Error(`${rows} rows for ${people} people.`);
  figure('the release itself', released, 'ms', below(300));
  figure(`the rest, ${chunks} chunks`, seconds, 's', atMost(3));
  figure('longest block of the event loop', block, 'ms', below(50));
}

const at = (run, share) => quantile(run.latencies, share);

/** Visitors at a steady pace, first alone, then while mail goes out. Nothing is pinned: two cores for all. */
export async function page({ count, seconds }) {
  heading(`The public page while ${count} mails go out`);
  const sink = await startSink();
  const dataDir = await databaseWith(1000);
  prepare(dataDir, count);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const everywhere = '0,1';
  const child = start(join(root, 'dist/main.js'), {
    core: everywhere,
    env: {
      ...mailEnvironment(dataDir, sink.port, 20),
      PORT: String(port),
      HOST: '127.0.0.1',
      PUBLIC_URL: url,
    },
  });
  for (let tries = 0; !(await fetch(`${url}/readyz`).catch(() => undefined))?.ok; tries += 1) {
    if (child.exitCode !== null || tries > 400) throw new Error('The server did not become ready.');
    await pause(50);
  }
  await pause(3000);
  const load = start(join(benchFolder, 'load.mjs'), { core: everywhere });
  const visit = (during) =>
    ask(load, {
      kind: 'paced',
      port,
      connections: 200,
      every: 500,
      seconds: during,
      mix: [{ path: '/' }, { path: '/api/v2/summary.json' }, { path: '/feed.rss' }],
    });
  await visit(3);
  const idle = await visit(seconds);
  prepare(dataDir, 0, 'release');
  const outbox = watchOutbox(dataDir);
  while (outbox.read().state === 'queued') await pause(20);
  const before = outbox.read().sent;
  const busy = await visit(seconds);
  const after = outbox.read().sent;
  outbox.close();
  for (const one of [child, load, sink.child]) await end(one, 'SIGKILL');
  if (after >= count) say('  The mail ended before the visitors did: take more with --count.');
  figure('mails a second meanwhile', (after - before) / seconds);
  figure('p50 idle', at(idle, 0.5), 'ms');
  figure('p50 while mail goes out', at(busy, 0.5), 'ms');
  figure('p99 idle', at(idle, 0.99), 'ms');
  figure('p99 while mail goes out', at(busy, 0.99), 'ms');
  figure('p99, while mail goes out to idle', at(busy, 0.99) / at(idle, 0.99), '', atMost(2));
  const faults = Object.keys({ ...idle.faults, ...busy.faults });
  if (faults.length > 0) throw new Error(`Visitors met with ${faults.join(', ')}.`);
}
