// Counts good answers with public documents, a line a minute at most: a flood must not fill the disk.
import { minutes } from '../shared/clock.ts';
import type { Kernel } from '../db/kernel.ts';

export interface Hits {
  count(): void;
}

const rush = 64;

export function createHits({ clock, log }: Kernel): Hits {
  let hits = 0;
  let since = clock.monotonic();
  return {
    count() {
      hits += 1;
      // In a flood the clock is not asked for each.
      if (hits > rush && hits % rush !== 0) return;
      const elapsed = clock.monotonic() - since;
      if (elapsed < minutes(1)) return;
      log.info({ hits, seconds: Math.round(elapsed / 1000) }, 'public hits');
      hits = 0;
      since = clock.monotonic();
    },
  };
}
