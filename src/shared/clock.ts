// Time as a parameter. The only file that may ask the machine what time it is.

export interface Clock {
  /** Wall-clock time, UTC. */
  now(): Date;
  /** Milliseconds that never go backwards, for measuring gaps. */
  monotonic(): number;
}

export const systemClock: Clock = {
  now: () => new Date(),
  monotonic: () => performance.now(),
};

export const seconds = (n: number) => n * 1000;
export const minutes = (n: number) => n * 60_000;
export const hours = (n: number) => n * 3_600_000;
export const days = (n: number) => n * 86_400_000;

/** A new Date `milliseconds` later (or earlier, when negative). */
export const plus = (date: Date, milliseconds: number) => new Date(date.getTime() + milliseconds);
