// What every service needs and nothing more: the database, time, randomness, a log and who we are.
import type { Clock } from '../shared/clock.ts';
import type { Ids } from '../shared/ids.ts';
import type { Log } from '../shared/log.ts';
import type { Database } from './open.ts';

export interface Kernel {
  db: Database;
  clock: Clock;
  ids: Ids;
  log: Log;
  /** Origin without trailing slash; every absolute link starts with it. */
  publicUrl: string;
  /** Signs tokens. */
  secretKey: string;
}
