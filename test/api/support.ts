// The management API over in-process HTTP: the real web core and services, a token of each role.
import { createToken } from '../../src/accounts/service.ts';
import { apiRoutes } from '../../src/api/routes.ts';
import { ensureDefaultComponents, listComponents } from '../../src/components/service.ts';
import { readConfig } from '../../src/config.ts';
import { systemActor } from '../../src/events/types.ts';
import { readSettings } from '../../src/settings/service.ts';
import type { Role } from '../../src/shared/words.ts';
import { createWeb } from '../../src/web/serve.ts';
import { testKernel } from '../support/kernel.ts';

export interface Answer {
  status: number;
  headers: Headers;
  // What a client without our types sees.
  body: Record<string, unknown>;
  /** The body once more, when it is a list. */
  list: Record<string, unknown>[];
}

/** The API of a page with the default components: `send` speaks JSON with a comms lead's token. */
export async function startApi() {
  const kernel = await testKernel();
  await kernel.db.write((tx) => ensureDefaultComponents(tx, kernel));
  const { pageId } = await readSettings(kernel.db.read);
  const config = readConfig({ PUBLIC_URL: kernel.publicUrl, DATA_DIR: kernel.dataDir });
  const snapshots = {
    current: () => {
      throw new Error('The management API reads what is, not the snapshot.');
    },
  };
  const site = { kernel, config, snapshots };
  const web = createWeb(site, apiRoutes(site));
  const token = async (role: Role) =>
    (await createToken(kernel, systemActor, { name: role, role })).token;
  const commsLead = await token('comms_lead');

  const request = async (path: string, init: RequestInit = {}): Promise<Answer> => {
    const response = await web.request(`${kernel.publicUrl}${path}`, init);
    const text = await response.text();
    const json: unknown = text === '' ? {} : JSON.parse(text);
    const body = json as Answer['body'];
    const list = Array.isArray(json) ? (json as Answer['list']) : [];
    return { status: response.status, headers: response.headers, body, list };
  };
  const send = (method: string, path: string, body?: unknown, headers: object = {}) =>
    request(`/v1/pages/${pageId}${path}`, {
      method,
      headers: {
        Authorization: `OAuth ${commsLead}`,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const { components } = await listComponents(kernel.db.read);
  const idOf = (name: string) => components.find((one) => one.name === name)?.publicId ?? '';
  return { kernel, pageId, token, commsLead, request, send, idOf };
}

export type Api = Awaited<ReturnType<typeof startApi>>;
