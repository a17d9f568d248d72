import { describe, expect, it } from 'vitest';
import { eq } from 'drizzle-orm';
import { notifications, subscribers } from '../../src/db/schema.ts';
import { systemActor } from '../../src/events/types.ts';
import { addConfirmed } from '../../src/subscribers/service.ts';
import { confirmToken, manageToken, unsubscribeToken } from '../../src/subscribers/tokens.ts';
import {
  componentNamed,
  declareIncident,
  publicSite,
  type PublicSite,
} from '../support/public-fixtures.ts';

async function subscriberOf({ kernel }: PublicSite, email = 'dana@example.test') {
  const [row] = await kernel.db.read
    .select()
    .from(subscribers)
    .where(eq(subscribers.emailKey, email));
  return row;
}

async function linksOf(site: PublicSite) {
  const row = await subscriberOf(site);
  if (!row) throw new Error('nobody has subscribed');
  const { secretKey, clock } = site.kernel;
  return {
    confirm: `/subscriptions/confirm/${confirmToken(secretKey, row, clock.now())}`,
    manage: `/subscriptions/manage/${manageToken(secretKey, row, clock.now())}`,
    unsubscribe: `/unsubscribe/${unsubscribeToken(secretKey, row)}`,
  };
}

const subscribe = (site: PublicSite, more: [string, string][] = []) =>
  site.post('/subscribe', [['email', 'dana@example.test'], ...more]);

async function confirmedSite() {
  const site = await publicSite();
  await site.kernel.db.write((tx) =>
    addConfirmed(tx, site.kernel, systemActor, ['dana@example.test']),
  );
  return { site, links: await linksOf(site) };
}

const oneClick = 'List-Unsubscribe=One-Click';

describe('subscribing', () => {
  it('goes from form to confirmed by two presses', async () => {
    const site = await publicSite();
    const asked = await subscribe(site);
    expect(asked.status).toBe(200);
    expect(await asked.text()).toContain('Check your inbox');
    expect((await subscriberOf(site))?.state).toBe('pending');

    const { confirm } = await linksOf(site);
    const shown = await site.get(confirm);
    expect(await shown.text()).toContain(`<form method="post" action="${confirm}">`);
    expect((await subscriberOf(site))?.state).toBe('pending');

    const done = await site.post(confirm, '');
    expect(done.status).toBe(200);
    expect(await done.text()).toContain('You are subscribed');
    expect((await subscriberOf(site))?.state).toBe('confirmed');
  });

  it('answers the same for an address in any state', async () => {
    const { site } = await confirmedSite();
    const known = await subscribe(site);
    const unknown = await site.post('/subscribe', 'email=new%40example.test');
    expect(await known.text()).toBe(await unknown.text());
    expect(known.status).toBe(unknown.status);
  });

  it('does as if, when the field that people do not see is filled', async () => {
    const site = await publicSite();
    const answer = await subscribe(site, [['website', 'https://spam.example']]);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('Check your inbox');
    expect(await subscriberOf(site)).toBeUndefined();
  });

  it.each(['not an address', '', 'a@b@c', 'x@example.test, y@example.test'])(
    'keeps what was typed and says what is wrong with %j',
    async (email) => {
      const site = await publicSite();
      const api = await componentNamed(site.kernel, 'API');
      const answer = await site.post('/subscribe', [
        ['email', email],
        ['component', api.publicId],
      ]);
      const html = await answer.text();
      expect(answer.status).toBe(400);
      expect(html).toContain('id="email-error"');
      expect(html).toContain(`value="${email}"`);
      expect(html).toContain(`value="${api.publicId}" checked`);
    },
  );

  it('refuses two addresses in one form', async () => {
    const site = await publicSite();
    expect((await subscribe(site, [['email', 'other@example.test']])).status).toBe(400);
    expect(await subscriberOf(site)).toBeUndefined();
  });

  it('takes forms only, of 4 KB at most', async () => {
    const site = await publicSite();
    const json = { body: '{}', headers: { 'Content-Type': 'application/json' } };
    expect((await site.request('POST', '/subscribe', json)).status).toBe(415);
    expect((await site.post('/subscribe', [['email', 'x'.repeat(5000)]])).status).toBe(413);
  });
});

describe('managing', () => {
  it('shows the choices and saves new ones', async () => {
    const { site, links } = await confirmedSite();
    const api = await componentNamed(site.kernel, 'API');
    const before = await (await site.get(links.manage)).text();
    expect(before).toContain('value="maintenance" checked');
    expect(before).toContain(`value="${api.publicId}">`);
    const saved = await site.post(links.manage, [['component', api.publicId]]);
    expect(saved.status).toBe(200);
    const html = await saved.text();
    expect(html).toContain('Saved.');
    expect(html).toContain(`value="${api.publicId}" checked`);
    expect(await (await site.get(links.manage)).text()).toContain(
      `value="${api.publicId}" checked`,
    );
  });

  it('takes topics away, keeps what a form does not show, and refuses to leave nothing', async () => {
    const { site, links } = await confirmedSite();
    const some: [string, string][] = [
      ['shown', 'topics'],
      ['topic', 'maintenance'],
    ];
    expect(await (await site.post(links.manage, some)).text()).toContain('value="incidents">');
    expect(await subscriberOf(site)).toMatchObject({ wantsIncidents: false });
    await site.post(links.manage, '');
    expect(await subscriberOf(site)).toMatchObject({ wantsMaintenance: true });
    const none = await site.post(links.manage, [['shown', 'topics']]);
    expect(none.status).toBe(400);
    expect(await none.text()).toContain('choose at least one');
  });

  it('begins with an address and the same answer for each', async () => {
    const { site } = await confirmedSite();
    expect(await (await site.get('/subscriptions/manage')).text()).toContain('Send me my link');
    const ask = (email: string) => site.post('/subscriptions/manage', [['email', email]]);
    const [known, unknown] = [await ask('dana@example.test'), await ask('nina@example.test')];
    expect(await known.text()).toBe(await unknown.text());
    const kinds = await site.kernel.db.read
      .select({ kind: notifications.kind })
      .from(notifications);
    expect(kinds).toEqual([{ kind: 'manage_link' }]);
    const wrong = await ask('dana');
    expect(wrong.status).toBe(400);
    expect(await wrong.text()).toContain('value="dana" aria-invalid="true"');
  });
});

