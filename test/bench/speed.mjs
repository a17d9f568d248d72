// Requests a second and processor time a request, beside a bare `node:http` server that answers the very same
// bytes. Both live on the same core and take turns, so that whatever else the machine does hits both.
import { join } from 'node:path';
import { capture } from './capture.mjs';
import {
  ask,
  benchFolder,
  calm,
  clientCore,
  end,
  freePort,
  processorTime,
  residentMemory,
  serverCore,
  start,
  startProduct,
} from './processes.mjs';
import { databaseWith } from './databases.mjs';
import { atLeast, below, figure, heading, median, within } from './report.mjs';

const gzip = { 'Accept-Encoding': 'gzip' };
const targets = ['/', '/api/v2/summary.json', '/feed.rss'];

/** Each document whole, compressed, and as "not modified". */
async function casesOf(port) {
  const cases = [];
  for (const path of targets) {
    const whole = await capture(port, path, gzip);
    const held = { ...gzip, 'If-None-Match': whole.header('etag') };
    cases.push({ name: `${path} gzip`, path, headers: gzip, answer: whole });
    cases.push({
      name: `${path} 304`,
      path,
      headers: held,
      answer: await capture(port, path, held),
    });
  }
  return cases;
}

async function startBare() {
  const child = start(join(benchFolder, 'bare.mjs'), { core: serverCore });
  const port = await freePort();
  await ask(child, { kind: 'listen', port });
  return { child, port };
}

const startLoad = () => start(join(benchFolder, 'load.mjs'), { core: clientCore });

/** One run against one server. */
async function run(load, server, { path, headers, answer }, { connections, seconds }) {
  let before = 0;
  let used = 0;
  const { perSecond, answers, faults } = await ask(
    load,
    {
      kind: 'flat out',
      port: server.port,
      path,
      headers,
      status: answer.status,
      connections,
      seconds,
    },
    (mark) => {
      if (mark === 'begin') before = processorTime(server.child);
      else used = processorTime(server.child) - before;
    },
  );
  const wrong = Object.entries(faults).map(([what, count]) => `${what} ×${count}`);
  if (wrong.length > 0) throw new Error(`${path}: ${wrong.join(', ')}`);
  return { perSecond, microseconds: used / answers / 1000 };
}

/** Ours against the bare one, in turns: medians of the rounds' ratios. */
async function compare(load, product, bare, one, options) {
  const { status, headers, body } = one.answer;
  await ask(bare.child, { kind: 'answer', status, headers, body });
  const rounds = [];
  for (let round = 0; round < options.rounds; round += 1) {
    const order = round % 2 === 0 ? [bare, product] : [product, bare];
    const results = new Map();
    for (const server of order) results.set(server, await run(load, server, one, options));
    const [theirs, ours] = [results.get(bare), results.get(product)];
    rounds.push({ theirs, ours });
  }
  const middle = (pick) => median(rounds.map(pick));
  return {
    ours: middle(({ ours }) => ours.perSecond),
    theirs: middle(({ theirs }) => theirs.perSecond),
    microseconds: middle(({ ours }) => ours.microseconds),
    bareMicroseconds: middle(({ theirs }) => theirs.microseconds),
    speed: middle(({ ours, theirs }) => ours.perSecond / theirs.perSecond),
    economy: middle(({ ours, theirs }) => theirs.microseconds / ours.microseconds),
  };
}

/** At 1,000 past incidents: the figures that matter. */
export async function speed(options) {
  heading('Speed, 1,000 past incidents, beside a bare node:http server');
  const product = await startProduct(await databaseWith(1000), { watched: false });
  const bare = await startBare();
  const load = startLoad();
  await calm(product.child);
  for (const one of await casesOf(product.port)) {
    await warmUp(load, product, bare, one, options);
    const result = await compare(load, product, bare, one, options);
    figure(`${one.name}: requests a second, ours`, Math.round(result.ours));
    figure(`${one.name}: requests a second, bare`, Math.round(result.theirs));
    figure(`${one.name}: speed, ours to bare`, result.speed, '', atLeast(0.95));
    figure(`${one.name}: processor time a request, ours`, result.microseconds, 'µs');
    figure(`${one.name}: economy, bare to ours`, result.economy, '', atLeast(0.95));
  }
  figure('resident memory after this load', residentMemory(product.child), 'MB', below(150));
  await Promise.all([product.child, bare.child, load].map((child) => end(child)));
}

/** Lets the compilers see both servers before anything counts. */
async function warmUp(load, product, bare, one, options) {
  const { status, headers, body } = one.answer;
  await ask(bare.child, { kind: 'answer', status, headers, body });
  for (const server of [bare, product]) {
    await run(load, server, one, { ...options, seconds: options.seconds / 2 });
  }
}

/** With ten times fewer and ten times more history: the same work a request. */
export async function scale({ sizes, ...options }) {
  heading('Scale: processor time a request against bare, by past incidents');
  const [usual, ...others] = [1000, ...sizes.filter((size) => size !== 1000)];
  const bare = await startBare();
  const load = startLoad();
  const products = [];
  for (const size of [usual, ...others]) {
    const product = await startProduct(await databaseWith(size), { watched: false });
    await calm(product.child);
    products.push({ size, ...product });
  }
  for (const index of (await casesOf(products[0].port)).keys()) {
    const economies = new Map();
    let name = '';
    for (const product of products) {
      const one = (await casesOf(product.port))[index];
      ({ name } = one);
      await warmUp(load, product, bare, one, options);
      const { economy } = await compare(load, product, bare, one, options);
      economies.set(product.size, economy);
    }
    for (const size of [usual, ...others])
      figure(`${name}: economy at ${size}`, economies.get(size));
    for (const size of others) {
      const relative = economies.get(size) / economies.get(usual);
      figure(`${name}: at ${size} against 1,000`, relative, '', within(0.05));
    }
  }
  await Promise.all(
    [bare.child, load, ...products.map((one) => one.child)].map((child) => end(child)),
  );
}
