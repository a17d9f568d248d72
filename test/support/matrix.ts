// Everybody who may knock at a route: strangers, people and programs of each role, and those who may no more.
import { can } from '../../src/accounts/rules.ts';
import { createAccount, revokeToken } from '../../src/accounts/service.ts';
import { startSession } from '../../src/accounts/sign-in.ts';
import { accountById, updateAccount } from '../../src/accounts/store.ts';
import { createApp } from '../../src/app.ts';
import { systemActor } from '../../src/events/types.ts';
import { type Role, roles } from '../../src/shared/words.ts';
import { createWeb } from '../../src/web/serve.ts';
import type { Route } from '../../src/web/types.ts';
import { onEnd } from './kernel.ts';
import {
  addProgram,
  cookieAndToken,
  goodPassword,
  lightCost,
  testSite,
  type TestSite,
} from './web.ts';

export interface Knocker {
  name: string;
  /** The role of a session or token that counts on this surface, if any does. */
  roleOn(surface: Route['surface']): Role | undefined;
  /** Credentials for one request: signing out must not spoil the next. */
  credentials(): Promise<{ headers: Record<string, string>; csrf: string }>;
}

export async function everybody(site: TestSite): Promise<Knocker[]> {
  const stranger: Knocker = {
    name: 'anonymous',
    roleOn: () => undefined,
    credentials: async () => ({ headers: {}, csrf: 'x' }),
  };
  const people = await Promise.all(roles.map((role) => person(site, role)));
  const programs = await Promise.all(roles.map((role) => program(site, role)));
  return [stranger, ...people, await disabled(site), ...programs, await revoked(site)];
}

async function person(site: TestSite, role: Role): Promise<Knocker> {
  const accountId = await addAccount(site, role, role);
  return {
    name: role,
    roleOn: (surface) => (surface === 'desk' ? role : undefined),
    credentials: async () => cookieAndToken(site, await newSession(site, accountId)),
  };
}

/** An admin who was shut out while a session's row was still there. */
async function disabled(site: TestSite): Promise<Knocker> {
  const accountId = await addAccount(site, 'admin', 'disabled');
  await site.kernel.db.write(async (tx) => {
    const account = await accountById(tx, accountId);
    const now = site.kernel.clock.now();
    if (account) await updateAccount(tx, account, { disabledAt: now }, now);
  });
  return {
    name: 'disabled',
    roleOn: () => undefined,
    credentials: async () => cookieAndToken(site, await newSession(site, accountId)),
  };
}

async function program(site: TestSite, role: Role): Promise<Knocker> {
  const { headers } = await addProgram(site, role);
  return {
    name: `token of ${role}`,
    roleOn: (surface) => (surface === 'api' ? role : undefined),
    credentials: async () => ({ headers, csrf: 'x' }),
  };
}

async function revoked(site: TestSite): Promise<Knocker> {
  const { id, headers } = await addProgram(site, 'admin');
  await revokeToken(site.kernel, systemActor, id);
  return {
    name: 'revoked token',
    roleOn: () => undefined,
    credentials: async () => ({ headers, csrf: 'x' }),
  };
}

const addAccount = (site: TestSite, role: Role, name: string) =>
  createAccount(
    site.kernel,
    systemActor,
    { email: `${name}@example.test`, name, role, password: goodPassword },
    { cost: lightCost },
  );

const newSession = (site: TestSite, accountId: number) =>
  site.kernel.db.write((tx) =>
    startSession(tx, site.kernel, accountId, { ip: '192.0.2.9', userAgent: 'test' }),
  );

/** The whole application on a database of its own, and a way to knock at its routes. */
export async function startWhole() {
  const site = await testSite();
  const app = await createApp(site.config, site.kernel);
  onEnd(() => app.stop());
  const web = createWeb(site, app.routes);
  let knocks = 0;
  async function knock(route: Route, who: Knocker, method: string = route.method) {
    const { headers, csrf } = await who.credentials();
    const isWrite = !['GET', 'HEAD', 'OPTIONS'].includes(method);
    const isApi = route.surface === 'api';
    const body = isApi ? '{}' : new URLSearchParams({ csrf }).toString();
    const type = isApi ? 'application/json' : 'application/x-www-form-urlencoded';
    const request = new Request(site.kernel.publicUrl + pathOf(site, route), {
      method,
      headers: { ...headers, ...(isWrite ? { 'content-type': type } : {}) },
      ...(isWrite ? { body } : {}),
    });
    knocks += 1;
    // From everywhere at once, so that no limit answers in the guards' place.
    const remoteAddress = `2001:db8:${knocks.toString(16)}::1`;
    const response = await web.fetch(request, { incoming: { socket: { remoteAddress } } });
    await response.body?.cancel();
    return response;
  }
  return { site, routes: app.routes, knock };
}

/** The route's path with ids and tokens that nothing has. */
const pathOf = (site: TestSite, route: Route) =>
  route.path
    .replace(':page_id', site.snapshots.current().page.id)
    .replaceAll(/:\w+(\{[^}]*\})?/g, '0000');

/** What the matrix demands of a knock: to be let in, to be shown the door, or a refusal's status. */
export function demanded(route: Route, who: Knocker): 'in' | 'door' | 401 | 403 {
  if (route.needs === null) return 'in';
  const role = who.roleOn(route.surface);
  if (role !== undefined) return can(role, route.needs) ? 'in' : 403;
  return route.surface === 'desk' && route.method === 'GET' ? 'door' : 401;
}

/** What an answer amounts to in the same words. */
export function amountsTo(answer: { status: number; headers: Headers }) {
  const { status } = answer;
  if (status === 401 || status === 403) return status;
  const location = answer.headers.get('location') ?? '';
  if (status === 302 && location.startsWith('/admin/sign-in')) return 'door';
  return status >= 500 && status !== 503 ? status : 'in';
}
