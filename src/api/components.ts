// Components in Statuspage's v1: list, read, create, change, archive. A status set here is the baseline.
import { can } from '../accounts/rules.ts';
import {
  archiveComponent,
  changeComponent,
  createComponent as create,
  findComponent,
  setBaseline,
} from '../components/service.ts';
import type { ComponentForm } from '../components/types.ts';
import { append } from '../events/service.ts';
import { AppError, notFound } from '../shared/errors.ts';
import { parse } from '../shared/form.ts';
import { componentAnswer, groupAnswer } from './answers.ts';
import { queryNumber, readBody, withFieldNames } from './body.ts';
import { changedComponent, type ComponentInput, newComponent } from './input.ts';
import { publicArrangement, publicComponents } from './lists.ts';
import { idOf, type Request } from './page.ts';

const largestPage = 100;

/** `GET …/components`: groups among the components as on the page; `page` from 1, `per_page` at most 100. */
export async function listComponents({ c, site, page }: Request): Promise<Response> {
  const size = queryNumber(c, 'per_page', { min: 1, max: largestPage, fallback: largestPage });
  const number = queryNumber(c, 'page', { min: 1, max: 1_000_000, fallback: 1 });
  const { groups, components } = await publicArrangement(site.kernel.db.read);
  const all = [
    ...groups.map((group) => groupAnswer(page, group)),
    ...components.map((component) => componentAnswer(page, component)),
  ].toSorted((a, b) => a.position - b.position);
  return c.json(all.slice((number - 1) * size, number * size));
}

export async function showComponent({ c, site, page }: Request): Promise<Response> {
  const id = idOf(c, 'component');
  const { groups, components } = await publicArrangement(site.kernel.db.read);
  const component = components.find((one) => one.id === id);
  if (component) return c.json(componentAnswer(page, component));
  const group = groups.find((one) => one.id === id);
  if (group) return c.json(groupAnswer(page, group));
  throw notFound('component');
}

export async function createComponent(request: Request): Promise<Response> {
  const { c, site } = request;
  const { component: input } = parse(newComponent, await readBody(c));
  const made = await withFieldNames(sentAs, () =>
    create(site.kernel, c.get('actor'), {
      name: input.name,
      description: input.description ?? '',
      groupId: input.group_id ?? null,
      showcase: input.showcase ?? true,
      onlyShowIfDegraded: input.only_show_if_degraded ?? false,
      startDate: input.start_date ?? null,
    }),
  );
  await setStatus(request, made.publicId, input.status);
  return c.json(await answerFor(request, made.publicId), 201);
}

/** Whoever may speak may set a status; what a component is takes the right to configure. */
export async function changeComponentFields(request: Request): Promise<Response> {
  const { c, site } = request;
  const id = idOf(c, 'component');
  const { component: input } = parse(changedComponent, await readBody(c));
  const before = await findComponent(site.kernel.db.read, id);
  const form = givenFields(input);
  if (Object.keys(form).length > 0) {
    await requireConfigure(request);
    await withFieldNames(sentAs, () =>
      changeComponent(site.kernel, c.get('actor'), id, before.version, form),
    );
  }
  await setStatus(request, id, input.status);
  return c.json(await answerFor(request, id));
}

export async function removeComponent({ c, site }: Request): Promise<Response> {
  const before = await findComponent(site.kernel.db.read, idOf(c, 'component'));
  await archiveComponent(site.kernel, c.get('actor'), before.publicId, before.version);
  return c.body(null, 204);
}

/** The route lets in whoever may speak; a refusal is recorded here as it is there (S-20). */
async function requireConfigure({ c, site }: Request): Promise<void> {
  const role = c.get('tokenRole');
  if (role !== undefined && can(role, 'configure')) return;
  const { kernel } = site;
  const { method = '', path = '' } = c.get('route') ?? {};
  const data = { method, path, needs: 'configure' };
  await kernel.db.write((tx) =>
    append(tx, kernel.clock, c.get('actor'), { kind: 'access.refused', subject: 'route', data }),
  );
  throw new AppError('forbidden', 'This token may set the status of a component and nothing else.');
}

async function setStatus(
  { c, site }: Request,
  id: string,
  status: ComponentInput['status'],
): Promise<void> {
  const { version, baseline } = await findComponent(site.kernel.db.read, id);
  if (status === undefined || status === baseline) return;
  await setBaseline(site.kernel, c.get('actor'), id, version, status);
}

function givenFields(input: ComponentInput): Partial<ComponentForm> {
  const form: Partial<ComponentForm> = {};
  if (input.name !== undefined) form.name = input.name;
  if (input.description !== undefined) form.description = input.description;
  if (input.group_id !== undefined) form.groupId = input.group_id;
  if (input.showcase !== undefined) form.showcase = input.showcase;
  if (input.only_show_if_degraded !== undefined) {
    form.onlyShowIfDegraded = input.only_show_if_degraded;
  }
  if (input.start_date !== undefined) form.startDate = input.start_date;
  return form;
}

const sentAs = (field: string) => (field === 'groupId' ? 'component.group_id' : field);

async function answerFor({ site, page }: Request, id: string) {
  const component = (await publicComponents(site.kernel.db.read)).find((one) => one.id === id);
  if (!component) throw notFound('component');
  return componentAnswer(page, component);
}
