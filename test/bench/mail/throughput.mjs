// How fast mail goes out, beside a client that only writes bytes and beside what one would write first.
import { join } from 'node:path';
import { ask, benchFolder, clientCore, end, serverCore, start } from '../processes.mjs';
import { atLeast, figure, heading, median, say } from '../report.mjs';
import { databaseOf, dkimKey, forget, mailEnvironment, sendAll } from './product.mjs';

const atMost = (limit) => ({ text: `at most ${limit}`, met: (value) => value <= limit });

export async function startSink(options = {}) {
  const child = start(join(benchFolder, 'mail/sink.mjs'), { core: clientCore });
  const { port } = await ask(child, { kind: 'listen', ...options });
  return { child, port };
}

const startClient = (name) => start(join(benchFolder, `mail/${name}.mjs`), { core: serverCore });

/** One run of the product; also how many bytes a message had. */
async function ours(sink, count, connections, more = {}, listen = {}) {
  await ask(sink.child, { kind: 'listen', ...listen });
  const dataDir = databaseOf(count);
  const result = await sendAll(
    dataDir,
    count,
    mailEnvironment(dataDir, sink.port, connections, more),
  );
  forget(dataDir);
  const { messages, bytes } = await ask(sink.child, { kind: 'count' });
  if (messages !== count) throw new Error(`The sink has ${messages} messages, not ${count}.`);
  return { ...result, bytes: Math.round(bytes / messages) };
}

async function raw(sink, count, connections, bytes, listen = {}) {
  await ask(sink.child, { kind: 'listen', ...listen });
  const client = startClient('raw');
  const result = await ask(client, { port: sink.port, connections, count, bytes });
  await end(client);
  return result;
}

async function plain(sink, count, connections, more = {}) {
  await ask(sink.child, { kind: 'listen' });
  const dataDir = databaseOf(count);
  const client = startClient('plain');
  const result = await ask(client, {
    kind: 'plain',
    dataDir,
    port: sink.port,
    connections,
    count,
    ...more,
  });
  await end(client);
  forget(dataDir);
  return result;
}

async function outbox(count, connections) {
  const dataDir = databaseOf(count);
  const client = startClient('plain');
  const result = await ask(client, { kind: 'outbox', dataDir, connections, count });
  await end(client);
  forget(dataDir);
  return result;
}

const middle = (rounds, pick) => median(rounds.map(pick));

/** Zero latency, 20 connections, no signatures. */
export async function throughput({ count, plainCount, rounds }) {
  heading(`Throughput: ${count} mails, 20 connections, no latency, unsigned`);
  const sink = await startSink();
  const all = [];
  for (let round = 0; round < rounds; round += 1) {
    const mine = await ours(sink, count, 20);
    all.push({
      mine,
      raw: await raw(sink, count, 20, mine.bytes),
      plain: await plain(sink, plainCount, 20),
      outbox: await outbox(plainCount, 20),
    });
    say(`  round ${round + 1}: ${all.at(-1).mine.seconds.toFixed(1)} s`);
  }
  await end(sink.child);
  figure(
    'bytes a message',
    middle(all, ({ mine }) => mine.bytes),
  );
  figure(
    'ours, from first claim to last mark',
    middle(all, ({ mine }) => mine.seconds),
    's',
  );
  figure(
    'ours, mails a second',
    middle(all, ({ mine }) => mine.perSecond),
  );
  figure(
    'raw client, mails a second',
    middle(all, (one) => one.raw.perSecond),
  );
  figure(
    'plain sendMail, mails a second',
    middle(all, (one) => one.plain.perSecond),
  );
  figure(
    'time, ours to raw',
    middle(all, (one) => one.raw.perSecond / one.mine.perSecond),
    '',
    atMost(8),
  );
  figure(
    'speed, ours to plain sendMail',
    middle(all, (one) => one.mine.perSecond / one.plain.perSecond),
    '',
    atLeast(4.5),
  );
  figure(
    'processor time a mail, ours',
    middle(all, ({ mine }) => mine.microseconds),
    'µs',
  );
  figure(
    'processor time a mail, raw',
    middle(all, (one) => one.raw.microseconds),
    'µs',
  );
  figure(
    'processor time a mail, plain',
    middle(all, (one) => one.plain.microseconds),
    'µs',
  );
  figure(
    'processor time, ours to plain',
    middle(all, (one) => one.mine.microseconds / one.plain.microseconds),
    '',
    atMost(0.25),
  );
  figure(
    'outbox alone, share of our time',
    middle(all, (one) => one.mine.perSecond / one.outbox.perSecond),
    '',
    atMost(0.15),
  );
}

