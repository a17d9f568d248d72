// Accounts: who there is, and what may be changed about them. Signing in, tokens and set-up stand beside it.
import type { Kernel } from '../db/kernel.ts';
import type { Reader, Tx } from '../db/tx.ts';
import { append } from '../events/service.ts';
import type { Actor } from '../events/types.ts';
import { AppError, invalid, notFound } from '../shared/errors.ts';
import { parse } from '../shared/form.ts';
import { sha256 } from '../shared/ids.ts';
import { addAccount } from './new-account.ts';
import { assertAcceptable, type Cost, hash, standardCost, verify } from './passwords.ts';
import {
  accountById,
  type AccountRow,
  allAccounts,
  closeSetup,
  countOtherAdmins,
  deleteSessions,
  updateAccount,
} from './store.ts';
import { assertMayTry, countWrongTry } from './tries.ts';
import {
  type Account,
  accountChange,
  type AccountChange,
  accountForm,
  type AccountInput,
} from './types.ts';

export { activeAdmins } from './store.ts';
export { forgetEnded, readSession, signIn, signOut } from './sign-in.ts';
export { assertSetupLink, completeSetup, ensureSetup, setupState } from './setup.ts';
export { createToken, listTokens, readToken, revokeToken } from './tokens.ts';

export const listAccounts = (reader: Reader): Promise<Account[]> => allAccounts(reader);

export async function findAccount(reader: Reader, id: number): Promise<Account | undefined> {
  const row = await accountById(reader, id);
  if (!row) return undefined;
  const { email, name, role, disabledAt, createdAt, version } = row;
  return { id, email, name, role, disabledAt, createdAt, version };
}

/** Adds an account and answers its id. The first admin closes set-up for good (S-12). */
export async function createAccount(
  kernel: Kernel,
  actor: Actor,
  input: AccountInput,
  options: { cost?: Cost } = {},
): Promise<number> {
  const form = parse(accountForm, input);
  assertAcceptable('password', form.password);
  const passwordHash = await hash(form.password, options.cost);
  return kernel.db.write(async (tx) => {
    if (form.role === 'admin') await closeSetup(tx, kernel.clock.now());
    return addAccount(tx, kernel, actor, { ...form, passwordHash });
  });
}

/** Changes name, role and whether the account may sign in. A new role or a stop ends its sessions (S-08). */
export async function changeAccount(
  kernel: Kernel,
  actor: Actor,
  id: number,
  version: number,
  input: AccountChange,
): Promise<void> {
  const form = parse(accountChange, input);
  await kernel.db.write(async (tx) => {
    const before = await accountById(tx, id);
    if (!before) throw notFound('account');
    if (before.role === 'admin' && (form.role !== 'admin' || form.disabled)) {
      await assertNotLastAdmin(tx, before);
    }
    const now = kernel.clock.now();
    const disabledAt = form.disabled ? (before.disabledAt ?? now) : null;
    const { name, role } = form;
    if (!(await updateAccount(tx, { id, version }, { name, role, disabledAt }, now))) {
      throw new AppError('conflict', 'Someone else changed this account meanwhile.');
    }
    if (role !== before.role || form.disabled) await deleteSessions(tx, id);
    const was = { role: before.role, disabled: before.disabledAt !== null };
    await append(tx, kernel.clock, actor, {
      kind: 'account.changed',
      subject: 'account',
      subjectId: id,
      data: {
        before: was,
        after: { role, disabled: form.disabled },
        renamed: name !== before.name,
      },
    });
  });
}

async function assertNotLastAdmin(tx: Tx, account: AccountRow): Promise<void> {
  if (account.disabledAt !== null || (await countOtherAdmins(tx, account.id)) > 0) return;
  throw new AppError(
    'conflict',
    'This is the last account that can configure. Give another account the role admin first.',
  );
}

/**
 * Sets an account's password and ends its sessions but `keepSessionId` (S-08). With `current`, the
 * present password is asked for first: so do people change their own.
 */
export async function setPassword(
  kernel: Kernel,
  actor: Actor,
  id: number,
  input: { password: string; current?: string; keepSessionId?: string },
  options: { cost?: Cost } = {},
): Promise<void> {
  const cost = options.cost ?? standardCost;
  assertAcceptable('password', input.password);
  const before = await accountById(kernel.db.read, id);
  if (!before) throw notFound('account');
  if (input.current !== undefined) {
    await assertCurrent(kernel, actor, before, input.current);
  }
  const passwordHash = await hash(input.password, cost);
  await kernel.db.write(async (tx) => {
    if (!(await updateAccount(tx, before, { passwordHash }, kernel.clock.now()))) {
      throw new AppError('conflict', 'Someone else changed this account meanwhile.');
    }
    await deleteSessions(tx, id, input.keepSessionId && sha256(input.keepSessionId));
    await append(tx, kernel.clock, actor, {
      kind: 'account.password_changed',
      subject: 'account',
      subjectId: id,
    });
  });
}

/** Guessing here counts as guessing at the door does. */
async function assertCurrent(kernel: Kernel, actor: Actor, account: AccountRow, password: string) {
  const guess = { emailKey: account.emailKey, ip: actor.ip ?? 'unknown' };
  await assertMayTry(kernel.db.read, guess, kernel.clock.now());
  if (await verify(password, account.passwordHash)) return;
  await kernel.db.write(async (tx) => {
    await assertMayTry(tx, guess, kernel.clock.now());
    await countWrongTry(tx, guess, kernel.clock.now());
  });
  throw invalid('current', 'This is not your present password.');
}
