// Making an account, inside whatever transaction makes one: by an admin, by set-up, by the configuration.
import type { Kernel } from '../db/kernel.ts';
import type { Tx } from '../db/tx.ts';
import { append } from '../events/service.ts';
import type { Actor } from '../events/types.ts';
import type { Address } from '../shared/address.ts';
import { AppError } from '../shared/errors.ts';
import type { Role } from '../shared/words.ts';
import { insertAccount } from './store.ts';

export interface NewAccount {
  email: Address;
  name: string;
  role: Role;
  passwordHash: string;
}

/** Adds an account and answers its id. Throws `conflict` when the address has one. */
export async function addAccount(
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  account: NewAccount,
): Promise<number> {
  const now = kernel.clock.now();
  const { email, name, role, passwordHash } = account;
  const id = await insertAccount(tx, {
    email: email.email,
    emailKey: email.key,
    name,
    role,
    passwordHash,
    createdAt: now,
    updatedAt: now,
    version: 1,
  });
  if (id === undefined) {
    const message = 'There is an account with this address already.';
    throw new AppError('conflict', message, { fields: { email: message } });
  }
  await append(tx, kernel.clock, actor, {
    kind: 'account.created',
    subject: 'account',
    subjectId: id,
    data: { role },
  });
  return id;
}
