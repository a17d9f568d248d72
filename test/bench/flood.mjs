// Ten thousand readers at once while an update is published every second.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { capture } from './capture.mjs';
import { databaseWith } from './databases.mjs';
import {
  ask,
  benchFolder,
  clientCore,
  end,
  pause,
  residentMemory,
  root,
  start,
  startProduct,
} from './processes.mjs';
import { atLeast, below, figure, heading, none, quantile, say } from './report.mjs';

const run = promisify(execFile);

/** What the readers ask for: most hold the page already or take it compressed; some are read closely. */
async function mixFor(port) {
  const gzip = { 'Accept-Encoding': 'gzip, deflate, br' };
  const home = await capture(port, '/', gzip);
  return [
    { path: '/', headers: gzip },
    { path: '/?utm_source=mail', headers: gzip },
    { path: '/', headers: { ...gzip, 'If-None-Match': home.header('etag') } },
    { path: '/api/v2/summary.json', headers: gzip },
    { path: '/feed.rss', headers: { 'Accept-Encoding': 'gzip' } },
    { path: '/api/v2/summary.json', headers: gzip },
    { path: '/', headers: gzip },
    { path: '/feed.atom', headers: gzip },
    { path: '/api/v2/summary.json', headers: {}, check: true },
    { path: '/', headers: {}, check: true },
  ];
}

export async function flood({ floodSeconds, floodEvery, connections: wanted }) {
  heading('Flood: readers while publishing every second, 1,000 past incidents');
  const connections = Math.min(wanted, filesAllowed() - 300);
  if (connections < wanted) {
    say(
      `This machine allows ${filesAllowed()} open files: ${connections} connections instead of ${wanted}.`,
    );
  }
  const dataDir = await databaseWith(1000);
  const token = await makeToken(dataDir);
  const product = await startProduct(dataDir);
  const load = start(join(benchFolder, 'load.mjs'), { core: clientCore });
  const editor = await createEditor(product, token);

  let publishing = Promise.resolve({ sent: [], took: [], failed: 0 });
  const mix = await mixFor(product.port);
  const result = await ask(
    load,
    {
      kind: 'paced',
      port: product.port,
      connections,
      every: floodEvery,
      seconds: floodSeconds,
      mix,
    },
    (mark) => {
      if (mark !== 'begin') return;
      publishing = ask(product.child, { kind: 'forget' }).then(() =>
        editor.publishEverySecond(floodSeconds - 1),
      );
    },
  );
  const published = await publishing;
  const { longest } = await ask(product.child, { kind: 'tell' });
  print(result, published, { longest, connections });
  // A bare server keeps about 100 MB for ten thousand connections.
  figure('resident memory after the flood', residentMemory(product.child), 'MB');
  await Promise.all([product.child, load].map((child) => end(child)));
}

function print(result, published, { longest, connections }) {
  const { latencies, faults, backwards, answers, seconds, skipped, firstSeen } = result;
  const wrong = Object.values(faults).reduce((sum, count) => sum + count, 0) + published.failed;
  figure('connections', connections);
  figure('requests a second', Math.round(answers / seconds), '', atLeast(3000));
  figure('errors', wrong, '', none);
  if (wrong > 0) say(`${JSON.stringify(faults)}, publications failed: ${published.failed}`);
  figure('turns skipped because the last answer was not there', skipped);
  figure('answer, median', quantile(latencies, 0.5), 'ms');
  figure('answer, 99 of 100', quantile(latencies, 0.99), 'ms', below(1000));
  figure('answer, slowest', latencies.at(-1), 'ms');
  figure('event loop, longest gap', longest, 'ms', below(200));
  figure('older update seen after a newer one', backwards, '', none);
  const waits = published.sent.map(({ number, at }) => (firstSeen[number] ?? Number.NaN) - at);
  const seen = waits.filter((wait) => !Number.isNaN(wait)).toSorted((a, b) => a - b);
  figure('updates published, and seen by readers', `${published.sent.length}, ${seen.length}`);
  figure('publisher waits for its answer, median', quantile(published.took, 0.5), 'ms');
  figure('publisher waits for its answer, slowest', published.took.at(-1), 'ms', below(2000));
  figure('answer to the publisher until a reader saw it, slowest', seen.at(-1), 'ms', below(2000));
}

function filesAllowed() {
  const [, hard] =
    /Max open files\s+\d+\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
  return Number(hard ?? 1024);
}

async function makeToken(dataDir) {
  const cli = join(root, 'dist/cli.js');
  const args = [cli, 'token', 'create', '--name', 'bench', '--role', 'comms_lead'];
  const { stdout } = await run(process.execPath, args, {
    env: { ...process.env, DATA_DIR: dataDir },
  });
  return stdout.trim();
}

/** Publishes through the management API, as a tool would. */
async function createEditor({ url }, token) {
  const summary = await (await fetch(`${url}/api/v2/summary.json`)).json();
  const incidents = `${url}/v1/pages/${summary.page.id}/incidents`;
  const write = async (method, address, incident) => {
    const options = {
      method,
      headers: { Authorization: `OAuth ${token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ incident: { deliver_notifications: false, ...incident } }),
    };
    const response = await fetch(address, options);
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    return response.json();
  };
  const { id } = await write('POST', incidents, {
    name: 'Checkout fails for some customers',
    status: 'investigating',
    body: 'Bench update 0.',
  });
  return {
    async publishEverySecond(seconds) {
      const sent = [];
      const took = [];
      let failed = 0;
      for (let number = 1; number <= seconds; number += 1) {
        const began = performance.now();
        try {
          await write('PATCH', `${incidents}/${id}`, {
            status: 'identified',
            body: `Bench update ${number}.`,
          });
          sent.push({ number, at: performance.timeOrigin + performance.now() });
        } catch (error) {
          failed += 1;
          say(`update ${number}: ${error.message}`);
        }
        took.push(performance.now() - began);
        await pause(Math.max(0, 1000 - (performance.now() - began)));
      }
      return { sent, failed, took: took.toSorted((a, b) => a - b) };
    },
  };
}
