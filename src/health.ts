// What machines ask before they send traffic or restart us.
import { sql } from 'drizzle-orm';
import type { Kernel } from './db/kernel.ts';
import type { Route } from './web/types.ts';

/** What else must be well, asked at every look. */
interface Signs {
  timers: () => boolean;
  sender: () => boolean;
}

/** `/healthz`: the process answers. `/readyz`: the database answers, the timers beat, the sender runs. */
export function healthRoutes(kernel: Kernel, signs: Signs): Route[] {
  return [
    {
      method: 'GET',
      path: '/healthz',
      surface: 'system',
      needs: null,
      handle: (c) => c.json({ status: 'ok' }),
    },
    {
      method: 'GET',
      path: '/readyz',
      surface: 'system',
      needs: null,
      handle: (c) => {
        const checks = {
          database: databaseAnswers(kernel),
          timers: signs.timers(),
          sender: signs.sender(),
        };
        const ready = Object.values(checks).every(Boolean);
        return c.json({ status: ready ? 'ok' : 'unavailable', checks }, ready ? 200 : 503);
      },
    },
  ];
}

function databaseAnswers(kernel: Kernel): boolean {
  try {
    kernel.db.read.get(sql`select 1 from events limit 1`);
    return true;
  } catch (error) {
    kernel.log.error({ err: error }, 'The database does not answer.');
    return false;
  }
}
