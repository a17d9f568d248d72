// `npm run bench:mail`: what the sender can bear, in ratios within one run.
//   --only throughput,latency,dkim,memory,fanout,crash,page   some parts alone
//   --count 100000 --plain 20000 --rounds 3     mails, mails of the slow comparison, rounds to take medians of
//   --people 1000000 --kills 10 --seconds 20    the fan-out, the crashes, the visitors
//   --latency-at message                        or `reply`: where the slow relay waits
//   --million                                   also sends a million, for the memory
import { parseArgs } from 'node:util';
import { crash, fanout, page } from './mail/hardship.mjs';
import { dkim, latency, memory, throughput } from './mail/throughput.mjs';
import { summary } from './report.mjs';

const parts = { throughput, latency, dkim, memory, fanout, crash, page };
const text = (value) => ({ type: 'string', default: value });
const { values } = parseArgs({
  options: {
    only: text(Object.keys(parts).join(',')),
    count: text('100000'),
    plain: text('20000'),
    rounds: text('3'),
    people: text('1000000'),
    kills: text('10'),
    seconds: text('20'),
    'latency-at': text('message'),
    million: { type: 'boolean', default: false },
  },
});
const options = {
  count: Number(values.count),
  plainCount: Number(values.plain),
  rounds: Number(values.rounds),
  people: Number(values.people),
  kills: Number(values.kills),
  seconds: Number(values.seconds),
  latencyAt: values['latency-at'],
  million: values.million,
};

const wanted = values.only.split(',');
const unknown = wanted.filter((name) => !(name in parts));
if (unknown.length > 0) throw new Error(`There is no part ${unknown.join(', ')}.`);
for (const [name, part] of Object.entries(parts)) {
  if (wanted.includes(name)) await part(options);
}
summary();
process.exit(0);
