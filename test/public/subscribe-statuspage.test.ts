// Statuspage's own addresses for subscribing, as its clients and pages use them.
import { eq } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { notifications, subscribers, webhooks } from '../../src/db/schema.ts';
import { systemActor } from '../../src/events/types.ts';
import { addConfirmed } from '../../src/subscribers/service.ts';
import { unsubscribeToken } from '../../src/subscribers/tokens.ts';
import { unsubscribeToken as hookToken } from '../../src/webhooks/tokens.ts';
import {
  componentNamed,
  declareIncident,
  publicSite,
  type PublicSite,
} from '../support/public-fixtures.ts';

const path = '/api/v2/subscribers.json';
const publicEndpoint = 'https://93.184.215.14/hook';

const answerOf = async (answer: Response) => ({
  status: answer.status,
  body: (await answer.json()) as Record<string, unknown>,
  cors: answer.headers.get('access-control-allow-origin'),
});

const form = (fields: Record<string, string>): [string, string][] =>
  Object.entries(fields).map(([name, value]) => [`subscriber[${name}]`, value]);

async function rowOf({ kernel }: PublicSite, email = 'dana@example.test') {
  const [row] = await kernel.db.read.select().from(subscribers).where(eq(subscribers.email, email));
  if (!row) throw new Error('nobody has subscribed');
  return row;
}

const remove = (site: PublicSite, at: string, body = '') =>
  site.request('DELETE', at, {
    body,
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  });

async function withDana() {
  const site = await publicSite();
  await site.kernel.db.write((tx) =>
    addConfirmed(tx, site.kernel, systemActor, ['dana@example.test']),
  );
  const row = await rowOf(site);
  return { site, row, token: unsubscribeToken(site.kernel.secretKey, row) };
}

describe('POST /api/v2/subscribers.json', () => {
  it('asks the address to confirm, for any site’s script', async () => {
    const site = await publicSite();
    const answer = await answerOf(await site.post(path, form({ email: 'dana@example.test' })));
    expect(answer).toEqual({
      status: 200,
      cors: '*',
      body: {
        page: expect.objectContaining({ id: site.snapshots.current().page.id }),
        can_select_components: true,
        mode: 'email_sms',
        email: 'dana@example.test',
      },
    });
    expect(await rowOf(site)).toMatchObject({ state: 'pending' });
  });

  it('answers alike for an address that is known (S-61)', async () => {
    const { site } = await withDana();
    const known = await site.post(path, form({ email: 'dana@example.test' }));
    const unknown = await site.post(path, form({ email: 'nina@example.test' }));
    expect((await known.text()).replaceAll('dana', 'nina')).toBe(await unknown.text());
  });

  it('takes an incident, a component, and JSON', async () => {
    const site = await publicSite();
    const { incidentPublicId } = await declareIncident(site.kernel);
    const api = await componentNamed(site.kernel, 'API');
    const one = form({ email: 'dana@example.test', incident_id: incidentPublicId });
    expect((await site.post(path, one)).status).toBe(200);
    expect((await rowOf(site)).wish).toMatchObject({ wantsIncidents: false, incidentId: 1 });
    const subscriber = { email: 'nina@example.test', component_id: api.publicId };
    const json = {
      body: JSON.stringify({ subscriber }),
      headers: { 'Content-Type': 'application/json' },
    };
    expect((await site.request('POST', path, json)).status).toBe(200);
    expect((await rowOf(site, 'nina@example.test')).wish).toMatchObject({ componentIds: [api.id] });
  });

  it('takes a webhook, and mails its owner', async () => {
    const site = await publicSite();
    const fields = { endpoint: publicEndpoint, email: 'dana@example.test' };
    const { status, body } = await answerOf(await site.post(path, form(fields)));
    expect([status, body['mode'], body['webhook']]).toEqual([200, 'webhook', publicEndpoint]);
    const kinds = await site.kernel.db.read
      .select({ kind: notifications.kind })
      .from(notifications);
    expect(kinds).toEqual([{ kind: 'webhook_confirmation' }]);
    const [hook] = await site.kernel.db.read.select().from(webhooks);
    expect(hook).toMatchObject({ format: 'statuspage', state: 'pending' });
  });

  it.each([
    ['a text message', { phone_number: '5551234' }, /not offered/],
    ['no address', {}, /email address/],
    ['an unknown incident', { email: 'a@b.test', incident_id: 'bcdfghjklmnp' }, /no such incident/],
    ['a webhook inside', { endpoint: 'https://127.0.0.1/', email: 'a@b.test' }, /cannot be used/],
  ])('refuses %s with 422 and the reason', async (_, fields, expected) => {
    const site = await publicSite();
    const { status, body, cors } = await answerOf(await site.post(path, form(fields)));
    expect([status, cors]).toEqual([422, '*']);
    expect(body['error']).toMatch(expected);
    expect(body).not.toHaveProperty('email');
  });

  it('takes 4 KB, and no other media type', async () => {
    const site = await publicSite();
    expect((await site.post(path, form({ email: 'x'.repeat(5000) }))).status).toBe(413);
    const text = { body: 'x', headers: { 'Content-Type': 'text/plain' } };
    expect((await site.request('POST', path, text)).status).toBe(415);
  });
});

