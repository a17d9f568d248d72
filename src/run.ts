// The life of a serving process: configuration, lock, house, listening, and an orderly end.
import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { type Config, ConfigError, readConfig } from './config.ts';
import type { DkimConfig } from './config/mail.ts';
import { holdServeLock, LockedError } from './db/serve-lock.ts';
import { createFront } from './front.ts';
import { openHouse } from './house.ts';
import { AppError } from './shared/errors.ts';
import { createPostOffice } from './post-office.ts';
import { createLog, type Log } from './shared/log.ts';

/** Runs until SIGTERM or SIGINT; then finishes what is in flight and exits 0. */
export async function serve(environment: NodeJS.ProcessEnv): Promise<void> {
  try {
    const config = readConfig(environment);
    const unlock = holdServeLock(config.dataDir);
    await serveLocked(config, environment, createLog(config.logLevel), unlock);
  } catch (error) {
    const isTheirs = [ConfigError, LockedError, AppError].some((kind) => error instanceof kind);
    if (!isTheirs) throw error;
    process.stderr.write(`${explain(error as Error)}\n`);
    process.exit(1);
  }
}

async function serveLocked(
  config: Config,
  environment: NodeJS.ProcessEnv,
  log: Log,
  unlock: () => void,
): Promise<void> {
  exitOnFaults(log);
  if (config.dkim) await refuseBadKey(config.dkim);
  const kernel = await openHouse(config, { log });
  const front = await createFront(kernel);
  await listen(front.server, config);
  // The page is served; the desk, the API and the mail take twice as long to load.
  const [{ createApp }, { ensureSetup }, { closeCompiler }] = await Promise.all([
    import('./app.ts'),
    import('./accounts/service.ts'),
    import('./templates/compile.ts'),
  ]);
  const { setupToken } = await ensureSetup(kernel, config.firstAdmin);
  const sender = createPostOffice(kernel, environment);
  const app = await createApp(config, kernel, { front, sender });
  app.start();
  const { port } = front.server.address() as AddressInfo;
  log.info(
    { port, host: config.host, url: config.publicUrl, pid: process.pid },
    'Forthright is serving',
  );
  if (setupToken) {
    process.stdout.write(
      `Set up the first account: ${config.publicUrl}/admin/set-up/${setupToken}\n`,
    );
  }

  const signal = await anySignal();
  log.info({ signal }, 'Stopping');
  await app.stop();
  await closeCompiler();
  kernel.db.close();
  unlock();
  log.info({}, 'Stopped');
  process.exit(0);
}

/** Mail that cannot be signed as promised must not leave: better to say so now. */
async function refuseBadKey(dkim: DkimConfig): Promise<void> {
  const { openKey } = await import('./delivery/dkim.ts');
  await openKey(dkim);
}

/** Connections that may wait to be taken up: an outage sends everybody at once. */
const backlog = 4096;

async function listen(server: Server, { port, host }: Config): Promise<void> {
  server.listen({ port, host, backlog });
  try {
    await once(server, 'listening');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const fault = listenFaults[code];
    if (fault === undefined) throw error;
    throw new AppError('unavailable', `Cannot listen on ${host}, port ${port}: ${fault}`);
  }
}

const listenFaults: Record<string, string | undefined> = {
  EADDRINUSE: 'the port is in use. Stop what uses it, or set PORT to another.',
  EADDRNOTAVAIL: 'this machine has no such address. Please correct HOST.',
  EACCES: 'this user may not use that port. Set PORT to one above 1023.',
  ENOTFOUND: 'there is no host of that name. Please correct HOST.',
};

/** The fault with the message of each field, such as a password that everybody uses. */
function explain(error: Error): string {
  const fields = error instanceof AppError ? Object.entries(error.fields) : [];
  return [error.message, ...fields.map(([name, message]) => `  ${name}: ${message}`)].join('\n');
}

const anySignal = () =>
  new Promise<string>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      process.once(signal, () => resolve(signal));
  });

/** What nobody caught leaves the process in an unknown state: it is logged and the process ends (F-24). */
function exitOnFaults(log: Log): void {
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'Uncaught');
    process.exit(1);
  });
}
