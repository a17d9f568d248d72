import { describe, expect, it } from 'vitest';
import {
  changeAccount,
  completeSetup,
  createAccount,
  createToken,
  ensureSetup,
  findAccount,
  listAccounts,
  listTokens,
  readSession,
  readToken,
  revokeToken,
  setupState,
} from '../../src/accounts/service.ts';
import { capabilities, can } from '../../src/accounts/rules.ts';
import { eventsAfter } from '../../src/events/store.ts';
import { systemActor } from '../../src/events/types.ts';
import { minutes } from '../../src/shared/clock.ts';
import { roles } from '../../src/shared/words.ts';
import { parseAddress } from '../../src/shared/address.ts';
import { testKernel, type TestKernel } from '../support/kernel.ts';
import { goodPassword, lightCost } from '../support/web.ts';

const light = { cost: lightCost };
const add = (kernel: TestKernel, name: string, role: string) =>
  createAccount(
    kernel,
    systemActor,
    { email: `${name}@example.test`, name, role, password: goodPassword },
    light,
  );

describe('roles', () => {
  const rights: [string, string[]][] = [
    ['viewer', ['read']],
    ['comms_lead', ['read', 'speak']],
    ['approver', ['read', 'approve']],
    ['admin', ['read', 'speak', 'approve', 'configure']],
  ];
  it('are the four of the design', () => expect(rights.map(([role]) => role)).toEqual([...roles]));
  it.each(roles.map((role) => [role] as const))('%s may what the table says', (role) => {
    expect(capabilities[role]).toEqual(rights.find(([name]) => name === role)?.[1]);
    expect(can(role, 'configure')).toBe(role === 'admin');
  });
});

describe('accounts', () => {
  it('refuse a second one with the same address in another spelling', async () => {
    const kernel = await testKernel();
    await add(kernel, 'ada', 'viewer');
    const again = { email: 'ADA@EXAMPLE.TEST', name: 'A', role: 'viewer', password: goodPassword };
    await expect(createAccount(kernel, systemActor, again, light)).rejects.toMatchObject({
      code: 'conflict',
      fields: { email: expect.any(String) as string },
    });
    expect(await listAccounts(kernel.db.read)).toHaveLength(1);
  });

  it('name every field that is wrong', async () => {
    const kernel = await testKernel();
    const input = { email: ['a@b.c', 'd@e.f'], name: 'two\nlines', role: 'owner', password: [] };
    await expect(createAccount(kernel, systemActor, input)).rejects.toMatchObject({
      fields: {
        email: 'Please enter an email address.',
        name: 'Please keep this on one line.',
        role: 'Please choose a role.',
        password: 'Please enter a password.',
      },
    });
  });

  it('are never shown with their password', async () => {
    const kernel = await testKernel();
    const id = await add(kernel, 'ada', 'viewer');
    const shown = [await findAccount(kernel.db.read, id), ...(await listAccounts(kernel.db.read))];
    expect(JSON.stringify(shown)).not.toContain('scrypt');
  });

  const goings = [
    ['by another role', { name: 'ada', role: 'comms_lead', disabled: false }],
    ['by being disabled', { name: 'ada', role: 'admin', disabled: true }],
  ] as const;
  it.each(goings)('the last admin cannot go %s (S-25)', async (_, change) => {
    const kernel = await testKernel();
    const ada = await add(kernel, 'ada', 'admin');
    const eve = await add(kernel, 'eve', 'admin');
    await changeAccount(kernel, systemActor, eve, 1, {
      name: 'eve',
      role: 'admin',
      disabled: true,
    });
    await expect(changeAccount(kernel, systemActor, ada, 1, change)).rejects.toMatchObject({
      code: 'conflict',
    });
    await changeAccount(kernel, systemActor, eve, 2, {
      name: 'eve',
      role: 'admin',
      disabled: false,
    });
    await changeAccount(kernel, systemActor, ada, 1, change);
  });

  it('a second change of the same version is refused (F-19)', async () => {
    const kernel = await testKernel();
    const id = await add(kernel, 'ada', 'viewer');
    const rename = (name: string) =>
      changeAccount(kernel, systemActor, id, 1, { name, role: 'viewer', disabled: false });
    await rename('Ada L.');
    await expect(rename('Ada B.')).rejects.toMatchObject({ code: 'conflict' });
    expect((await findAccount(kernel.db.read, id))?.name).toBe('Ada L.');
  });

  it('record who was given what, and no address', async () => {
    const kernel = await testKernel();
    await add(kernel, 'root', 'admin');
    const id = await add(kernel, 'ada', 'viewer');
    await changeAccount(kernel, systemActor, id, 1, {
      name: 'ada',
      role: 'approver',
      disabled: false,
    });
    const rows = await eventsAfter(kernel.db.read, 0, 100);
    expect(rows.map((row) => [row.kind, row.isPublic, JSON.parse(row.data)])).toEqual([
      ['account.created', false, { role: 'admin' }],
      ['account.created', false, { role: 'viewer' }],
      [
        'account.changed',
        false,
        {
          before: { role: 'viewer', disabled: false },
          after: { role: 'approver', disabled: false },
          renamed: false,
        },
      ],
    ]);
  });
});

