import { describe, expect, it } from 'vitest';
import { incidentDetail, recentIncidents } from '../../src/incidents/read.ts';
import { minutes, plus } from '../../src/shared/clock.ts';
import { declareIncident, fieldsOf, locationOf, plainText, startDesk } from './desk.ts';

const idIn = (path: string) => path.split('/').at(-1) ?? '';

describe('declaring', () => {
  it('publishes the first words, promises the next and prepares the email', async () => {
    const { site, ids, person } = await startDesk();
    const lead = await person('comms_lead');
    const path = await declareIncident(lead, { [`components.${ids['Payments']}`]: 'major_outage' });
    const { incident, updates, components } = await incidentDetail(site.kernel.db.read, idIn(path));
    expect(incident).toMatchObject({
      title: 'Card payments are failing',
      severity: 1,
      visibility: 'public',
      state: 'investigating',
      commsLeadId: lead.id,
      nextDueAt: plus(site.kernel.clock.now(), minutes(30)),
    });
    expect(components).toMatchObject([{ name: 'Payments', status: 'major_outage' }]);
    expect(updates[0]?.draft?.state).toBe('draft');
    const page = await lead.get(`${path}?done=declared`);
    expect(page.text).toContain('The incident is declared.');
    expect(page.text).toContain('<strong>declined</strong>');
    expect(page.text).toContain('>30 min</span>');
  });

  it('shows every fault at its field and keeps what was typed', async () => {
    const { site, person } = await startDesk();
    const lead = await person('comms_lead');
    const fields = fieldsOf(await lead.get('/admin/incidents/new'), '/admin/incidents');
    const answer = await lead.send('/admin/incidents', {
      ...fields,
      title: '',
      body: 'Typed "with" <care> & thought',
      severity: '3',
      nextUpdateBy: '2026-11-22T09:00',
    });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('id="error-title"');
    expect(answer.text).toContain('id="error-nextUpdateBy"');
    expect(plainText(answer.text)).toContain('Typed "with" <care> & thought');
    expect(fieldsOf(answer, '/admin/incidents')).toMatchObject({
      severity: '3',
      nextUpdateBy: '2026-11-22T09:00',
      key: fields['key'],
    });
    expect(await recentIncidents(site.kernel.db.read, { limit: 5 })).toEqual([]);
  });

  it('asks which one when the hour does not exist, and takes the choice (F-13)', async () => {
    const { site, person } = await startDesk();
    const admin = await person('admin');
    const settings = fieldsOf(await admin.get('/admin/settings'), '/admin/settings');
    await admin.send('/admin/settings', { ...settings, timeZone: 'Europe/Amsterdam' });
    site.kernel.clock.set('2026-03-29T00:10:00Z');
    const again = await person('admin', 'later@example.test');
    const page = await again.get('/admin/incidents/new');
    expect(page.text).toContain('Shown in Europe/Amsterdam, saved as UTC');
    const form = {
      ...fieldsOf(page, '/admin/incidents'),
      title: 'Night',
      body: 'Dark.',
      nextUpdateBy: '2026-03-29T02:30',
    };
    const refused = await again.send('/admin/incidents', form);
    expect(refused.status).toBe(400);
    expect(refused.text).toContain('02:30 does not exist in Europe/Amsterdam');
    expect(refused.text).toContain('value="2026-03-29T01:30:00.000Z"');
    const taken = await again.send('/admin/incidents', {
      ...form,
      nextUpdateChoice: '2026-03-29T01:30:00.000Z',
    });
    expect(taken.status).toBe(303);
    const [incident] = await recentIncidents(site.kernel.db.read, { limit: 1 });
    expect(incident?.nextDueAt).toEqual(new Date('2026-03-29T01:30:00Z'));
  });

  it('once, however often the button is pressed (F-20)', async () => {
    const { site, person } = await startDesk();
    const lead = await person('comms_lead');
    const form: Record<string, string> = {
      ...fieldsOf(await lead.get('/admin/incidents/new'), '/admin/incidents'),
      title: 'Twice',
      body: 'Pressed twice.',
    };
    const answers = await Promise.all([1, 2, 3].map(() => lead.send('/admin/incidents', form)));
    expect(new Set(answers.map(locationOf)).size).toBe(1);
    expect(await recentIncidents(site.kernel.db.read, { limit: 5 })).toHaveLength(1);
    const other = await lead.send('/admin/incidents', { ...form, body: 'Something else.' });
    expect(other.status).toBe(422);
    expect(other.text).toContain('Something else.');
    const later = { ...form, nextUpdateBy: '2026-11-22T16:00' };
    expect((await lead.send('/admin/incidents', later)).status).toBe(422);
    expect(fieldsOf(other, '/admin/incidents')['key']).not.toBe(form['key']);
  });

  it('refuses a field sent twice (S-26)', async () => {
    const { person } = await startDesk();
    const lead = await person('comms_lead');
    const fields = fieldsOf(await lead.get('/admin/incidents/new'), '/admin/incidents');
    const form = { ...fields, title: ['a', 'b'], body: 'x' };
    expect((await lead.send('/admin/incidents', form)).status).toBe(400);
  });
});

