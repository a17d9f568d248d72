// The first admin: from the configuration, or through a link that works once. A one-way row (S-12).
import type { Kernel } from '../db/kernel.ts';
import type { Reader } from '../db/tx.ts';
import { append } from '../events/service.ts';
import { type Actor, systemActor } from '../events/types.ts';
import type { Address } from '../shared/address.ts';
import { AppError, notFound } from '../shared/errors.ts';
import { parse } from '../shared/form.ts';
import { sameSecret, sha256 } from '../shared/ids.ts';
import { addAccount } from './new-account.ts';
import { assertAcceptable, type Cost, hash } from './passwords.ts';
import { startSession } from './sign-in.ts';
import { closeSetup, openSetup, readSetup } from './store.ts';
import { setupForm, type SetupInput } from './types.ts';

export interface FirstAdmin {
  address: Address;
  password: string;
}

/**
 * Called at every start. Makes the first admin when the configuration names one; otherwise answers the
 * token of a fresh set-up link, or undefined once set-up is done.
 */
export async function ensureSetup(
  kernel: Kernel,
  firstAdmin: FirstAdmin | undefined,
  options: { cost?: Cost } = {},
): Promise<{ setupToken: string | undefined }> {
  if ((await setupState(kernel.db.read)) === 'done') return { setupToken: undefined };
  if (!firstAdmin) {
    const token = kernel.ids.secret();
    const open = await kernel.db.write((tx) => openSetup(tx, sha256(token)));
    return { setupToken: open ? token : undefined };
  }
  assertAcceptable('ADMIN_PASSWORD', firstAdmin.password);
  const passwordHash = await hash(firstAdmin.password, options.cost);
  const email = firstAdmin.address;
  await kernel.db.write(async (tx) => {
    if (!(await closeSetup(tx, kernel.clock.now()))) return;
    const account = { email, name: 'Owner', role: 'admin' as const, passwordHash };
    await addAccount(tx, kernel, systemActor, account);
  });
  return { setupToken: undefined };
}

export type SetupState = 'open' | 'done';

export async function setupState(reader: Reader): Promise<SetupState> {
  return (await readSetup(reader))?.completedAt ? 'done' : 'open';
}

/** Throws `not_found` once set-up is done, and `forbidden` for any but the printed link. */
export async function assertSetupLink(reader: Reader, token: string): Promise<void> {
  const row = await readSetup(reader);
  if (row?.completedAt) throw notFound('page');
  if (row && sameSecret(row.tokenHash, sha256(token))) return;
  throw new AppError('forbidden', 'This is not the set-up link that was printed last.');
}

/** Makes the first admin and signs them in. Of two at once one wins, the other finds nothing. */
export async function completeSetup(
  kernel: Kernel,
  token: string,
  input: SetupInput,
  from: { ip: string; userAgent: string; requestId?: string },
  options: { cost?: Cost } = {},
): Promise<{ sessionId: string }> {
  await assertSetupLink(kernel.db.read, token);
  const form = parse(setupForm, input);
  assertAcceptable('password', form.password);
  const passwordHash = await hash(form.password, options.cost);
  return kernel.db.write(async (tx) => {
    if (!(await closeSetup(tx, kernel.clock.now(), sha256(token)))) throw notFound('page');
    const { ip, requestId = null } = from;
    const visitor: Actor = { kind: 'visitor', id: null, ip, requestId };
    const account = { ...form, role: 'admin' as const, passwordHash };
    const id = await addAccount(tx, kernel, visitor, account);
    await append(tx, kernel.clock, visitor, {
      kind: 'setup.completed',
      subject: 'account',
      subjectId: id,
    });
    return { sessionId: await startSession(tx, kernel, id, from) };
  });
}
