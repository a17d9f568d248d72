// `npm run bench:page`: what the public side can bear, in ratios within one run.
//   --only rps,scale,publish,flood,start,wire   some parts alone
//   --seconds 3 --rounds 5 --connections 64     of each speed run
//   --sizes 10,1000,10000                       past incidents to compare; 1000 is the measure of the others
//   --readers 10000 --every 3000 --flood 20     the flood: connections, milliseconds between a reader's requests, seconds
import { parseArgs } from 'node:util';
import { flood } from './flood.mjs';
import { publishing } from './publishing.mjs';
import { summary } from './report.mjs';
import { scale, speed } from './speed.mjs';
import { starting, wire } from './starting.mjs';

const text = (value) => ({ type: 'string', default: value });
const { values } = parseArgs({
  options: {
    only: text('rps,scale,publish,flood,start,wire'),
    seconds: text('2'),
    rounds: text('5'),
    connections: text('64'),
    sizes: text('10,1000,10000'),
    readers: text('10000'),
    every: text('3000'),
    flood: text('20'),
  },
});
const runs = {
  seconds: Number(values.seconds),
  rounds: Number(values.rounds),
  connections: Number(values.connections),
};

const sizes = values.sizes.split(',').map(Number);

const parts = {
  wire,
  start: starting,
  rps: () => speed(runs),
  publish: () => publishing(sizes),
  flood: () =>
    flood({
      connections: Number(values.readers),
      floodEvery: Number(values.every),
      floodSeconds: Number(values.flood),
    }),
  scale: () => scale({ sizes, ...runs, rounds: Math.max(3, runs.rounds - 2) }),
};

const wanted = values.only.split(',');
const unknown = wanted.filter((name) => !(name in parts));
if (unknown.length > 0) throw new Error(`There is no part ${unknown.join(', ')}.`);
for (const [name, part] of Object.entries(parts)) {
  if (wanted.includes(name)) await part();
}
summary();
process.exit(0);
