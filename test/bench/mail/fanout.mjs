// The fan-out of a released mail, as the sender does it, watched for how long it keeps the event loop.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { expandNext } from '../../../dist/notifications/outbox.js';
import { answerQuestions } from '../processes.mjs';
import { open, release } from './database.mjs';

answerQuestions(async ({ dataDir }) => {
  const kernel = await open(dataDir);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await new Promise((done) => setTimeout(done, 100));
  delay.reset();
  const { milliseconds } = await release(kernel);
  const began = performance.now();
  let chunks = 0;
  while (await expandNext(kernel)) {
    chunks += 1;
    await new Promise((done) => setImmediate(done));
  }
  const seconds = (performance.now() - began) / 1000;
  delay.disable();
  const rows = kernel.db.read.all('select count(*) as n from deliveries')[0].n;
  kernel.db.close();
  return { released: milliseconds, seconds, chunks, rows, block: delay.max / 1e6 };
});