describe('GET /api/v2/subscribers.json', () => {
  it('subscribes nobody, whatever its query says', async () => {
    const site = await publicSite();
    const { status, body } = await answerOf(await site.get(`${path}?subscriber[email]=a@b.test`));
    expect(status).toBe(200);
    expect(Object.keys(body)).toEqual(['page', 'can_select_components', 'mode']);
    expect(await site.kernel.db.read.select().from(subscribers)).toEqual([]);
  });
});

describe('DELETE /api/v2/subscribers.json', () => {
  it('is announced to other sites’ scripts', async () => {
    const site = await publicSite();
    const { headers } = await site.request('OPTIONS', path, {
      headers: { Origin: 'https://x.test' },
    });
    expect(headers.get('access-control-allow-methods')).toContain('DELETE');
    expect(headers.get('access-control-allow-credentials')).toBeNull();
  });

  it('needs the secret of the link in the mails', async () => {
    const { site, row, token } = await withDana();
    for (const id of [row.publicId, 'x', '', `${row.publicId}.${'x'.repeat(32)}`]) {
      const refused = await remove(site, path, `subscriber[id]=${id}`);
      expect(refused.status, id).toBe(404);
    }
    expect((await rowOf(site)).state).toBe('confirmed');
    expect((await remove(site, path, `subscriber[id]=${token}`)).status).toBe(200);
    expect((await rowOf(site)).state).toBe('unsubscribed');
    expect((await remove(site, path, `subscriber[id]=${token}`)).status).toBe(200);
  });

  it('takes it in the path too, and the link as a whole', async () => {
    for (const at of [`/api/v2/subscribers/TOKEN.json`, path]) {
      const { site, token } = await withDana();
      const link = encodeURIComponent(`${site.kernel.publicUrl}/unsubscribe/${token}`);
      const answer = await remove(site, at.replace('TOKEN', token), `subscriber[id]=${link}`);
      expect(answer.status, at).toBe(200);
      expect((await rowOf(site)).state).toBe('unsubscribed');
    }
  });

  it('ends a webhook likewise', async () => {
    const site = await publicSite();
    await site.post(path, form({ endpoint: publicEndpoint, email: 'dana@example.test' }));
    const [hook] = await site.kernel.db.read.select().from(webhooks);
    if (!hook) throw new Error('no webhook');
    const id = hookToken(site.kernel.secretKey, hook);
    const { status, body } = await answerOf(await remove(site, path, `subscriber[id]=${id}`));
    expect([status, body['mode']]).toEqual([200, 'webhook']);
    expect((await site.kernel.db.read.select().from(webhooks))[0]?.state).toBe('unsubscribed');
  });

  it('may be guessed wrong twenty times a minute (S-63)', async () => {
    const { site, token } = await withDana();
    for (let i = 0; i < 20; i += 1) await remove(site, path, `subscriber[id]=wrong${i}`);
    expect((await remove(site, path, `subscriber[id]=${token}`)).status).toBe(429);
    expect((await rowOf(site)).state).toBe('confirmed');
  });
});

describe('the forms of Statuspage’s pages', () => {
  it.each([
    ['/subscriptions/new-email', { email: 'dana@example.test' }, 'success'],
    ['/subscriptions/new-email', { email: 'dana' }, 'error'],
    [
      '/subscriptions/webhook.json',
      { endpoint: publicEndpoint, email: 'd@example.test' },
      'success',
    ],
    ['/subscriptions/webhook.json', { endpoint: 'ftp://x', email: 'd@example.test' }, 'error'],
    ['/subscriptions/new-sms', { phone_country: 'us', phone_number: '5551234' }, 'error'],
  ])('%s answers %j with %s', async (at, fields, type) => {
    const site = await publicSite();
    const answer = await site.post(at, Object.entries(fields));
    expect(answer.status).toBe(type === 'success' ? 200 : 422);
    const body = (await answer.json()) as Record<string, unknown>;
    expect(body).toEqual({ type, text: expect.any(String) });
    expect(answer.headers.get('cache-control')).toBe('private, no-store');
  });
});
