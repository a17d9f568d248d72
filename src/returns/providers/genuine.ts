// What every provider's check comes down to: a request that is not theirs is refused, in one way.
import { minutes } from '../../shared/clock.ts';
import { AppError } from '../../shared/errors.ts';

/** How far a signed time may lie from ours. */
const tolerance = minutes(5);

export const notGenuine = () =>
  new AppError('unauthenticated', 'The signature is missing or wrong.');

/** Throws unless a signed time in seconds since 1970 is about now. */
export function assertRecent(seconds: string, now: Date): void {
  const at = /^\d{9,12}$/.test(seconds) ? Number(seconds) * 1000 : Number.NaN;
  if (!(Math.abs(at - now.getTime()) <= tolerance)) {
    throw new AppError('unauthenticated', 'This was signed at another time. Is the clock right?');
  }
}