describe('updating', () => {
  it('publishes, moves the state, restarts the clock; resolving restores components', async () => {
    const { site, ids, person } = await startDesk();
    const lead = await person('comms_lead');
    const path = await declareIncident(lead, { [`components.${ids['Payments']}`]: 'major_outage' });
    site.kernel.clock.advance(minutes(10));
    const form = fieldsOf(await lead.get(path), `${path}/updates`);
    expect(form).toMatchObject({ state: 'identified', nextUpdateBy: '2026-11-22T14:40' });
    const answer = await lead.send(`${path}/updates`, { ...form, body: 'A certificate expired.' });
    expect([answer.status, locationOf(answer)]).toEqual([303, `${path}?done=published`]);
    const same = { ...form, body: 'A certificate expired.' };
    expect((await lead.send(`${path}/updates`, same)).status).toBe(303);
    const later = { ...same, nextUpdateBy: '2026-11-22T16:00' };
    expect((await lead.send(`${path}/updates`, later)).status).toBe(422);
    const end = fieldsOf(await lead.get(path), `${path}/updates`);
    const done = await lead.send(`${path}/updates`, { ...end, state: 'resolved', body: 'Fixed.' });
    expect(locationOf(done)).toContain('published-skipping');
    const { incident, components } = await incidentDetail(site.kernel.db.read, idIn(path));
    expect(incident).toMatchObject({ state: 'resolved', nextDueAt: null });
    expect(components.map(({ status }) => status)).toEqual(['operational']);
  });

  it('shows both texts when somebody was faster, and takes the second try (F-19)', async () => {
    const { site, person } = await startDesk();
    const [lead, other] = [await person('comms_lead'), await person('admin')];
    const path = await declareIncident(lead);
    const mine = { ...fieldsOf(await lead.get(path), `${path}/updates`), body: 'Mine, typed.' };
    const theirs = fieldsOf(await other.get(path), `${path}/updates`);
    await other.send(`${path}/updates`, { ...theirs, body: 'Theirs, **published**.' });
    const conflict = await lead.send(`${path}/updates`, mine);
    expect(conflict.status).toBe(409);
    expect(conflict.text).toContain('Theirs, <strong>published</strong>.');
    const kept = fieldsOf(conflict, `${path}/updates`);
    expect(kept['body']).toBe('Mine, typed.');
    const again = await lead.send(`${path}/updates`, kept);
    expect(again.status).toBe(303);
    const { updates } = await incidentDetail(site.kernel.db.read, idIn(path));
    expect(updates.map(({ body }) => body)).toEqual([
      'Mine, typed.',
      'Theirs, **published**.',
      'Cards are **declined**.',
    ]);
  });

  it('holds with one press: same state, new promise, no email, once', async () => {
    const { site, person } = await startDesk();
    const lead = await person('comms_lead');
    const path = await declareIncident(lead);
    site.kernel.clock.advance(minutes(31));
    const home = await lead.get('/admin');
    expect(home.text).toContain('overdue by 1 min');
    expect(home.text).toContain('<title>(!) overdue by 1 min: Card payments are failing');
    const form = fieldsOf(home, `${path}/holding-updates`);
    await Promise.all([1, 2].map(() => lead.send(`${path}/holding-updates`, form)));
    const { incident, updates } = await incidentDetail(site.kernel.db.read, idIn(path));
    expect(updates).toHaveLength(2);
    expect(updates[0]).toMatchObject({ state: 'investigating', deliverNotifications: false });
    expect(incident.nextDueAt).toEqual(plus(site.kernel.clock.now(), minutes(30)));
    expect((await lead.get('/admin')).text).not.toContain('Update overdue');
  });

  it('keeps private words inside until it is made public', async () => {
    const { site, person } = await startDesk();
    const lead = await person('comms_lead');
    const path = await declareIncident(lead, { visibility: 'private', body: 'Inside only.' });
    const page = await lead.get(path);
    expect(page.text).toContain('No public clock');
    const form = { ...fieldsOf(page, `${path}/updates`), state: 'investigating' };
    await lead.send(`${path}/updates`, { ...form, body: 'For all.', makePublic: 'yes' });
    const { incident, updates } = await incidentDetail(site.kernel.db.read, idIn(path));
    expect(incident).toMatchObject({ visibility: 'public' });
    expect(updates.map(({ isPublic }) => isPublic)).toEqual([true, false]);
  });

  it('corrects with history, and shows both corrections when two meet', async () => {
    const { site, person } = await startDesk();
    const lead = await person('comms_lead');
    const path = await declareIncident(lead);
    const { updates } = await incidentDetail(site.kernel.db.read, idIn(path));
    const place = `${path}/updates/${updates[0]?.publicId}/correction`;
    const form = fieldsOf(await lead.get(place), place);
    expect(form['body']).toBe('Cards are **declined**.');
    await lead.send(place, { ...form, body: 'Some cards are declined.' });
    const page = await lead.get(path);
    expect(page.text).toContain('edited 22 Nov 2026, 14:00 UTC');
    expect(page.text).toContain('What it said before');
    const late = await lead.send(place, { ...form, body: 'All cards!' });
    expect(late.status).toBe(409);
    expect(late.text).toContain('Some cards are declined.');
    expect(late.text).toContain('All cards!');
    expect((await lead.send(place, { ...form, version: '1', body: '' })).status).toBe(400);
  });

  it('changes details over their version and tells it on the timeline', async () => {
    const { person } = await startDesk();
    const [lead, other] = [await person('comms_lead'), await person('admin')];
    const path = await declareIncident(lead);
    const form = fieldsOf(await lead.get(path), `${path}/details`);
    await other.send(`${path}/details`, { ...form, severity: '2', targetMinutes: '15' });
    const page = await lead.get(path);
    expect(page.text).toContain('changed the severity from SEV1 to SEV2');
    const late = await lead.send(`${path}/details`, { ...form, title: 'My title' });
    expect(late.status).toBe(409);
    expect(late.text).toContain('value="My title"');
    await other.send(`${path}/comms-lead`, {});
    expect((await other.get(path)).text).toContain('took over as Communications Lead');
  });

  it('takes it off the public page', async () => {
    const { site, person } = await startDesk();
    const lead = await person('comms_lead');
    const path = await declareIncident(lead);
    const form = fieldsOf(await lead.get(path), `${path}/retractions`);
    expect((await lead.send(`${path}/retractions`, form)).status).toBe(303);
    const { incident } = await incidentDetail(site.kernel.db.read, idIn(path));
    expect(incident.visibility).toBe('private');
  });
});

