// A page with three components, a comms lead with an account, and short words for what they publish.
import { eq } from 'drizzle-orm';
import { ensureDefaultComponents, listComponents } from '../../src/components/service.ts';
import {
  accounts,
  components,
  incidents,
  incidentUpdates,
  notifications,
} from '../../src/db/schema.ts';
import { type Actor, systemActor } from '../../src/events/types.ts';
import { declare, publishUpdate } from '../../src/incidents/service.ts';
import { incidentDetail } from '../../src/incidents/read.ts';
import type { DeclareInput, UpdateInput } from '../../src/incidents/types.ts';
import { minutes, plus } from '../../src/shared/clock.ts';
import { addConfirmed } from '../../src/subscribers/service.ts';
import { testKernel, type TestKernel } from '../support/kernel.ts';

export const lead: Actor = { kind: 'account', id: 1, ip: null, requestId: null };
export const token: Actor = { kind: 'token', id: 7, ip: null, requestId: null };

export interface Newsroom {
  kernel: TestKernel;
  /** Public ids. */
  api: string;
  web: string;
  payments: string;
  declare(more?: Partial<DeclareInput>, actor?: Actor): ReturnType<typeof declare>;
  say(id: string, more?: Partial<UpdateInput>, actor?: Actor): ReturnType<typeof publishUpdate>;
  detail(id: string): ReturnType<typeof incidentDetail>;
  statusOf(publicId: string): Promise<string | undefined>;
}

export async function newsroom(): Promise<Newsroom> {
  const kernel = await testKernel();
  await kernel.db.write((tx) => ensureDefaultComponents(tx, kernel));
  await kernel.db.write(async (tx) => {
    for (const name of ['Lee', 'Ada']) await addAccount(tx, kernel, name);
  });
  const rows = (await listComponents(kernel.db.read)).components;
  const [api = '', web = '', payments = ''] = rows.map((row) => row.publicId);
  const soon = () => plus(kernel.clock.now(), minutes(30));
  return {
    kernel,
    api,
    web,
    payments,
    declare: (more = {}, actor = lead) =>
      declare(kernel, actor, {
        title: 'Card payments are failing',
        severity: 2,
        visibility: 'public',
        state: 'investigating',
        body: 'We are looking into it.',
        components: { [payments]: 'partial_outage' },
        nextUpdateBy: soon(),
        email: { kind: 'draft' },
        ...more,
      }),
    say: (id, more = {}, actor = lead) =>
      publishUpdate(kernel, actor, id, {
        state: 'identified',
        body: 'A certificate had expired.',
        components: {},
        nextUpdateBy: soon(),
        email: { kind: 'draft' },
        ...more,
      }),
    detail: (id) => incidentDetail(kernel.db.read, id),
    statusOf: async (publicId) => {
      const [row] = await kernel.db.read
        .select()
        .from(components)
        .where(eq(components.publicId, publicId));
      return row?.status;
    },
  };
}

export const everything = async ({ kernel }: Newsroom) => ({
  incidents: await kernel.db.read.select().from(incidents),
  updates: await kernel.db.read.select().from(incidentUpdates),
  components: await kernel.db.read.select().from(components),
  notifications: await kernel.db.read.select().from(notifications),
});

export const subscribeSomebody = ({ kernel }: Newsroom, email = 'sam@example.test') =>
  kernel.db.write((tx) => addConfirmed(tx, kernel, systemActor, [email]));

const addAccount = (
  tx: Parameters<Parameters<TestKernel['db']['write']>[0]>[0],
  { clock }: TestKernel,
  name: string,
) =>
  tx.insert(accounts).values({
    email: `${name}@example.test`,
    emailKey: `${name.toLowerCase()}@example.test`,
    name,
    role: 'comms_lead',
    passwordHash: '-',
    createdAt: clock.now(),
    updatedAt: clock.now(),
    version: 1,
  });
