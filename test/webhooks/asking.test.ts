// A visitor's webhook: asked for, confirmed by mail, managed by link, ended; and an admin's.
import { describe, expect, it } from 'vitest';
import { sql } from 'drizzle-orm';
import { webhooks } from '../../src/db/schema.ts';
import { eventsAfter } from '../../src/events/store.ts';
import { systemActor } from '../../src/events/types.ts';
import { claim } from '../../src/notifications/outbox.ts';
import { hours, minutes } from '../../src/shared/clock.ts';
import { webhookConfirmationMail } from '../../src/templates/mails.ts';
import { webhookLinks } from '../../src/webhooks/links.ts';
import { confirmToken, manageToken, unsubscribeToken } from '../../src/webhooks/tokens.ts';
import {
  changeByLink,
  changeWebhook,
  confirmWebhook,
  listWebhooks,
  purgePendingWebhooks,
  readManageWebhook,
  requestWebhook,
  rotateByLink,
  rotateSecret,
  unsubscribeWebhook,
} from '../../src/webhooks/service.ts';
import type { Reach, WebhookMails, WebhookRequest } from '../../src/webhooks/types.ts';
import { type TestKernel } from '../support/kernel.ts';
import { componentNamed, declareIncident } from '../support/public-fixtures.ts';
import { until } from '../delivery/fixtures.ts';
import { endpoint, here, hook, hookHouse } from './fixtures.ts';

const mail = { subject: 'Confirm', html: '{{confirm_url}}', plain: '{{confirm_url}}' };
const means: WebhookMails & Reach = {
  webhookConfirmationMail: () => Promise.resolve(mail),
  allow: here,
  resolve: () => Promise.resolve(['93.184.216.34']),
};
const visit = { ip: '192.0.2.1', userAgent: 'test' };

const ask = (
  kernel: TestKernel,
  more: Partial<WebhookRequest> = {},
  mails: Partial<WebhookMails> = {},
) =>
  requestWebhook(
    kernel,
    {
      format: 'standard',
      endpoint: 'https://hook.example/x',
      email: 'dev@example.com',
      wantsIncidents: true,
      wantsMaintenance: false,
      wantsComponents: false,
      componentIds: [],
      ...visit,
      ...more,
    },
    { ...means, ...mails },
  );

const rowsOf = (kernel: TestKernel) => kernel.db.read.select().from(webhooks).orderBy(webhooks.id);

async function tokenOf(kernel: TestKernel, index = 0): Promise<string> {
  const row = (await rowsOf(kernel))[index];
  if (!row) throw new Error('no webhook');
  return confirmToken(kernel.secretKey, row, kernel.clock.now());
}

