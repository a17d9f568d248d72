// From the process's first breath to its first answer, and what the front page weighs on the wire.
import { join } from 'node:path';
import { connect } from 'node:net';
import { capture } from './capture.mjs';
import { databaseWith } from './databases.mjs';
import {
  end,
  freePort,
  pause,
  processorTime,
  root,
  serverCore,
  start,
  startProduct,
} from './processes.mjs';
import { below, figure, heading, median } from './report.mjs';

export async function starting() {
  heading('Start: node dist/main.js with 1,000 past incidents');
  const dataDir = await databaseWith(1000);
  const starts = [];
  for (let n = 0; n < 6; n += 1) starts.push(await firstAnswer(dataDir));
  const times = starts.map(({ took }) => took);
  // The first one reads everything from the disk.
  figure('start to first 200, median of 5', median(times.slice(1)), 'ms', below(500));
  figure('start to first 200, slowest', Math.max(...times), 'ms');
  figure('processor time until then, median', median(starts.map(({ used }) => used)), 'ms');
}

async function firstAnswer(dataDir) {
  const port = await freePort();
  const began = performance.now();
  const child = start(join(root, 'dist/main.js'), {
    core: serverCore,
    env: {
      DATA_DIR: dataDir,
      PORT: String(port),
      HOST: '127.0.0.1',
      PUBLIC_URL: `http://127.0.0.1:${port}`,
      LOG_LEVEL: 'warn',
      ADMIN_EMAIL: 'bench@example.test',
      ADMIN_PASSWORD: 'a phrase for the bench only',
    },
  });
  while (!(await isListening(port))) {
    if (child.exitCode !== null) throw new Error('The server ended at once.');
    await pause(2);
  }
  const { status } = await capture(port, '/');
  const took = performance.now() - began;
  const used = processorTime(child) / 1_000_000;
  if (status !== 200) throw new Error(`The first answer was ${status}.`);
  await end(child, 'SIGKILL');
  return { took, used };
}

const isListening = (port) =>
  new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    const tell = (is) => {
      socket.destroy();
      done(is);
    };
    socket.once('connect', () => tell(true));
    socket.once('error', () => tell(false));
  });

export async function wire() {
  heading('On the wire: the front page');
  const { child, port } = await startProduct(await databaseWith(1000));
  for (const encoding of ['br', 'gzip', 'identity']) {
    const { wire: size, bytes } = await capture(port, '/', { 'Accept-Encoding': encoding });
    const target = encoding === 'identity' ? undefined : below(14 * 1024);
    figure(`/ ${encoding}, with headers`, size, 'bytes', target);
    figure(`/ ${encoding}, body alone`, bytes.byteLength, 'bytes');
  }
  await end(child);
}
