// SQL of accounts, sessions, API tokens and the set-up row.
import { and, asc, count, eq, isNull, lte, ne, or } from 'drizzle-orm';
import { accounts, apiTokens, sessions, setup } from '../db/schema.ts';
import type { Reader, Tx } from '../db/tx.ts';
import type { Account, ApiToken } from './types.ts';

export type AccountRow = typeof accounts.$inferSelect;
export type SessionRow = typeof sessions.$inferSelect;

const { id, email, name, role, disabledAt, createdAt, version } = accounts;
const shown = { id, email, name, role, disabledAt, createdAt, version };

export const allAccounts = (reader: Reader): Promise<Account[]> =>
  reader.select(shown).from(accounts).orderBy(asc(accounts.name), asc(accounts.id));

export async function accountById(reader: Reader, accountId: number) {
  const [row] = await reader.select().from(accounts).where(eq(accounts.id, accountId));
  return row;
}

export async function accountByKey(reader: Reader, emailKey: string) {
  const [row] = await reader.select().from(accounts).where(eq(accounts.emailKey, emailKey));
  return row;
}

/** Adds an account; undefined when the address has one already. */
export async function insertAccount(tx: Tx, row: typeof accounts.$inferInsert) {
  const [made] = await tx
    .insert(accounts)
    .values(row)
    .onConflictDoNothing({ target: accounts.emailKey })
    .returning({ id: accounts.id });
  return made?.id;
}

/** Saves over version `row.version`; answers whether it was still that one. */
export async function updateAccount(
  tx: Tx,
  row: Pick<AccountRow, 'id' | 'version'>,
  change: Partial<Pick<AccountRow, 'name' | 'role' | 'disabledAt' | 'passwordHash'>>,
  now: Date,
): Promise<boolean> {
  const saved = await tx
    .update(accounts)
    .set({ ...change, version: row.version + 1, updatedAt: now })
    .where(and(eq(accounts.id, row.id), eq(accounts.version, row.version)))
    .returning({ id: accounts.id });
  return saved.length > 0;
}

/** Replaces a stored password by the same one hashed anew, unless it was changed meanwhile. */
export async function replaceHash(tx: Tx, accountId: number, before: string, after: string) {
  await tx
    .update(accounts)
    .set({ passwordHash: after })
    .where(and(eq(accounts.id, accountId), eq(accounts.passwordHash, before)));
}

/** Ids of the admins who can sign in. */
export async function activeAdmins(reader: Reader): Promise<number[]> {
  const rows = await reader
    .select({ id: accounts.id })
    .from(accounts)
    .where(and(eq(accounts.role, 'admin'), isNull(accounts.disabledAt)))
    .orderBy(asc(accounts.id));
  return rows.map((row) => row.id);
}

export async function countOtherAdmins(reader: Reader, accountId: number): Promise<number> {
  const [row] = await reader
    .select({ n: count() })
    .from(accounts)
    .where(
      and(eq(accounts.role, 'admin'), isNull(accounts.disabledAt), ne(accounts.id, accountId)),
    );
  return row?.n ?? 0;
}

// Sessions

export async function insertSession(tx: Tx, row: SessionRow): Promise<void> {
  await tx.insert(sessions).values(row);
}

export async function sessionWithAccount(reader: Reader, idHash: string) {
  const [row] = await reader
    .select({ session: sessions, account: accounts })
    .from(sessions)
    .innerJoin(accounts, eq(accounts.id, sessions.accountId))
    .where(eq(sessions.idHash, idHash));
  return row;
}

export async function touchSession(tx: Tx, idHash: string, now: Date): Promise<void> {
  await tx.update(sessions).set({ seenAt: now }).where(eq(sessions.idHash, idHash));
}

/** Ends a session; answers whose it was. */
export async function deleteSession(tx: Tx, idHash: string): Promise<number | undefined> {
  const [row] = await tx
    .delete(sessions)
    .where(eq(sessions.idHash, idHash))
    .returning({ accountId: sessions.accountId });
  return row?.accountId;
}

/** Ends an account's sessions, all or all but one. */
export async function deleteSessions(tx: Tx, accountId: number, exceptHash = ''): Promise<void> {
  await tx
    .delete(sessions)
    .where(and(eq(sessions.accountId, accountId), ne(sessions.idHash, exceptHash)));
}

/** Removes sessions that were last seen, or begun, before the given instants. */
export async function deleteEndedSessions(tx: Tx, seenBefore: Date, begunBefore: Date) {
  await tx
    .delete(sessions)
    .where(or(lte(sessions.seenAt, seenBefore), lte(sessions.createdAt, begunBefore)));
}

// API tokens

const tokenColumns = {
  id: apiTokens.id,
  name: apiTokens.name,
  role: apiTokens.role,
  createdAt: apiTokens.createdAt,
  lastUsedAt: apiTokens.lastUsedAt,
  revokedAt: apiTokens.revokedAt,
};

export const allTokens = (reader: Reader): Promise<ApiToken[]> =>
  reader.select(tokenColumns).from(apiTokens).orderBy(asc(apiTokens.id));

export async function insertToken(tx: Tx, row: typeof apiTokens.$inferInsert): Promise<number> {
  const [made] = await tx.insert(apiTokens).values(row).returning({ id: apiTokens.id });
  if (!made) throw new Error('The token was not stored.');
  return made.id;
}

export async function liveTokenByHash(reader: Reader, tokenHash: string) {
  const [row] = await reader
    .select(tokenColumns)
    .from(apiTokens)
    .where(and(eq(apiTokens.tokenHash, tokenHash), isNull(apiTokens.revokedAt)));
  return row;
}

export async function touchToken(tx: Tx, tokenId: number, now: Date): Promise<void> {
  await tx.update(apiTokens).set({ lastUsedAt: now }).where(eq(apiTokens.id, tokenId));
}

/** Revokes a live token; answers whether there was one. */
export async function markRevoked(tx: Tx, tokenId: number, now: Date): Promise<boolean> {
  const revoked = await tx
    .update(apiTokens)
    .set({ revokedAt: now })
    .where(and(eq(apiTokens.id, tokenId), isNull(apiTokens.revokedAt)))
    .returning({ id: apiTokens.id });
  return revoked.length > 0;
}

// Set-up

export async function readSetup(reader: Reader) {
  const [row] = await reader.select().from(setup).where(eq(setup.id, 1));
  return row;
}

/** Keeps the hash of the only link that counts, while set-up is open; answers whether it is. */
export async function openSetup(tx: Tx, tokenHash: string): Promise<boolean> {
  const saved = await tx
    .insert(setup)
    .values({ id: 1, tokenHash, completedAt: null })
    .onConflictDoUpdate({
      target: setup.id,
      set: { tokenHash },
      setWhere: isNull(setup.completedAt),
    })
    .returning({ id: setup.id });
  return saved.length > 0;
}

/** Closes set-up for good; answers whether this call did. With `tokenHash`, only by that link. */
export async function closeSetup(tx: Tx, now: Date, tokenHash?: string): Promise<boolean> {
  if (tokenHash === undefined) {
    await tx.insert(setup).values({ id: 1, tokenHash: '' }).onConflictDoNothing();
  }
  const closed = await tx
    .update(setup)
    .set({ completedAt: now, tokenHash: '' })
    .where(
      and(
        isNull(setup.completedAt),
        tokenHash === undefined ? undefined : eq(setup.tokenHash, tokenHash),
      ),
    )
    .returning({ id: setup.id });
  return closed.length > 0;
}
