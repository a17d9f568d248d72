// Child processes of a benchmark: pinned to a core, asked questions over their channel, weighed from outside.
import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { cpus } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { say } from './report.mjs';

export const benchFolder = dirname(fileURLToPath(import.meta.url));
export const root = resolve(benchFolder, '../..');

/** Servers run on the first core, whatever asks them on the second. */
export const serverCore = 0;
export const clientCore = 1;

const canPin = cpus().length > 1 && spawnSync('taskset', ['-V']).status === 0;
if (!canPin) say('taskset or a second core is missing: nothing is pinned.');

const living = new Set();
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

/** Starts a module as a process of its own, with a channel, on one core. */
export function start(file, { core, args = [], env = {}, preload, stdio = 'ignore' } = {}) {
  const execArgv = preload === undefined ? [] : ['--import', preload];
  const node = [...execArgv, file, ...args];
  const child = fork(canPin ? '' : file, canPin ? [] : args, {
    ...(canPin
      ? { execPath: 'taskset', execArgv: ['-c', String(core), process.execPath, ...node] }
      : { execArgv }),
    env: { ...process.env, ...env },
    stdio: ['ignore', stdio, 'inherit', 'ipc'],
  });
  living.add(child);
  child.once('exit', () => living.delete(child));
  return child;
}

let questions = 0;

/** Asks a child and waits for its answer; marks that it sets on the way are told to `onMark`. */
export function ask(child, message, onMark = () => {}) {
  const id = (questions += 1);
  return new Promise((done, fail) => {
    const listen = (answer) => {
      if (answer.mark !== undefined) onMark(answer.mark);
      if (answer.id !== id) return;
      settle();
      if (answer.error === undefined) done(answer);
      else fail(new Error(answer.error));
    };
    const leave = (code, signal) => {
      settle();
      fail(new Error(`A process ended (${signal ?? code}) before it answered.`));
    };
    const settle = () => {
      child.off('message', listen);
      child.off('exit', leave);
    };
    child.on('message', listen);
    child.on('exit', leave);
    child.send({ id, ...message });
  });
}

/** In a child: answers each question with what `handle` makes of it. */
export function answerQuestions(handle) {
  const answer = async ({ id, ...message }) => {
    try {
      process.send({ id, ...(await handle(message)) });
    } catch (error) {
      process.send({ id, error: String(error?.stack ?? error) });
    }
  };
  process.on('message', (message) => void answer(message));
}

export async function end(child, signal = 'SIGTERM') {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

/** Nanoseconds of processor time that all threads of a process have used. */
export function processorTime({ pid }) {
  let total = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const [used] = readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ');
    total += Number(used);
  }
  return total;
}

/** Resident memory in megabytes. */
export function residentMemory({ pid }) {
  const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(kilobytes) / 1024;
}

export async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

export const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/** Waits until a process has done what it does after its start, such as loading the email compiler. */
export async function calm(child) {
  for (let tries = 0; tries < 60; tries += 1) {
    const before = processorTime(child);
    await pause(1000);
    if (processorTime(child) - before < 20_000_000) return;
  }
}

/** The product's server on a database, watched, ready to answer. */
export async function startProduct(dataDir, { watched = true } = {}) {
  const port = await freePort();
  const child = start(join(root, 'dist/main.js'), {
    core: serverCore,
    preload: watched ? join(benchFolder, 'watch.mjs') : undefined,
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
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; ; tries += 1) {
    if (child.exitCode !== null) throw new Error('The server ended at once.');
    const response = await fetch(`${url}/`).catch(() => undefined);
    if (response?.ok) return { child, port, url };
    if (tries > 600) throw new Error('The server did not become ready.');
    await pause(25);
  }
}