/** A relay that takes 20 ms for each message. */
export async function latency({ count, rounds, latencyAt }) {
  const mails = Math.min(count, 20_000);
  heading(`Latency: ${mails} mails, a relay that waits 20 ms at each ${latencyAt}`);
  const sink = await startSink();
  const listen = { delay: 20, delayAt: latencyAt };
  for (const [connections, share] of [
    [20, 0.85],
    [50, 0.65],
  ]) {
    const all = [];
    for (let round = 0; round < rounds; round += 1) {
      const mine = await ours(sink, mails, connections, {}, listen);
      all.push({ mine, raw: await raw(sink, mails, connections, mine.bytes, listen) });
    }
    figure(
      `${connections} connections: mails a second, ours`,
      middle(all, ({ mine }) => mine.perSecond),
    );
    figure(
      `${connections} connections: mails a second, raw`,
      middle(all, (one) => one.raw.perSecond),
    );
    const ratio = middle(all, (one) => one.mine.perSecond / one.raw.perSecond);
    figure(`${connections} connections: ours to raw`, ratio, '', atLeast(share));
  }
  await end(sink.child);
}

/** RSA, 2,048 bits. */
export async function dkim({ count, plainCount, rounds }) {
  heading('DKIM in process, RSA 2048');
  const sink = await startSink();
  const { privateKey, environment } = dkimKey();
  const theirs = { dkim: { domainName: 'example.test', keySelector: 'bench', privateKey } };
  const mails = Math.min(count, 50_000);
  const all = [];
  for (let round = 0; round < rounds; round += 1) {
    all.push({
      mine: await ours(sink, mails, 20, environment),
      plain: await plain(sink, plainCount, 20, theirs),
    });
  }
  await end(sink.child);
  figure(
    'ours, mails a second',
    middle(all, ({ mine }) => mine.perSecond),
  );
  figure(
    'plain sendMail with its DKIM, mails a second',
    middle(all, (one) => one.plain.perSecond),
  );
  figure(
    'speed, ours to plain',
    middle(all, (one) => one.mine.perSecond / one.plain.perSecond),
    '',
    atLeast(4),
  );
  figure(
    'processor time a mail, ours',
    middle(all, ({ mine }) => mine.microseconds),
    'µs',
  );
}

/** Resident memory of the sender along the way. */
export async function memory({ count, million }) {
  heading('Memory of the sender');
  const sink = await startSink();
  const { curve, peak } = await ours(sink, count, 20);
  figure(
    `${count} mails: at 20, 40, 60, 80, 100 %`,
    curve.map((one) => one.toFixed(0)).join(' '),
    'MB',
  );
  figure(`${count} mails: growth from 20 % on`, curve[4] - curve[0], 'MB', atMost(15));
  figure(`${count} mails: peak`, peak, 'MB', atMost(200));
  if (million) {
    const large = await ours(sink, 1_000_000, 20);
    figure('1,000,000 mails', large.seconds, 's');
    figure('1,000,000 mails: peak', large.peak, 'MB', atMost(200));
    figure(
      '1,000,000 mails: growth from 20 % on',
      large.curve[4] - large.curve[0],
      'MB',
      atMost(15),
    );
    figure('1,000,000 against the others, peak', large.peak / peak, '', atMost(1.3));
  }
  await end(sink.child);
}

export { atMost };