describe('who may', () => {
  it('a viewer reads and has nothing to press', async () => {
    const { person } = await startDesk();
    const path = await declareIncident(await person('comms_lead'));
    const viewer = await person('viewer');
    for (const page of ['/admin', '/admin/incidents', path, '/admin/components']) {
      const answer = await viewer.get(page);
      expect(answer.status, page).toBe(200);
      expect(answer.text.match(/method="post"/g), page).toHaveLength(1);
    }
    expect((await viewer.send(`${path}/updates`, { body: 'x' })).status).toBe(403);
    expect((await viewer.get('/admin/subscribers')).status).toBe(403);
  });

  it('an unknown or misshapen incident is not found', async () => {
    const { person } = await startDesk();
    const viewer = await person('viewer');
    for (const id of ['bcdfghjklmnp', '1', '%00', 'constructor']) {
      expect((await viewer.get(`/admin/incidents/${id}`)).status, id).toBe(404);
    }
  });

  it('a long list is paged without gaps', async () => {
    const { site, person } = await startDesk();
    const lead = await person('comms_lead');
    for (let i = 0; i < 52; i += 1) {
      site.kernel.clock.advance(minutes(1));
      await declareIncident(lead, { title: `Incident ${i}`, visibility: 'private' });
    }
    const first = await lead.get('/admin/incidents');
    const older = /href="(\/admin\/incidents\?before=\d+)"/.exec(first.text)?.[1] ?? '';
    const second = await lead.get(older);
    const titles = [first, second].flatMap(({ text }) => text.match(/>Incident \d+</g) ?? []);
    expect(new Set(titles).size).toBe(52);
    expect((await lead.get('/admin/incidents?before=x')).status).toBe(400);
  });
});

it('previews words as the page will show them', async () => {
  const { person } = await startDesk();
  const lead = await person('comms_lead');
  const answer = await lead.send('/admin/preview/markdown', { body: '**b** <script>x</script>' });
  expect(answer.text).toBe('<p><strong>b</strong> &lt;script&gt;x&lt;/script&gt;</p>');
});
