// The web core around routes of a test's own, in-process, and people and programs to ask it with.
import { createAccount, createToken, signIn } from '../../src/accounts/service.ts';
import { readConfig } from '../../src/config.ts';
import { systemActor } from '../../src/events/types.ts';
import type { Role } from '../../src/shared/words.ts';
import { createSnapshotSource } from '../../src/status/service.ts';
import { createWeb } from '../../src/web/serve.ts';
import { csrfToken } from '../../src/web/session.ts';
import type { Route, Site } from '../../src/web/types.ts';
import { onEnd, testKernel, type TestKernel } from './kernel.ts';

export const goodPassword = 'correct horse battery staple';
/** Hashing that takes a millisecond: for tests that are not about it. */
export const lightCost = { ln: 8, r: 8 };

export interface TestSite extends Site {
  kernel: TestKernel;
}

export async function testSite(environment: Record<string, string> = {}): Promise<TestSite> {
  const config = readConfig({ PUBLIC_URL: 'https://status.example.com', ...environment });
  const kernel = await testKernel({ publicUrl: config.publicUrl });
  const snapshots = await createSnapshotSource(kernel);
  onEnd(() => snapshots.stop());
  return { kernel, config, snapshots };
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
}

export interface Ask {
  method?: string;
  headers?: Record<string, string>;
  form?: Record<string, string | string[]>;
  body?: string | FormData;
  /** The peer's address. */
  from?: string;
}

/** A function that asks the routes, under the site's own host unless told otherwise. */
export function askRoutes(site: TestSite, routes: Route[]) {
  const web = createWeb(site, routes);
  return async (path: string, ask: Ask = {}): Promise<Answer> => {
    const body = ask.form ? encode(ask.form) : ask.body;
    const headers: Record<string, string> = { host: new URL(site.kernel.publicUrl).host };
    if (ask.form) headers['content-type'] = 'application/x-www-form-urlencoded';
    const url = path.startsWith('http') ? path : site.kernel.publicUrl + path;
    const request = new Request(url, {
      method: ask.method ?? (body === undefined ? 'GET' : 'POST'),
      headers: { ...headers, ...ask.headers },
      ...(body === undefined ? {} : { body }),
    });
    const incoming = { socket: { remoteAddress: ask.from ?? '192.0.2.1' } };
    const response = await web.fetch(request, { incoming });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
}

function encode(form: Record<string, string | string[]>): string {
  const fields = new URLSearchParams();
  for (const [name, values] of Object.entries(form)) {
    for (const value of [values].flat()) fields.append(name, value);
  }
  return fields.toString();
}

/** A signed-in person: `headers` for reading, `form` with them for writing. */
export async function addPerson(site: TestSite, role: Role, email = `${role}@example.test`) {
  const name = email.split('@')[0] ?? email;
  const account = { email, name, role, password: goodPassword };
  const id = await createAccount(site.kernel, systemActor, account, { cost: lightCost });
  const sessionId = await openSession(site, email);
  return { id, email, sessionId, ...cookieAndToken(site, sessionId) };
}

export async function openSession(site: TestSite, email: string): Promise<string> {
  const visit = { email, password: goodPassword, ip: '192.0.2.9', userAgent: 'test' };
  return (await signIn(site.kernel, visit, { cost: lightCost })).sessionId;
}

export function cookieAndToken(site: TestSite, sessionId: string) {
  const name = site.kernel.publicUrl.startsWith('https:') ? '__Host-sid' : 'sid';
  return {
    headers: { cookie: `${name}=${sessionId}` },
    csrf: csrfToken(site, sessionId),
  };
}

/** The header of a program that acts with a role. */
export async function addProgram(site: TestSite, role: Role) {
  const { id, token } = await createToken(site.kernel, systemActor, { name: role, role });
  return { id, headers: { authorization: `Bearer ${token}` } };
}
