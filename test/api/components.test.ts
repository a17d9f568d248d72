import { describe, expect, it } from 'vitest';
import { createGroup } from '../../src/components/service.ts';
import { systemActor } from '../../src/events/types.ts';
import { startApi } from './support.ts';

async function asAdmin() {
  const api = await startApi();
  const headers = { Authorization: `OAuth ${await api.token('admin')}` };
  const send = (method: string, path: string, component?: object) =>
    api.send(method, path, component && { component }, headers);
  return { api, send };
}

describe('components', () => {
  it('are listed in order, by pages, and read one by one', async () => {
    const { api, send } = await asAdmin();
    const { body } = await send('GET', '/components.json');
    expect(body).toMatchObject([{ name: 'API' }, { name: 'Web app' }, { name: 'Payments' }]);
    const second = await send('GET', '/components?per_page=2&page=2');
    expect(second.body).toMatchObject([{ name: 'Payments', position: 3 }]);
    const one = await send('GET', `/components/${api.idOf('API')}.json`);
    expect(one.body).toEqual({
      id: api.idOf('API'),
      page_id: api.pageId,
      group_id: null,
      created_at: '2026-11-22T14:00:00.000Z',
      updated_at: '2026-11-22T14:00:00.000Z',
      group: false,
      name: 'API',
      description: null,
      position: 1,
      status: 'operational',
      showcase: true,
      only_show_if_degraded: false,
      automation_email: null,
      start_date: null,
    });
  });

  it('are created inside a group, changed and archived', async () => {
    const { api, send } = await asAdmin();
    const group = await createGroup(api.kernel, systemActor, { name: 'Apps', description: '' });
    const made = await send('POST', '/components', {
      name: 'iOS',
      description: 'The app',
      group_id: group.publicId,
      status: 'degraded_performance',
      start_date: '2026-01-31',
    });
    expect(made).toMatchObject({
      status: 201,
      body: {
        name: 'iOS',
        description: 'The app',
        group_id: group.publicId,
        position: 1,
        status: 'degraded_performance',
        start_date: '2026-01-31',
      },
    });
    const path = `/components/${String(made.body['id'])}`;
    const groups = await send('GET', `/components/${group.publicId}`);
    expect(groups.body).toMatchObject({ group: true, components: [made.body['id']] });

    const moved = await send('PATCH', path, { name: 'iPhone', group_id: null, showcase: false });
    expect(moved).toMatchObject({
      status: 200,
      body: { name: 'iPhone', description: 'The app', group_id: null, showcase: false },
    });
    expect((await send('DELETE', path)).status).toBe(204);
    expect((await send('GET', path)).status).toBe(404);
    expect((await send('DELETE', path)).status).toBe(404);
  });

  it('show the worse of what was set and what an incident says', async () => {
    const { api, send } = await asAdmin();
    const id = api.idOf('API');
    await api.send('POST', '/incidents', {
      incident: { name: 'x', components: { [id]: 'major_outage' }, deliver_notifications: false },
    });
    const set = await send('PATCH', `/components/${id}`, { status: 'partial_outage' });
    expect(set.body['status']).toBe('major_outage');
    const { list } = await api.send('GET', '/incidents/unresolved');
    await api.send('PATCH', `/incidents/${String(list[0]?.['id'])}`, {
      incident: { status: 'resolved', deliver_notifications: false },
    });
    const after = await send('GET', `/components/${id}`);
    expect(after.body['status']).toBe('partial_outage');
  });

  it.each([
    ['no name', {}, 'component.name'],
    ['an unknown status', { name: 'x', status: 'green' }, 'component.status'],
    ['a date that is none', { name: 'x', start_date: '31/01/2026' }, 'component.start_date'],
    ['an unknown group', { name: 'x', group_id: '0123456789bc' }, 'component.group_id'],
  ])('are refused with %s', async (_, component, words) => {
    const { send } = await asAdmin();
    const answer = await send('POST', '/components', component);
    expect(answer.status).toBe(422);
    expect(answer.body['error']).toContain(words);
  });
});
