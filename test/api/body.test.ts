import { type Context, Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { queryNumber, readBody, readRailsForm } from '../../src/api/body.ts';
import { AppError } from '../../src/shared/errors.ts';

/** What `read` answers inside a request, or the code and words of its error. */
async function inRequest(path: string, init: RequestInit, read: (c: Context) => unknown) {
  const app = new Hono();
  app.all('/', async (c) => {
    try {
      return c.json({ value: await read(c) });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return c.json({ code: error.code, message: error.message, fields: error.fields });
    }
  });
  return (await app.request(path, init)).json();
}

const send = (type: string | undefined, body: string) =>
  inRequest(
    '/',
    { method: 'POST', body, headers: type === undefined ? {} : { 'Content-Type': type } },
    readBody,
  );

describe('bodies', () => {
  it.each([
    ['application/json', '{"incident":{"name":"Näme"}}'],
    ['application/json; charset=utf-8', '{"incident":{"name":"Näme"}}'],
    ['application/x-www-form-urlencoded', 'incident[name]=N%C3%A4me'],
    ['application/x-www-form-urlencoded; charset=UTF-8', 'incident%5Bname%5D=N%C3%A4me'],
  ])('%s is read', async (type, body) => {
    expect(await send(type, body)).toEqual({ value: { incident: { name: 'Näme' } } });
  });

  it('half of a letter in JSON is read as the sign for none, as the database would store it', async () => {
    const body = String.raw`{"incident":{"name":"a\ud800b","component_ids":["\udc00"]}}`;
    expect(await send('application/json', body)).toEqual({
      value: { incident: { name: 'a\ufffdb', component_ids: ['\ufffd'] } },
    });
  });

  it.each([
    ['cut JSON', 'application/json', '{"incident":', 'The body is not valid JSON.'],
    ['nothing', 'application/json', '', 'The body is not valid JSON.'],
    ['a JSON list', 'application/json', '[]', 'The body must be a JSON object.'],
    ['JSON null', 'application/json', 'null', 'The body must be a JSON object.'],
    [
      'a malformed name',
      'application/x-www-form-urlencoded',
      'incident[name=x',
      'A parameter name in the form is malformed.',
    ],
  ])('%s is refused without naming a field', async (_, type, body, message) => {
    expect(await send(type, body)).toEqual({ code: 'invalid', message, fields: {} });
  });

  it.each([['text/plain'], ['multipart/form-data; boundary=x'], ['application/xml']])(
    '%s is not supported',
    async (type) => {
      expect(await send(type, '{}')).toMatchObject({ code: 'unsupported' });
    },
  );
});

describe('Rails forms', () => {
  it('nest names, lists and maps', () => {
    const form = readRailsForm(
      'incident[name]=A+b&incident[components][8kbf7d35c070]=major_outage' +
        '&incident[component_ids][]=8kbf7d35c070&incident[component_ids][]=vtnh60py4yd7&api_key=x',
    );
    expect(structuredClone(form)).toEqual({
      incident: {
        name: 'A b',
        components: { '8kbf7d35c070': 'major_outage' },
        component_ids: ['8kbf7d35c070', 'vtnh60py4yd7'],
      },
      api_key: 'x',
    });
  });

  it.each([
    ['a repeated value', 'incident[name]=a&incident[name]=b'],
    ['a value with children', 'incident=a&incident[name]=b'],
    ['children with a value', 'incident[name]=b&incident=a'],
    ['a list and a value', 'incident[x][]=a&incident[x]=b'],
    ['a value and a list', 'incident[x]=b&incident[x][]=a'],
    ['a list with children', 'incident[x][]=b&incident[x][y]=a'],
    ['too deep a name', 'a[b][c][d][e]=x'],
    ['a stray bracket', 'a]b=x'],
  ])('%s is refused (S-26)', (_, text) => {
    expect(() => readRailsForm(text)).toThrow(AppError);
  });

  it('reaches no prototype (S-23)', () => {
    readRailsForm('__proto__[polluted]=1&incident[__proto__][polluted]=1&constructor[x]=1');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('numbers of the query', () => {
  const bounds = { min: 1, max: 100, fallback: 100 };
  const ask = (query: string) =>
    inRequest(`/?${query}`, {}, (c) => queryNumber(c, 'limit', bounds));

  it.each([
    ['', 100],
    ['limit=7', 7],
    ['limit=100000', 100],
    ['other=x', 100],
  ])('?%s is %i', async (query, value) => {
    expect(await ask(query)).toEqual({ value });
  });

  it.each([
    'limit=',
    'limit=0',
    'limit=-1',
    'limit=1.5',
    'limit=1e3',
    'limit=1&limit=2',
    'limit=x',
  ])('?%s is refused', async (query) => {
    expect(await ask(query)).toMatchObject({ code: 'invalid' });
  });
});