describe('set-up (S-12)', () => {
  const owner = { email: 'ada@example.test', name: 'Ada', password: goodPassword };
  const from = { ip: '192.0.2.1', userAgent: 'test' };
  const complete = (kernel: TestKernel, token: string, input = owner) =>
    completeSetup(kernel, token, input, from, light);

  it('makes the first admin by the printed link, signs them in, and closes', async () => {
    const kernel = await testKernel();
    const { setupToken = '' } = await ensureSetup(kernel, undefined);
    await expect(complete(kernel, 'x'.repeat(43))).rejects.toMatchObject({ code: 'forbidden' });
    await expect(complete(kernel, '')).rejects.toMatchObject({ code: 'forbidden' });
    const { sessionId } = await complete(kernel, setupToken);
    expect((await readSession(kernel, sessionId))?.role).toBe('admin');
    await expect(complete(kernel, setupToken)).rejects.toMatchObject({ code: 'not_found' });
    await expect(complete(kernel, '')).rejects.toMatchObject({ code: 'not_found' });
    expect(await ensureSetup(kernel, undefined)).toEqual({ setupToken: undefined });
  });

  it('two at once make one', async () => {
    const kernel = await testKernel();
    const { setupToken = '' } = await ensureSetup(kernel, undefined);
    const results = await Promise.allSettled([
      complete(kernel, setupToken),
      complete(kernel, setupToken, { ...owner, email: 'eve@example.test' }),
    ]);
    expect(results.map((result) => result.status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(await listAccounts(kernel.db.read)).toHaveLength(1);
  });

  it('a bad form keeps the link usable', async () => {
    const kernel = await testKernel();
    const { setupToken = '' } = await ensureSetup(kernel, undefined);
    await expect(
      complete(kernel, setupToken, { ...owner, password: 'short' }),
    ).rejects.toMatchObject({
      code: 'invalid',
    });
    expect(await complete(kernel, setupToken)).toBeDefined();
  });

  it('a new start prints a new link, and only that one counts', async () => {
    const kernel = await testKernel();
    const first = await ensureSetup(kernel, undefined);
    const second = await ensureSetup(kernel, undefined);
    await expect(complete(kernel, first.setupToken ?? '')).rejects.toMatchObject({
      code: 'forbidden',
    });
    expect(await complete(kernel, second.setupToken ?? '')).toBeDefined();
  });

  it('the configuration counts as set-up, once', async () => {
    const kernel = await testKernel();
    const address = parseAddress('ada@example.test');
    if (!address) throw new Error('unreadable');
    const first = { address, password: goodPassword };
    expect(await ensureSetup(kernel, first, light)).toEqual({ setupToken: undefined });
    await ensureSetup(kernel, { ...first, password: 'changed in the environment' }, light);
    expect(await listAccounts(kernel.db.read)).toHaveLength(1);
    await expect(complete(kernel, '')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('an admin made by other means closes it; a viewer does not', async () => {
    const kernel = await testKernel();
    const { setupToken = '' } = await ensureSetup(kernel, undefined);
    await add(kernel, 'vic', 'viewer');
    expect(await setupState(kernel.db.read)).toBe('open');
    await add(kernel, 'ada', 'admin');
    expect(await setupState(kernel.db.read)).toBe('done');
    await expect(complete(kernel, setupToken)).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('API tokens', () => {
  it('work until they are revoked, and are stored as a hash only', async () => {
    const kernel = await testKernel();
    const { id, token } = await createToken(kernel, systemActor, {
      name: 'bot',
      role: 'comms_lead',
    });
    expect(await readToken(kernel, token)).toEqual({ id, name: 'bot', role: 'comms_lead' });
    expect(await readToken(kernel, `${token}x`)).toBeUndefined();
    const [listed] = await listTokens(kernel.db.read);
    expect(listed?.lastUsedAt).toEqual(kernel.clock.now());
    expect(JSON.stringify(await listTokens(kernel.db.read))).not.toContain(token);
    await revokeToken(kernel, systemActor, id);
    expect(await readToken(kernel, token)).toBeUndefined();
    await expect(revokeToken(kernel, systemActor, id)).rejects.toMatchObject({ code: 'not_found' });
    const events = await eventsAfter(kernel.db.read, 0, 10);
    expect(events.map((event) => event.kind)).toEqual(['token.created', 'token.revoked']);
    expect(JSON.stringify(events)).not.toContain(token);
  });

  it('are noted as used at most once a minute', async () => {
    const kernel = await testKernel();
    const { token } = await createToken(kernel, systemActor, { name: 'bot', role: 'viewer' });
    let commits = 0;
    kernel.db.onCommit(() => (commits += 1));
    for (let i = 0; i < 4; i += 1) {
      await readToken(kernel, token);
      kernel.clock.advance(minutes(0.4));
    }
    expect(commits).toBe(2);
  });
});
