// Signing in and out, and the sessions in between. A session's id is a secret; only its hash is stored.
import type { Kernel } from '../db/kernel.ts';
import type { Tx } from '../db/tx.ts';
import { purge } from '../db/windows.ts';
import { append } from '../events/service.ts';
import type { Actor } from '../events/types.ts';
import { parseAddress } from '../shared/address.ts';
import { plus } from '../shared/clock.ts';
import { AppError } from '../shared/errors.ts';
import { sameSecret, sha256 } from '../shared/ids.ts';
import { type Cost, hash, isOutdated, verify } from './passwords.ts';
import { seenEvery, sessionEnded, sessionIdle, sessionLife } from './rules.ts';
import {
  accountById,
  accountByKey,
  type AccountRow,
  deleteEndedSessions,
  deleteSession,
  insertSession,
  replaceHash,
  sessionWithAccount,
  touchSession,
} from './store.ts';
import { assertMayTry, clearTries, countWrongTry, type Guess } from './tries.ts';
import type { SignedIn } from './types.ts';

export interface SignInInput {
  email: string;
  password: string;
  ip: string;
  userAgent: string;
  requestId?: string;
  /** The session the browser had before: it ends (S-07). */
  previousSessionId?: string | undefined;
}

/**
 * Starts a session. Throws `unauthenticated` alike for a wrong password, an unknown address and a
 * disabled account, after the same work (S-06); `too_many` after too many wrong tries.
 */
export async function signIn(
  kernel: Kernel,
  input: SignInInput,
  options: { cost?: Cost } = {},
): Promise<{ sessionId: string }> {
  const emailKey = parseAddress(input.email)?.key ?? input.email.trim().toLowerCase();
  const guess = { emailKey, ip: input.ip };
  await assertMayTry(kernel.db.read, guess, kernel.clock.now());
  const account = await accountByKey(kernel.db.read, emailKey);
  const right = await verify(input.password, account?.passwordHash, options.cost);
  if (!account || !right || account.disabledAt) {
    await refuse(kernel, input, guess, account?.id ?? null);
    throw new AppError('unauthenticated', 'The email address or the password is not right.');
  }
  const newHash = isOutdated(account.passwordHash, options.cost)
    ? await hash(input.password, options.cost)
    : undefined;
  return { sessionId: await admit(kernel, input, guess, account, newHash) };
}

async function refuse(kernel: Kernel, input: SignInInput, guess: Guess, accountId: number | null) {
  await kernel.db.write(async (tx) => {
    const now = kernel.clock.now();
    await assertMayTry(tx, guess, now);
    await countWrongTry(tx, guess, now);
    const { ip, requestId = null } = input;
    const visitor: Actor = { kind: 'visitor', id: null, ip, requestId };
    await append(tx, kernel.clock, visitor, {
      kind: 'sign_in.failed',
      subject: 'account',
      subjectId: accountId,
    });
  });
}

async function admit(
  kernel: Kernel,
  input: SignInInput,
  guess: Guess,
  account: AccountRow,
  newHash: string | undefined,
): Promise<string> {
  return kernel.db.write(async (tx) => {
    // Asked again: guesses sent side by side must not outrun the count of wrong ones.
    await assertMayTry(tx, guess, kernel.clock.now());
    const now = await accountById(tx, account.id);
    if (!now || now.disabledAt || !sameSecret(now.passwordHash, account.passwordHash)) {
      throw new AppError('unauthenticated', 'This account was changed. Please sign in again.');
    }
    await clearTries(tx, guess);
    if (newHash !== undefined) await replaceHash(tx, account.id, account.passwordHash, newHash);
    if (input.previousSessionId) await deleteSession(tx, sha256(input.previousSessionId));
    return startSession(tx, kernel, account.id, input);
  });
}

/** The part of signing in that belongs in a transaction; answers the new session's id. */
export async function startSession(
  tx: Tx,
  kernel: Kernel,
  accountId: number,
  from: { ip: string; userAgent: string; requestId?: string },
): Promise<string> {
  const sessionId = kernel.ids.secret();
  const now = kernel.clock.now();
  const userAgent = from.userAgent.slice(0, 200);
  const idHash = sha256(sessionId);
  await insertSession(tx, { idHash, accountId, createdAt: now, seenAt: now, userAgent });
  const { ip, requestId = null } = from;
  await append(
    tx,
    kernel.clock,
    { kind: 'account', id: accountId, ip, requestId },
    { kind: 'session.started', subject: 'account', subjectId: accountId },
  );
  return sessionId;
}

/** Who is behind a session, by what the database says now; undefined once it has ended (S-11, S-24). */
export async function readSession(
  kernel: Kernel,
  sessionId: string,
): Promise<SignedIn | undefined> {
  const idHash = sha256(sessionId);
  const found = await sessionWithAccount(kernel.db.read, idHash);
  const now = kernel.clock.now();
  if (!found || found.account.disabledAt || sessionEnded(found.session, now)) return undefined;
  if (now >= plus(found.session.seenAt, seenEvery)) await noteSeen(kernel, idHash, now);
  const { id, email, name, role } = found.account;
  return { id, email, name, role };
}

/** Reading must go on while nothing can be written. */
async function noteSeen(kernel: Kernel, idHash: string, now: Date): Promise<void> {
  try {
    await kernel.db.write((tx) => touchSession(tx, idHash, now));
  } catch (error) {
    kernel.log.warn({ error: String(error) }, 'a session could not be noted as seen');
  }
}

/** Ends a session, if there is such a one (S-09). */
export async function signOut(kernel: Kernel, actor: Actor, sessionId: string): Promise<void> {
  await kernel.db.write(async (tx) => {
    const accountId = await deleteSession(tx, sha256(sessionId));
    if (accountId === undefined) return;
    await append(tx, kernel.clock, actor, {
      kind: 'session.ended',
      subject: 'account',
      subjectId: accountId,
    });
  });
}

/** Housekeeping, once a minute or so: forgets sessions and counts of tries that have ended. */
export async function forgetEnded(kernel: Kernel): Promise<void> {
  const now = kernel.clock.now();
  await kernel.db.write(async (tx) => {
    await deleteEndedSessions(tx, plus(now, -sessionIdle), plus(now, -sessionLife));
    await purge(tx, now);
  });
}
