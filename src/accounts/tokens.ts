// API tokens: named, with a role, shown once, stored as a hash.
import type { Kernel } from '../db/kernel.ts';
import type { Reader } from '../db/tx.ts';
import { append } from '../events/service.ts';
import type { Actor } from '../events/types.ts';
import { plus } from '../shared/clock.ts';
import { notFound } from '../shared/errors.ts';
import { parse } from '../shared/form.ts';
import { sha256 } from '../shared/ids.ts';
import type { Role } from '../shared/words.ts';
import { seenEvery } from './rules.ts';
import { allTokens, insertToken, liveTokenByHash, markRevoked, touchToken } from './store.ts';
import { type ApiToken, tokenForm, type TokenInput } from './types.ts';

export const listTokens = (reader: Reader): Promise<ApiToken[]> => allTokens(reader);

/** Makes a token. The answer is the only time that it can be read. */
export async function createToken(
  kernel: Kernel,
  actor: Actor,
  input: TokenInput,
): Promise<{ id: number; token: string }> {
  const { name, role } = parse(tokenForm, input);
  const token = `ft_${kernel.ids.secret()}`;
  const row = { name, role, tokenHash: sha256(token), createdAt: kernel.clock.now() };
  const id = await kernel.db.write(async (tx) => {
    const made = await insertToken(tx, row);
    await append(tx, kernel.clock, actor, {
      kind: 'token.created',
      subject: 'token',
      subjectId: made,
      data: { name, role },
    });
    return made;
  });
  return { id, token };
}

/** What a live token may do; undefined for one that is unknown or revoked. */
export async function readToken(
  kernel: Kernel,
  token: string,
): Promise<{ id: number; name: string; role: Role } | undefined> {
  const found = await liveTokenByHash(kernel.db.read, sha256(token));
  if (!found) return undefined;
  const { id, name, role, lastUsedAt } = found;
  const now = kernel.clock.now();
  if (!lastUsedAt || now >= plus(lastUsedAt, seenEvery)) await noteUsed(kernel, id, now);
  return { id, name, role };
}

/** Reading must go on while nothing can be written. */
async function noteUsed(kernel: Kernel, id: number, now: Date): Promise<void> {
  try {
    await kernel.db.write((tx) => touchToken(tx, id, now));
  } catch (error) {
    kernel.log.warn({ error: String(error) }, 'a token could not be noted as used');
  }
}

/** Ends a token for good. */
export async function revokeToken(kernel: Kernel, actor: Actor, id: number): Promise<void> {
  await kernel.db.write(async (tx) => {
    if (!(await markRevoked(tx, id, kernel.clock.now()))) throw notFound('token in use');
    await append(tx, kernel.clock, actor, {
      kind: 'token.revoked',
      subject: 'token',
      subjectId: id,
    });
  });
}
