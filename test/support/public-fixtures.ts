// The public side over a real database, in-process: an answer to `get('/')` is what a visitor would get.
import { createHash } from 'node:crypto';
import { readConfig } from '../../src/config.ts';
import { changeComponent, ensureDefaultComponents } from '../../src/components/service.ts';
import { createGroup } from '../../src/components/groups.ts';
import { listComponents } from '../../src/components/read.ts';
import type { Kernel } from '../../src/db/kernel.ts';
import { systemActor } from '../../src/events/types.ts';
import { declare, publishUpdate } from '../../src/incidents/service.ts';
import type { DeclareInput, Published, UpdateInput } from '../../src/incidents/types.ts';
import { createPublicBytes, type PublicBytes } from '../../src/public/bytes.ts';
import { cardRoutes, createCardSource } from '../../src/public/card-source.ts';
import { publicRoutes } from '../../src/public/routes.ts';
import { minutes, plus } from '../../src/shared/clock.ts';
import type { Ids } from '../../src/shared/ids.ts';
import { createSnapshotSource, type SnapshotSource } from '../../src/status/service.ts';
import { assetRoutes } from '../../src/web/assets.ts';
import { createWeb } from '../../src/web/serve.ts';
import type { Route } from '../../src/web/types.ts';
import { onEnd, testKernel, type TestKernel } from './kernel.ts';

/** Ids that a test can foretell: the same stream gives the same ids in the same order. */
export function foretoldIds(stream: string): Ids {
  let count = 0;
  const digest = () =>
    createHash('sha256')
      .update(`${stream} ${(count += 1)}`)
      .digest();
  return {
    publicId: () =>
      [...digest()]
        .slice(0, 12)
        .map((byte) => '0123456789bcdfghjklmnpqrstvwxyz'[byte % 31])
        .join(''),
    secret: () => digest().toString('base64url'),
  };
}

export interface PublicSite {
  kernel: TestKernel;
  snapshots: SnapshotSource;
  bytes: PublicBytes;
  routes: Route[];
  get: (path: string, headers?: Record<string, string>) => Promise<Response>;
  request: (method: string, path: string, init?: RequestInit) => Promise<Response>;
  post: (path: string, form: string | [string, string][]) => Promise<Response>;
}

/** A page with the three default components, `Payments` in a group of its own. */
export async function publicSite(
  options: { stream?: string; publicUrl?: string } = {},
): Promise<PublicSite> {
  const kernel = await testKernel({
    ids: foretoldIds(options.stream ?? 'public'),
    ...(options.publicUrl === undefined ? {} : { publicUrl: options.publicUrl }),
  });
  await kernel.db.write((tx) => ensureDefaultComponents(tx, kernel));
  const group = await createGroup(kernel, systemActor, { name: 'Commerce', description: '' });
  const payments = await componentNamed(kernel, 'Payments');
  await changeComponent(kernel, systemActor, payments.publicId, payments.version, {
    groupId: group.publicId,
    description: 'Cards and bank transfers',
  });
  const snapshots = await createSnapshotSource(kernel);
  onEnd(() => snapshots.stop());
  const config = readConfig({ PUBLIC_URL: kernel.publicUrl });
  const site = { kernel, config, snapshots };
  const bytes = createPublicBytes(kernel, snapshots);
  onEnd(() => bytes.stop());
  const cards = createCardSource(kernel, snapshots, drawWords);
  const routes = [...publicRoutes(site, bytes), ...cardRoutes(kernel, cards), ...assetRoutes];
  const web = createWeb(site, routes);
  const request = async (method: string, path: string, init: RequestInit = {}) => {
    await snapshots.refresh();
    return web.fetch(new Request(`${kernel.publicUrl}${path}`, { ...init, method }));
  };
  return {
    kernel,
    snapshots,
    bytes,
    routes,
    request,
    get: (path, headers = {}) => request('GET', path, { headers }),
    post: (path, form) =>
      request('POST', path, {
        body: new URLSearchParams(form).toString(),
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      }),
  };
}

/** The words of the card stand for the picture: drawing one costs a second. */
const drawWords = async (facts: object) => Buffer.from(JSON.stringify(facts));

export async function componentNamed(kernel: Kernel, name: string) {
  const { components } = await listComponents(kernel.db.read);
  const found = components.find((component) => component.name === name);
  if (!found) throw new Error(`There is no component ${name}.`);
  return found;
}

/** Declares a public incident on Payments, without mail. */
export async function declareIncident(
  kernel: Kernel,
  input: Partial<DeclareInput> = {},
): Promise<Published> {
  const payments = await componentNamed(kernel, 'Payments');
  return declare(kernel, systemActor, {
    title: 'Payments failing',
    severity: 1,
    visibility: 'public',
    state: 'investigating',
    body: 'We are looking into failed card payments.',
    components: { [payments.publicId]: 'major_outage' },
    nextUpdateBy: plus(kernel.clock.now(), minutes(30)),
    email: { kind: 'none', reason: 'a test' },
    ...input,
  });
}

export const sayMore = (
  kernel: Kernel,
  incidentPublicId: string,
  input: Partial<UpdateInput> = {},
): Promise<Published> =>
  publishUpdate(kernel, systemActor, incidentPublicId, {
    state: 'identified',
    body: 'The cause is found.',
    components: {},
    nextUpdateBy: input.state === 'resolved' ? null : plus(kernel.clock.now(), minutes(30)),
    email: { kind: 'none', reason: 'a test' },
    ...input,
  });
