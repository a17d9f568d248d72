// Opens the data folder: database, signing key, and on the first start what every page begins with.
import { ensureDefaultComponents } from './components/service.ts';
import type { Config } from './config.ts';
import type { Kernel } from './db/kernel.ts';
import { openDatabase } from './db/open.ts';
import { resolveSecretKey } from './secret-key.ts';
import { ensureSettings } from './settings/service.ts';
import { type Clock, systemClock } from './shared/clock.ts';
import { type Ids, randomIds } from './shared/ids.ts';
import type { Log } from './shared/log.ts';

export interface HouseOptions {
  log: Log;
  clock?: Clock;
  ids?: Ids;
  /** Milliseconds to wait for another process's write. */
  busyTimeout?: number;
}

/** Opens the house in `config.dataDir`, made and furnished when it is new. Close it with `db.close()`. */
export async function openHouse(config: Config, options: HouseOptions): Promise<Kernel> {
  const ids = options.ids ?? randomIds;
  const { busyTimeout } = options;
  const kernel: Kernel = {
    db: openDatabase(config.dataDir, busyTimeout === undefined ? {} : { busyTimeout }),
    clock: options.clock ?? systemClock,
    ids,
    log: options.log,
    publicUrl: config.publicUrl,
    secretKey: resolveSecretKey(config.secretKey, config.dataDir, ids),
  };
  await kernel.db.write(async (tx) => {
    if (await ensureSettings(tx, kernel)) await ensureDefaultComponents(tx, kernel);
  });
  return kernel;
}
