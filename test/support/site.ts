// The whole application in this process, listening, on a clock the test moves.
import { once } from 'node:events';
import { vi } from 'vitest';
import { createAccount } from '../../src/accounts/service.ts';
import { type App, createApp } from '../../src/app.ts';
import { type Config, readConfig } from '../../src/config.ts';
import { systemActor } from '../../src/events/types.ts';
import { openHouse } from '../../src/house.ts';
import { silentLog } from '../../src/shared/log.ts';
import type { Role } from '../../src/shared/words.ts';
import type { Kernel } from '../../src/db/kernel.ts';
import { onEnd, temporaryFolder, type TestClock, testClock } from './kernel.ts';
import { freePort } from './process.ts';

export const password = 'correct horse battery staple';

export interface TestSite {
  url: string;
  app: App;
  kernel: Kernel;
  clock: TestClock;
  config: Config;
  stop(): Promise<void>;
}

/** Starts the application on a free port of this machine. */
export async function startSite(environment: Record<string, string> = {}): Promise<TestSite> {
  const port = await freePort();
  const config = readConfig({
    PORT: String(port),
    HOST: '127.0.0.1',
    DATA_DIR: temporaryFolder(),
    ...environment,
  });
  const clock = testClock();
  const kernel = await openHouse(config, { log: silentLog, clock });
  const app = await createApp(config, kernel);
  app.server.listen(port, '127.0.0.1');
  await once(app.server, 'listening');
  app.start();
  let stopped: Promise<void> | undefined;
  const stop = () =>
    (stopped ??= (async () => {
      app.server.closeAllConnections();
      await app.stop();
      kernel.db.close();
    })());
  onEnd(stop);
  return { url: config.publicUrl, app, kernel, clock, config, stop };
}

/** Adds an account with the well-known test password. */
export async function addAccount(site: TestSite, role: Role, email = `${role}@example.test`) {
  const name = email.split('@')[0] ?? email;
  await createAccount(site.kernel, systemActor, { email, name, role, password });
  return { email, password };
}

/** Resolves once visitors read these words in the public summary: publishing does not wait for the page. */
export const untilShown = (site: TestSite, words: string): Promise<string> =>
  vi.waitFor(
    async () => {
      const text = await (await fetch(`${site.url}/api/v2/summary.json`)).text();
      if (!text.includes(words)) throw new Error(`The page does not show ${words} yet.`);
      return text;
    },
    { timeout: 5000, interval: 20 },
  );
