// The desk around a site of its own: components, people, and forms filled in as a browser would send them.
import { adminRoutes } from '../../src/admin/routes.ts';
import { ensureDefaultComponents, listComponents } from '../../src/components/service.ts';
import type { Role } from '../../src/shared/words.ts';
import { addPerson, type Answer, askRoutes, testSite } from '../support/web.ts';

export type Fields = Record<string, string | string[]>;

export async function startDesk(environment: Record<string, string> = {}) {
  const site = await testSite(environment);
  await site.kernel.db.write((tx) => ensureDefaultComponents(tx, site.kernel));
  const { components } = await listComponents(site.kernel.db.read);
  const ids = Object.fromEntries(components.map(({ name, publicId }) => [name, publicId]));
  const ask = askRoutes(site, adminRoutes(site));
  return {
    site,
    ask,
    ids,
    /** A signed-in person who reads pages and sends forms. */
    person: async (role: Role, email?: string) => {
      const { headers, csrf, ...account } = await addPerson(site, role, email);
      return {
        ...account,
        headers,
        get: (path: string) => ask(path, { headers }),
        send: (path: string, form: Fields) => ask(path, { headers, form: { csrf, ...form } }),
      };
    },
  };
}

type Desk = Awaited<ReturnType<typeof startDesk>>;
export type Person = Awaited<ReturnType<Desk['person']>>;

const entities: Record<string, string> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
  '&amp;': '&',
};
export const plainText = (html: string) =>
  html.replaceAll(/&(lt|gt|quot|#39|amp);/g, (entity) => entities[entity] ?? entity);

/** What a browser would send of the page's form with this action, as it stands. */
export function fieldsOf(page: Answer, action: string): Record<string, string> {
  const form = page.text
    .split('<form')
    .find((text) => text.includes(`action="${action}"`))
    ?.split('</form>')[0];
  if (form === undefined) throw new Error(`no form for ${action}`);
  const fields: Record<string, string> = {};
  for (const [tag] of form.matchAll(/<input[^>]*>/g)) {
    const type = /type="([^"]*)"/.exec(tag)?.[1] ?? 'text';
    const name = /name="([^"]*)"/.exec(tag)?.[1];
    if (!name || (/radio|checkbox/.test(type) && !/ checked/.test(tag))) continue;
    fields[name] = plainText(/value="([^"]*)"/.exec(tag)?.[1] ?? '');
  }
  for (const [, name = '', value = ''] of form.matchAll(
    /<textarea[^>]*name="([^"]*)"[^>]*>\n?([\s\S]*?)<\/textarea>/g,
  )) {
    fields[name] = plainText(value);
  }
  for (const [, name = '', options = ''] of form.matchAll(
    /<select[^>]*name="([^"]*)"[^>]*>([\s\S]*?)<\/select>/g,
  )) {
    fields[name] = /<option value="([^"]*)" selected/.exec(options)?.[1] ?? '';
  }
  delete fields['csrf'];
  return fields;
}

export const locationOf = (answer: Answer) => answer.headers.get('location') ?? '';

/** Declares through the form; answers the incident's page path. */
export async function declareIncident(person: Person, fields: Fields = {}): Promise<string> {
  const page = await person.get('/admin/incidents/new');
  const answer = await person.send('/admin/incidents', {
    ...fieldsOf(page, '/admin/incidents'),
    title: 'Card payments are failing',
    body: 'Cards are **declined**.',
    ...fields,
  });
  if (answer.status !== 303) throw new Error(`not declared: ${answer.status} ${answer.text}`);
  return locationOf(answer).replace(/\?.*/, '');
}
