// Counting wrong passwords, by account and network and by network alone (S-03, S-04). Restarts forgive nothing.
import { forget, hit, peek, strike } from '../db/windows.ts';
import type { Reader, Tx } from '../db/tx.ts';
import { AppError } from '../shared/errors.ts';
import { sha256 } from '../shared/ids.ts';
import { networkOf } from '../shared/network.ts';
import { networkTriesAllowed, networkWindow, triesKept, waitAfter } from './rules.ts';

/** Who is guessed at, by address so that unknown ones count the same, and from where. */
export interface Guess {
  emailKey: string;
  ip: string;
}

/** Throws `too_many`, with the seconds to wait, while this network may not try. */
export async function assertMayTry(reader: Reader, guess: Guess, now: Date): Promise<void> {
  const onAccount = await peek(reader, accountKey(guess), now);
  if (onAccount) {
    const newest = onAccount.endsAt.getTime() - triesKept;
    refuseUntil(newest + waitAfter(onAccount.hits), now);
  }
  const onNetwork = await peek(reader, networkKey(guess), now);
  if (onNetwork && onNetwork.hits >= networkTriesAllowed) {
    refuseUntil(onNetwork.endsAt.getTime(), now);
  }
}

export async function countWrongTry(tx: Tx, guess: Guess, now: Date): Promise<void> {
  await strike(tx, accountKey(guess), now, triesKept);
  await hit(tx, networkKey(guess), now, networkWindow);
}

/** The right password clears the account's count, not the network's. */
export const clearTries = (tx: Tx, guess: Guess): Promise<void> => forget(tx, accountKey(guess));

function refuseUntil(time: number, now: Date): void {
  const left = time - now.getTime();
  if (left <= 0) return;
  throw new AppError('too_many', 'Too many wrong tries. Please wait before the next one.', {
    retryAfter: Math.ceil(left / 1000),
  });
}

const accountKey = ({ emailKey, ip }: Guess) =>
  `sign-in:${sha256(emailKey).slice(0, 32)}:${networkOf(ip)}`;
const networkKey = ({ ip }: Guess) => `sign-in:${networkOf(ip)}`;