describe('asking', () => {
  it('posts nothing before the address is confirmed, then everything from there on', async () => {
    const { kernel, announcer, relay, open } = await hookHouse();
    const there = await endpoint();
    await ask(kernel, { endpoint: there.url }, { webhookConfirmationMail });
    open();
    await until(() => relay.mails.length === 1, 'the mail');
    await declareIncident(kernel, { email: { kind: 'draft' }, title: 'Before', components: {} });
    await announcer.catchUp();
    const link = /\/subscriptions\/webhook\/confirm\/(\S+)/.exec(relay.mails[0]?.parsed.text ?? '');
    expect(relay.mails[0]?.raw).not.toContain('127.0.0.1');
    const { secret } = await confirmWebhook(kernel, link?.[1] ?? '', visit);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    await declareIncident(kernel, { email: { kind: 'draft' }, title: 'After', components: {} });
    await announcer.catchUp();
    await until(() => there.received.length === 1, 'the post');
    expect(there.received[0]?.raw).toContain('After');
  });

  it.each<[Partial<WebhookRequest>, string]>([
    [{ format: 'pager' }, 'format'],
    [{ email: 'nobody' }, 'email'],
    [{ endpoint: 'http://hook.example' }, 'endpoint'],
    [{ endpoint: 'https://10.0.0.1' }, 'endpoint'],
    [{ componentIds: ['unknown'] }, 'component'],
    [{ incidentId: 'unknown' }, 'incident'],
    [{ wantsIncidents: false }, 'wants'],
  ])('names what is wrong with %o at %s', async (more, field) => {
    const { kernel } = await hookHouse();
    await expect(ask(kernel, more)).rejects.toMatchObject({
      code: 'invalid',
      fields: { [field]: expect.any(String) },
    });
    expect(await rowsOf(kernel)).toEqual([]);
  });

  it('answers alike whatever is known, and mails an endpoint once an hour at most', async () => {
    const { kernel } = await hookHouse();
    await ask(kernel);
    await confirmWebhook(kernel, await tokenOf(kernel), visit);
    expect(await ask(kernel)).toBeUndefined();
    expect(await rowsOf(kernel)).toHaveLength(1);
    kernel.clock.advance(hours(1));
    expect(await ask(kernel, { wantsMaintenance: true })).toBeUndefined();
    expect((await rowsOf(kernel)).map(({ state }) => state)).toEqual(['confirmed', 'pending']);
    await confirmWebhook(kernel, await tokenOf(kernel, 1), visit);
    expect((await rowsOf(kernel)).map(({ state }) => state)).toEqual(['unsubscribed', 'confirmed']);
  });

  it('slows down a network, and mails an address three times a day', async () => {
    const { kernel } = await hookHouse();
    for (let n = 1; n <= 5; n += 1) await ask(kernel, { endpoint: `https://hook.example/${n}` });
    expect(await rowsOf(kernel)).toHaveLength(3);
    await expect(ask(kernel)).rejects.toMatchObject({ code: 'too_many', retryAfter: 600 });
  });

  it('counts no request for an address that could never do: nothing is looked up or mailed', async () => {
    const { kernel } = await hookHouse();
    for (const bad of ['https://10.0.0.1/', 'https://[::1]/', 'http://x', 'ftp://a.example/', '']) {
      for (let n = 0; n < 2; n += 1) {
        await expect(ask(kernel, { endpoint: bad })).rejects.toMatchObject({ code: 'invalid' });
      }
    }
    await ask(kernel);
    expect(await rowsOf(kernel)).toHaveLength(1);
  });

  it('is nothing for robots that fill in what people cannot see', async () => {
    const { kernel } = await hookHouse();
    await ask(kernel, { website: 'x' });
    expect(await rowsOf(kernel)).toEqual([]);
  });

  it('is forgotten after two days', async () => {
    const { kernel } = await hookHouse();
    await ask(kernel);
    kernel.clock.advance(hours(47));
    expect(await purgePendingWebhooks(kernel)).toBe(0);
    kernel.clock.advance(hours(2));
    expect(await purgePendingWebhooks(kernel)).toBe(1);
    expect(await rowsOf(kernel)).toEqual([]);
  });
});