describe('choosing what to hear about', () => {
  it('is told on the page behind the link', async () => {
    const site = await publicSite();
    const api = await componentNamed(site.kernel, 'API');
    await subscribe(site, [
      ['topic', 'maintenance'],
      ['component', api.publicId],
    ]);
    const { confirm } = await linksOf(site);
    expect(await (await site.get(confirm)).text()).toContain('Scheduled maintenance of API');
    await site.post(confirm, '');
    expect(await subscriberOf(site)).toMatchObject({
      wantsIncidents: false,
      wantsMaintenance: true,
    });
  });

  it('takes one incident only, from its page', async () => {
    const site = await publicSite();
    const { incidentPublicId: id } = await declareIncident(site.kernel);
    const page = await (await site.get(`/incidents/${id}`)).text();
    expect(page).toContain(`name="incident" value="${id}"`);
    const wrong = await site.post('/subscribe', [
      ['incident', id],
      ['email', 'dana'],
    ]);
    const again = await wrong.text();
    expect(again).toContain(`name="incident" value="${id}"`);
    expect(again).toContain('id="email-error"');
    await subscribe(site, [['incident', id]]);
    const { confirm } = await linksOf(site);
    expect(await (await site.get(confirm)).text()).toContain('Updates of “Payments failing”');
    expect((await site.post(confirm, '')).status).toBe(200);
  });

  it.each([
    ['topic', 'everything'],
    ['incident', 'bcdfghjklmnp'],
    ['component', 'bcdfghjklmnp'],
  ])('refuses a %s that there is not', async (field, value) => {
    const site = await publicSite();
    const answer = await subscribe(site, [[field, value]]);
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('value="dana@example.test"');
    expect(await subscriberOf(site)).toBeUndefined();
  });
});

describe('unsubscribing', () => {
  it('takes one press of the button', async () => {
    const { site, links } = await confirmedSite();
    const html = await (await site.get(links.unsubscribe)).text();
    expect(html).toContain('name="List-Unsubscribe" value="One-Click"');
    expect((await subscriberOf(site))?.state).toBe('confirmed');
    const done = await site.post(links.unsubscribe, oneClick);
    expect(await done.text()).toContain('You are unsubscribed');
    expect((await subscriberOf(site))?.state).toBe('unsubscribed');
  });

  it('works for mail programs: no cookie, no origin, no redirect, as often as they like', async () => {
    const { site, links } = await confirmedSite();
    for (let i = 0; i < 2; i += 1) {
      const answer = await site.post(links.unsubscribe, oneClick);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('set-cookie')).toBeNull();
    }
    expect((await subscriberOf(site))?.state).toBe('unsubscribed');
  });

  it('takes a multipart one-click too', async () => {
    const { site, links } = await confirmedSite();
    const body = new FormData();
    body.set('List-Unsubscribe', 'One-Click');
    expect((await site.request('POST', links.unsubscribe, { body })).status).toBe(200);
    expect((await subscriberOf(site))?.state).toBe('unsubscribed');
  });

  it('without the field it only shows the button', async () => {
    const { site, links } = await confirmedSite();
    const answer = await site.post(links.unsubscribe, '');
    expect(await answer.text()).toContain('name="List-Unsubscribe" value="One-Click"');
    expect((await subscriberOf(site))?.state).toBe('confirmed');
  });
});

describe('links', () => {
  it('change nothing by being looked at', async () => {
    const { site, links } = await confirmedSite();
    const before = await subscriberOf(site);
    for (const path of Object.values(links)) {
      await site.get(path);
      await site.request('HEAD', path);
      await site.request('OPTIONS', path);
    }
    expect(await subscriberOf(site)).toEqual(before);
  });

  it('look alike when unknown, used or expired', async () => {
    const site = await publicSite();
    await subscribe(site);
    const { confirm } = await linksOf(site);
    await site.post(confirm, '');
    const used = await site.post(confirm, '');
    const unknown = await site.post('/subscriptions/confirm/nothing', '');
    expect(used.status).toBe(404);
    expect(await used.text()).toBe(await unknown.text());
    const { manage } = await linksOf(site);
    site.kernel.clock.advance(31 * 24 * 3_600_000);
    expect((await site.get(manage)).status).toBe(404);
    expect((await site.get('/unsubscribe/nothing')).status).toBe(404);
  });

  it('are private: no cache, no referrer', async () => {
    const { site, links } = await confirmedSite();
    for (const path of [...Object.values(links), '/unsubscribe/nothing']) {
      const { headers } = await site.get(path);
      expect(headers.get('cache-control'), path).toBe('private, no-store');
      expect(headers.get('referrer-policy'), path).toBe('no-referrer');
    }
  });

  it('may be guessed wrong twenty times a minute (S-63)', async () => {
    const { site, links } = await confirmedSite();
    for (let i = 0; i < 20; i += 1) await site.get(`/subscriptions/manage/wrong${i}`);
    const answer = await site.get(links.manage);
    expect(answer.status).toBe(429);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    site.kernel.clock.advance(61_000);
    expect((await site.get(links.manage)).status).toBe(200);
  });
});
