// Webhooks and chats from the page: asking, and what the links in their mails open.
import { describe, expect, it } from 'vitest';
import { notifications, webhooks } from '../../src/db/schema.ts';
import { confirmToken, manageToken, unsubscribeToken } from '../../src/webhooks/tokens.ts';
import { componentNamed, publicSite, type PublicSite } from '../support/public-fixtures.ts';

const endpoint = 'https://93.184.215.14/hook';

const ask = (site: PublicSite, more: [string, string][] = []) =>
  site.post('/subscribe/webhook', [
    ['endpoint', endpoint],
    ['email', 'dana@example.test'],
    ...more,
  ]);

async function hookOf({ kernel }: PublicSite) {
  const [row] = await kernel.db.read.select().from(webhooks);
  if (!row) throw new Error('no webhook');
  return row;
}

async function linksOf(site: PublicSite) {
  const row = await hookOf(site);
  const { secretKey, clock } = site.kernel;
  const base = '/subscriptions/webhook';
  return {
    confirm: `${base}/confirm/${confirmToken(secretKey, row, clock.now())}`,
    manage: `${base}/manage/${manageToken(secretKey, row, clock.now())}`,
    leave: `${base}/unsubscribe/${unsubscribeToken(secretKey, row)}`,
  };
}

async function confirmed(format = 'standard') {
  const site = await publicSite();
  await ask(site, [['format', format]]);
  const { confirm } = await linksOf(site);
  const done = await (await site.post(confirm, '')).text();
  return { site, done, ...(await linksOf(site)) };
}

describe('asking for a webhook', () => {
  it.each(['standard', 'statuspage', 'slack', 'discord', 'teams'])('takes %s', async (format) => {
    const site = await publicSite();
    const answer = await ask(site, [['format', format]]);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('Check your inbox');
    expect(await hookOf(site)).toMatchObject({ format, state: 'pending', wantsIncidents: true });
    const [mail] = await site.kernel.db.read.select().from(notifications);
    expect(mail?.kind).toBe('webhook_confirmation');
  });

  it('takes topics and components', async () => {
    const site = await publicSite();
    const api = await componentNamed(site.kernel, 'API');
    await ask(site, [
      ['format', 'standard'],
      ['topic', 'components'],
      ['component', api.publicId],
    ]);
    expect(await hookOf(site)).toMatchObject({
      wantsIncidents: false,
      wantsMaintenance: false,
      wantsComponents: true,
      componentIds: [api.id],
    });
  });

  it.each([
    ['chat', 'slack', 'by-chat'],
    ['webhook', 'statuspage', 'by-webhook'],
  ])('says what is wrong in the form of a %s, and keeps what was typed', async (_, format, id) => {
    const site = await publicSite();
    const answer = await site.post('/subscribe/webhook', [
      ['format', format],
      ['endpoint', 'https://192.168.0.1/"x'],
      ['email', 'dana@example.test'],
    ]);
    const html = await answer.text();
    expect(answer.status).toBe(400);
    expect(html).toContain(`id="${id}" open`);
    expect(html).toContain('value="https://192.168.0.1/&quot;x" aria-invalid="true"');
    expect(html).toContain('value="dana@example.test"');
    expect(html).toContain(`value="${format}" checked`);
    expect(await site.kernel.db.read.select().from(webhooks)).toEqual([]);
  });

  it('does as if, when the field that people do not see is filled', async () => {
    const site = await publicSite();
    expect((await ask(site, [['website', 'x']])).status).toBe(200);
    expect(await site.kernel.db.read.select().from(webhooks)).toEqual([]);
  });
});

const secretIn = (html: string) => /whsec_[\w+/=]+/.exec(html)?.[0];

describe('a webhook’s links', () => {
  it('confirm by a press, and show the secret then', async () => {
    const site = await publicSite();
    await ask(site);
    const { confirm } = await linksOf(site);
    const shown = await (await site.get(confirm)).text();
    expect(shown).toContain(`<form method="post" action="${confirm}">`);
    expect(shown).toContain('93.184.215.14');
    expect(shown).not.toContain('whsec_');
    expect(await hookOf(site)).toMatchObject({ state: 'pending' });
    expect(await (await site.post(confirm, '')).text()).toContain('whsec_');
    expect(await hookOf(site)).toMatchObject({ state: 'confirmed' });
  });

  it('show no secret for a chat', async () => {
    expect((await confirmed('slack')).done).not.toContain('whsec_');
  });

  it('change what it hears', async () => {
    const { site, manage } = await confirmed();
    expect(await (await site.get(manage)).text()).toContain('value="components" checked');
    expect((await site.post(manage, [['topic', 'maintenance']])).status).toBe(200);
    expect(await hookOf(site)).toMatchObject({ wantsMaintenance: true, wantsComponents: false });
    const none = await site.post(manage, '');
    expect(none.status).toBe(400);
    expect(await none.text()).toContain('at least one');
  });

  it('make a new secret', async () => {
    const { site, done, manage } = await confirmed();
    const answer = await (await site.post(`${manage}/secrets`, '')).text();
    expect(secretIn(answer)).toMatch(/^whsec_/);
    expect(secretIn(answer)).not.toBe(secretIn(done));
  });

  it('bring it back from quarantine', async () => {
    const { site, manage } = await confirmed();
    await site.kernel.db.write(async (tx) => {
      await tx.update(webhooks).set({ state: 'quarantined', failures: 12 });
    });
    expect(await (await site.get(manage)).text()).toContain('Start again');
    expect((await site.post(`${manage}/reactivations`, '')).status).toBe(200);
    expect(await hookOf(site)).toMatchObject({ state: 'confirmed', failures: 0 });
  });

  it('stop it by a press, or by a mail program’s', async () => {
    const { site, leave } = await confirmed();
    expect(await (await site.get(leave)).text()).toContain('name="List-Unsubscribe"');
    expect((await site.post(leave, '')).status).toBe(200);
    expect(await hookOf(site)).toMatchObject({ state: 'confirmed' });
    for (let i = 0; i < 2; i += 1) {
      expect((await site.post(leave, 'List-Unsubscribe=One-Click')).status).toBe(200);
    }
    expect(await hookOf(site)).toMatchObject({ state: 'unsubscribed' });
  });

  it('are private, and look alike when dead', async () => {
    const { site, manage } = await confirmed();
    const answer = await site.get(manage);
    expect(answer.headers.get('cache-control')).toBe('private, no-store');
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
    const dead = await Promise.all(
      ['confirm', 'manage', 'unsubscribe'].map(async (verb) => {
        const gone = await site.get(`/subscriptions/webhook/${verb}/nothing`);
        return [gone.status, await gone.text()] as const;
      }),
    );
    expect(new Set(dead.map(([, text]) => text)).size).toBe(1);
    expect(dead[0]?.[0]).toBe(404);
  });
});
