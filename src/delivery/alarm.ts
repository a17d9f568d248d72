// Wakes sleeping loops. A ring between looking for work and going to sleep is not lost: it is counted.

export interface Alarm {
  /** How often it has rung. */
  count: () => number;
  ring: () => void;
  /** Rings in a moment, once for all hints until then: while mail flows there are commits all the time. */
  hint: () => void;
  /** Sleeps until the next ring, or for `milliseconds`; not at all if it rang since `count` was read. */
  sleep: (count: number, milliseconds: number) => Promise<void>;
}

const moment = 50;

export function createAlarm(): Alarm {
  let rings = 0;
  let hinted: NodeJS.Timeout | undefined;
  const sleepers = new Set<() => void>();

  function ring(): void {
    clearTimeout(hinted);
    hinted = undefined;
    rings += 1;
    for (const wake of sleepers) wake();
  }

  return {
    count: () => rings,
    ring,
    hint() {
      hinted ??= setTimeout(ring, moment);
    },
    sleep(count, milliseconds) {
      if (count !== rings) return Promise.resolve();
      return new Promise((resolve) => {
        const wake = () => {
          clearTimeout(timer);
          sleepers.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, milliseconds);
        sleepers.add(wake);
      });
    },
  };
}
