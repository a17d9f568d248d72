// 1,200 requests a minute and token, so that a script gone wild does not crowd out the desk: a bucket
// that refills by twenty each second. Statuspage allows 60; its tools obey the same `Retry-After`.
import type { Clock } from '../shared/clock.ts';
import { seconds } from '../shared/clock.ts';
import { AppError } from '../shared/errors.ts';

interface Bucket {
  left: number;
  /** Monotonic milliseconds. */
  countedAt: number;
}

const burst = 1200;
const refillEvery = seconds(1) / 20;

/** A function that counts a request of `key`, or throws `too_many` with the seconds to wait. */
export function createRequestLimit(clock: Clock): (key: string) => void {
  const buckets = new Map<string, Bucket>();
  return (key) => {
    const now = clock.monotonic();
    const left = Math.min(burst, remaining(buckets.get(key), now));
    if (left < 1) {
      throw new AppError('too_many', 'Too many requests: at most 1,200 a minute for each token.', {
        retryAfter: Math.ceil(((1 - left) * refillEvery) / seconds(1)),
      });
    }
    // Tokens are few; full buckets say nothing, so they are dropped when many have gathered.
    if (buckets.size > 1000) dropFull(buckets, now);
    buckets.set(key, { left: left - 1, countedAt: now });
  };
}

const remaining = (bucket: Bucket | undefined, now: number) =>
  bucket ? bucket.left + (now - bucket.countedAt) / refillEvery : burst;

function dropFull(buckets: Map<string, Bucket>, now: number): void {
  for (const [key, bucket] of buckets) if (remaining(bucket, now) >= burst) buckets.delete(key);
}
