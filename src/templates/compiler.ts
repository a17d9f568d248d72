// Compiles MJML in a worker, one document at a time, and never waits longer than its limit.
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { seconds } from '../shared/clock.ts';
import { AppError } from '../shared/errors.ts';
import { sha256 } from '../shared/ids.ts';
import type { MjmlFault, MjmlJob, MjmlResult } from './mjml-worker.ts';

type Compiled = { html: string } | { faults: MjmlFault[] };

export interface MjmlCompiler {
  /** The HTML of a document, or what is wrong with it. The same good document is compiled once. */
  compile: (mjml: string) => Promise<Compiled>;
  /** How many documents were compiled, and how often the worker had to be stopped. */
  counts: () => { compiled: number; stopped: number };
  /** Stops the worker; the next document starts another. */
  close: () => Promise<void>;
}

/** Loading MJML on a busy machine may take seconds; that is no fault of the document. */
const startLimit = seconds(20);
const remembered = 64;
const maxWaiting = 50;

/** `limit`: milliseconds a document may take. */
export function createMjmlCompiler(workerPath: string, limit: number): MjmlCompiler {
  const results = new Map<string, Promise<Compiled>>();
  const counted = { compiled: 0, stopped: 0 };
  let worker: Promise<Worker> | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;

  async function stop() {
    const running = worker;
    worker = undefined;
    await running?.then((thread) => thread.terminate()).catch(() => undefined);
  }

  function start(): Promise<Worker> {
    const started = startWorker(workerPath, () => {
      if (worker === started) worker = undefined;
    });
    return started;
  }

  async function run(mjml: string): Promise<Compiled> {
    const thread = await (worker ??= start());
    counted.compiled += 1;
    const result = await ask(thread, { id: counted.compiled, mjml }, limit);
    if (result) return result;
    counted.stopped += 1;
    await stop();
    return { faults: [{ line: null, message: 'This email takes too long to prepare.' }] };
  }

  /** One after the other, so that a limit is never spent on someone else's document. */
  async function queue(mjml: string): Promise<Compiled> {
    if (waiting >= maxWaiting) {
      throw new AppError('too_many', 'Too many emails are being prepared. Try again in a moment.');
    }
    waiting += 1;
    const result = last.then(() => run(mjml));
    last = result.catch(() => undefined);
    return result.finally(() => (waiting -= 1));
  }

  function compile(mjml: string): Promise<Compiled> {
    const key = sha256(mjml);
    const result = results.get(key) ?? queue(mjml);
    results.delete(key);
    results.set(key, result);
    if (results.size > remembered) results.delete(results.keys().next().value ?? key);
    // Only what succeeded is kept: a busy machine must not condemn a document for good.
    const forget = () => void results.delete(key);
    result.then((done) => 'faults' in done && forget(), forget);
    return result;
  }

  return { compile, counts: () => ({ ...counted }), close: stop };
}

async function startWorker(path: string, onExit: () => void): Promise<Worker> {
  const worker = new Worker(path, {
    env: {},
    execArgv: [],
    // Kept from our log, and not read either: a stream being read keeps the process alive.
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: 256, stackSizeMb: 4 },
  });
  worker.once('exit', onExit);
  // A thread that fails also exits; without a listener its error would end the process.
  worker.on('error', () => {});
  const ready = await settled(worker, startLimit);
  if (ready !== 'ready') {
    await worker.terminate();
    throw new Error('The MJML worker did not start. Run the build first.');
  }
  worker.unref();
  return worker;
}

/** The answer to one job, or undefined when it took too long or brought the worker down. */
async function ask(worker: Worker, job: MjmlJob, limit: number): Promise<Compiled | undefined> {
  worker.ref();
  const answer = settled(worker, limit);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origins
  worker.postMessage(job);
  const result = (await answer) as MjmlResult | undefined;
  worker.unref();
  if (result?.id !== job.id) return undefined;
  return result.html === undefined ? { faults: result.faults ?? [] } : { html: result.html };
}

/** The worker's next message; undefined when it ends, fails, or says nothing within `limit`. */
async function settled(worker: Worker, limit: number): Promise<unknown> {
  const over = new AbortController();
  const { signal } = over;
  const spoken = once(worker, 'message', { signal }).then(([message]: unknown[]) => message);
  const ended = once(worker, 'exit', { signal }).then(() => undefined);
  try {
    return await Promise.race([spoken, ended, wait(limit, undefined, { signal })]);
  } catch {
    return undefined;
  } finally {
    over.abort();
  }
}
