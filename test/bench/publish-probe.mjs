// Publishes inside one process, where the moments can be told apart; serves nobody.
import { readConfig } from '../../dist/config.js';
import { listComponents } from '../../dist/components/read.js';
import { systemActor } from '../../dist/events/types.js';
import { openHouse } from '../../dist/house.js';
import { declare, publishUpdate } from '../../dist/incidents/service.js';
import { createPublicBytes } from '../../dist/public/bytes.js';
import { silentLog } from '../../dist/shared/log.js';
import { createSnapshotSource } from '../../dist/status/service.js';
import { answerQuestions, pause } from './processes.mjs';
import { median } from './report.mjs';

const kernel = await openHouse(readConfig({ DATA_DIR: process.argv[2] }), { log: silentLog });
const snapshots = await createSnapshotSource(kernel);
let changedAt = 0;
snapshots.onChange(() => (changedAt = performance.now()));
const bytes = createPublicBytes(kernel, snapshots);
await bytes.settled();

answerQuestions(async ({ times }) => {
  const { components } = await listComponents(kernel.db.read);
  const now = () => kernel.clock.now().getTime();
  const common = { email: { kind: 'none', reason: 'a benchmark' } };
  const { incidentPublicId } = await declare(kernel, systemActor, {
    title: 'Checkout fails for some customers',
    severity: 2,
    visibility: 'public',
    state: 'investigating',
    body: 'We are looking into failed payments.',
    components: { [components[0].publicId]: 'partial_outage' },
    nextUpdateBy: new Date(now() + 1_800_000),
    ...common,
  });
  const rounds = [];
  for (let n = 0; n < times; n += 1) {
    await pause(250);
    rounds.push(
      await measure(() =>
        publishUpdate(kernel, systemActor, incidentPublicId, {
          state: n % 2 === 0 ? 'identified' : 'investigating',
          body: `Bench update ${n}. One of three pools is back, the second follows.`,
          components: {},
          nextUpdateBy: new Date(now() + 1_800_000),
          ...common,
        }),
      ),
    );
  }
  const middle = (name) => median(rounds.slice(5).map((round) => round[name]));
  const { documents, size } = bytes.extent();
  return {
    swapped: middle('swapped'),
    snapshot: middle('snapshot'),
    render: middle('render'),
    loop: middle('loop'),
    all: middle('all'),
    documents,
    bytes: size,
  };
});

async function measure(publish) {
  let committedAt = 0;
  let loopAt;
  let processorAt;
  const stop = kernel.db.onCommit(() => {
    committedAt = performance.now();
    loopAt = performance.eventLoopUtilization();
    processorAt = process.cpuUsage();
  });
  await publish();
  stop();
  // As the commit's listener does, after the publisher's own turn.
  await new Promise((turn) => setImmediate(turn));
  await snapshots.refresh();
  await bytes.settled();
  const swappedAt = performance.now();
  await pause(200);
  const { user, system } = process.cpuUsage(processorAt);
  return {
    swapped: swappedAt - committedAt,
    snapshot: changedAt - committedAt,
    render: swappedAt - changedAt,
    loop: performance.eventLoopUtilization(loopAt).active,
    all: (user + system) / 1000,
  };
}
