// Wakes sleeping loops. A ring between looking for work and going to sleep is not lost: it is counted.

export interface Alarm {
  /** How often it has rung. */
  count: () => number;
  ring: () => void;
  /** Sleeps until the next ring, or for `milliseconds`; not at all if it rang since `count` was read. */
  sleep: (count: number, milliseconds: number) => Promise<void>;
}

export function createAlarm(): Alarm {
  let rings = 0;
  const sleepers = new Set<() => void>();
  return {
    count: () => rings,
    ring() {
      rings += 1;
      for (const wake of sleepers) wake();
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