describe('links', () => {
  it('are for one purpose, and a confirm link works once', async () => {
    const { kernel } = await hookHouse();
    await ask(kernel);
    const token = await tokenOf(kernel);
    const [row] = await rowsOf(kernel);
    if (!row) throw new Error('no webhook');
    const manage = manageToken(kernel.secretKey, row, kernel.clock.now());
    const leave = unsubscribeToken(kernel.secretKey, row);
    for (const wrong of [manage, leave, 'x', `${token}x`, '']) {
      await expect(confirmWebhook(kernel, wrong, visit)).rejects.toMatchObject({ code: 'gone' });
    }
    await expect(readManageWebhook(kernel, manage)).rejects.toMatchObject({ code: 'gone' });
    await confirmWebhook(kernel, token, visit);
    await expect(confirmWebhook(kernel, token, visit)).rejects.toMatchObject({ code: 'gone' });
    await expect(readManageWebhook(kernel, token)).rejects.toMatchObject({ code: 'gone' });
    await expect(unsubscribeWebhook(kernel, manage, visit)).rejects.toMatchObject({ code: 'gone' });
    expect(await readManageWebhook(kernel, manage)).toMatchObject({ host: 'hook.example' });
  });

  it('change what it hears, make a new secret and end it, twice if need be', async () => {
    const { kernel } = await hookHouse();
    const payments = await componentNamed(kernel, 'Payments');
    await ask(kernel);
    const { webhook, secret } = await confirmWebhook(kernel, await tokenOf(kernel), visit);
    const changed = await changeByLink(
      kernel,
      webhook.token,
      { ...webhook.choices, wantsMaintenance: true, componentIds: [payments.publicId] },
      visit,
    );
    expect(changed.choices).toMatchObject({
      wantsMaintenance: true,
      componentIds: [payments.publicId],
    });
    const rotated = await rotateByLink(kernel, webhook.token, visit);
    expect(rotated.secret).toMatch(/^whsec_/);
    expect(rotated.secret).not.toBe(secret);
    await unsubscribeWebhook(kernel, webhook.unsubscribeToken, visit);
    await unsubscribeWebhook(kernel, webhook.unsubscribeToken, visit);
    expect((await rowsOf(kernel))[0]?.state).toBe('unsubscribed');
    await expect(readManageWebhook(kernel, webhook.token)).rejects.toMatchObject({ code: 'gone' });
  });

  it('repeat themselves for the same moment, so that a retried mail is the same', async () => {
    const { kernel } = await hookHouse();
    await ask(kernel);
    const [row] = await rowsOf(kernel);
    if (!row) throw new Error('no webhook');
    const links = () => webhookLinks('https://x', kernel.secretKey, row, new Date(1000));
    const first = links();
    kernel.clock.advance(minutes(5));
    expect(links()).toEqual(first);
  });
});

describe('an admin’s webhook', () => {
  it('is live at once; its address stays when left empty; two editors do not undo each other', async () => {
    const { kernel } = await hookHouse();
    const { publicId, secret } = await hook(kernel, 'http://127.0.0.1:9/secret-path');
    const [row] = await listWebhooks(kernel.db.read);
    expect(row).toMatchObject({ state: 'confirmed', host: '127.0.0.1:9', email: null });
    expect(JSON.stringify(row)).not.toContain('secret-path');
    const input = { format: 'slack', endpoint: '', email: 'a@example.com', componentIds: [] };
    const wants = { wantsIncidents: true, wantsMaintenance: true, wantsComponents: true };
    const save = (version: number) =>
      changeWebhook(
        kernel,
        systemActor,
        publicId,
        version,
        { ...input, ...wants },
        { allow: here },
      );
    await save(row?.version ?? 0);
    await expect(save(row?.version ?? 0)).rejects.toMatchObject({ code: 'conflict' });
    expect((await rowsOf(kernel))[0]).toMatchObject({
      url: 'http://127.0.0.1:9/secret-path',
      format: 'slack',
    });
    expect((await rotateSecret(kernel, systemActor, publicId)).secret).toBeUndefined();
    expect(secret).toMatch(/^whsec_/);
  });

  it('leaves neither address nor secret in the record', async () => {
    const { kernel } = await hookHouse();
    const { secret } = await hook(kernel, 'http://127.0.0.1:9/secret-path', {
      email: 'ops@example.com',
    });
    const record = JSON.stringify(await eventsAfter(kernel.db.read, 0, 1000));
    for (const hidden of ['secret-path', '127.0.0.1', 'ops@', secret ?? 'whsec']) {
      expect(record).not.toContain(hidden);
    }
  });
});

it('mail about a webhook goes to nobody on the suppression list, nor to one that changed', async () => {
  const { kernel } = await hookHouse();
  await ask(kernel);
  await kernel.db.write(async (tx) => {
    tx.run(sql`update webhooks set state = 'confirmed'`);
  });
  expect(await claim(kernel, 'boot', 'direct', 1)).toEqual([]);
});
