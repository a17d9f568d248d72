// Component groups through Statuspage's v1.
import { beforeEach, describe, expect, it } from 'vitest';
import { publicEventsAfter } from '../../src/events/service.ts';
import { publicKey } from '../../src/events/store.ts';
import { type Api, startApi } from './support.ts';

let api: Api;
let admin: Record<string, string>;

beforeEach(async () => {
  api = await startApi();
  admin = { Authorization: `OAuth ${await api.token('admin')}` };
});

const send = (method: string, path: string, body?: unknown) =>
  api.send(method, `/component-groups${path}`, body, admin);

const make = (names: string[], name = 'Commerce', more: object = {}) =>
  send('POST', '', { component_group: { name, components: names.map(api.idOf) }, ...more });

/** The group each component is in, by name. */
async function groupsOf() {
  const { list } = await api.send('GET', '/components');
  const children = list.filter((one) => one['group'] === false);
  return Object.fromEntries(children.map((one) => [one['name'], one['group_id']]));
}

describe('component groups', () => {
  it('are made of components, in their order', async () => {
    const made = await make(['Payments', 'API'], 'Commerce', { description: 'All that sells' });
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      id: made.body['id'],
      page_id: api.pageId,
      name: 'Commerce',
      description: 'All that sells',
      components: [api.idOf('Payments'), api.idOf('API')],
      position: made.body['position'],
      created_at: '2026-11-22T14:00:00.000Z',
      updated_at: '2026-11-22T14:00:00.000Z',
    });
    expect(await groupsOf()).toMatchObject({ API: made.body['id'], 'Web app': null });
  });

  it('are listed by pages and shown one by one', async () => {
    const { body } = await make(['API'], 'One');
    await make(['Payments'], 'Two');
    expect((await send('GET', '')).list.map((one) => one['name'])).toEqual(['One', 'Two']);
    expect((await send('GET', '.json?per_page=1&page=2')).list).toMatchObject([{ name: 'Two' }]);
    const id = body['id'] as string;
    expect((await send('GET', `/${id}.json`)).body).toEqual((await send('GET', `/${id}`)).body);
    expect((await send('GET', '/bcdfghjklmnp')).status).toBe(404);
  });

  it.each(['PATCH', 'PUT'])('are changed by %s: name, words, members', async (method) => {
    const { body } = await make(['API', 'Payments']);
    const path = `/${body['id'] as string}`;
    const renamed = await send(method, path, {
      component_group: { name: 'Shop' },
      description: 'x',
    });
    expect(renamed).toMatchObject({ status: 200, body: { name: 'Shop', description: 'x' } });
    expect(renamed.body['components']).toHaveLength(2);
    const ids = [api.idOf('Web app'), api.idOf('API')];
    const moved = await send(method, path, { component_group: { components: ids } });
    expect(moved.body).toMatchObject({ name: 'Shop', components: ids });
    expect(await groupsOf()).toMatchObject({ Payments: null });
  });

  it('are removed without their components, answering what was there', async () => {
    const { body } = await make(['API']);
    const gone = await send('DELETE', `/${body['id'] as string}`);
    expect(gone).toMatchObject({ status: 200, body: { id: body['id'] } });
    expect(await groupsOf()).toMatchObject({ API: null });
    expect((await send('GET', '')).list).toEqual([]);
  });

  it.each([
    ['no name', { component_group: { components: ['x'] } }, /name/],
    ['no components', { component_group: { name: 'x', components: [] } }, /at least one/],
    ['unknown ones', { component_group: { name: 'x', components: ['nope'] } }, /no component nope/],
    ['no wrapper', { name: 'x' }, /inside "component_group"/],
  ])('are not made with %s', async (_, body, expected) => {
    const refused = await send('POST', '', body);
    expect(refused.status).toBe(422);
    expect(refused.body['error']).toMatch(expected);
    expect((await send('GET', '')).list).toEqual([]);
  });

  it('are an admin’s to change, and everybody’s to read', async () => {
    expect((await api.send('GET', '/component-groups')).status).toBe(200);
    expect((await api.send('POST', '/component-groups', {})).status).toBe(403);
  });

  it('are made and changed whole or not at all, in one step', async () => {
    const before = await publicKey(api.kernel.db.read);
    const { body } = await make(['API', 'Payments']);
    expect(await publicEventsAfter(api.kernel.db.read, before, 9)).toHaveLength(1);
    const refused = await send('PATCH', `/${body['id'] as string}`, {
      component_group: { name: 'Shop', components: [api.idOf('Web app'), 'nope'] },
    });
    expect(refused.status).toBe(422);
    expect((await send('GET', `/${body['id'] as string}`)).body).toEqual(body);
    expect(await publicEventsAfter(api.kernel.db.read, before, 9)).toHaveLength(1);
  });
});
