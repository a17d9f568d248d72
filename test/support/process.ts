// The real thing: the built server as a process of its own, to be stopped, killed and started again.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { packagePath } from '../../src/shared/paths.ts';
import { onEnd } from './kernel.ts';

/** A port nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('No port was given.');
  return address.port;
}

export interface ServerProcess {
  url: string;
  /** Everything printed so far. */
  output(): string;
  pid: number;
  /** Sends a signal and answers the exit code, null after a kill. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
}

export interface ServerPlace {
  dataDir: string;
  port: number;
  environment?: Record<string, string>;
}

const environmentOf = ({ dataDir, port, environment }: ServerPlace) => ({
  PATH: process.env['PATH'] ?? '',
  DATA_DIR: dataDir,
  PORT: String(port),
  HOST: '127.0.0.1',
  ...environment,
});

/** Starts the built server and waits until it is ready to serve. */
export async function startProcess(place: ServerPlace): Promise<ServerProcess> {
  const child = spawn(process.execPath, [packagePath('dist', 'main.js')], {
    env: environmentOf(place),
  });
  onEnd(() => void child.kill('SIGKILL'));
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  const url = `http://localhost:${place.port}`;
  await ready(url, child, () => printed);
  return {
    url,
    output: () => printed,
    pid: child.pid ?? 0,
    async end(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      const exited = once(child, 'exit');
      child.kill(signal);
      await exited;
      return child.exitCode;
    },
  };
}

async function ready(url: string, child: ChildProcess, printed: () => string): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    if (child.exitCode !== null) throw new Error(`The server ended: ${printed()}`);
    const response = await fetch(`${url}/readyz`).catch(() => undefined);
    if (response?.ok) return;
    await pause(50);
  }
  throw new Error(`The server did not become ready: ${printed()}`);
}

export const pause = (milliseconds: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** Runs a command of the command line beside (or without) a server; answers what it printed. */
export async function runCli(place: ServerPlace, ...args: string[]) {
  const run = promisify(execFile);
  const cli = packagePath('dist', 'cli.js');
  try {
    const { stdout, stderr } = await run(process.execPath, [cli, ...args], {
      env: environmentOf(place),
    });
    return { code: 0, stdout, stderr };
  } catch (error) {
    const failed = error as { code: number; stdout: string; stderr: string };
    return { code: failed.code, stdout: failed.stdout, stderr: failed.stderr };
  }
}
