// Component groups in Statuspage's v1: list, read, create, change, remove.
import { z } from 'zod';
import { archiveGroup, changeGroup, createGroup } from '../components/groups.ts';
import { findGroup } from '../components/read.ts';
import { notFound } from '../shared/errors.ts';
import { line, optionalLine, parse } from '../shared/form.ts';
import { isoInZone } from '../shared/time.ts';
import type { PublicGroup } from '../status/types.ts';
import type { AnswerPage } from './answers.ts';
import { queryNumber, readBody, withFieldNames } from './body.ts';
import { publicArrangement } from './lists.ts';
import { idOf, type Request } from './page.ts';

const wrapped = { error: 'Please send the fields inside "component_group".' };

const componentIds = z
  .array(z.string().max(64), { error: 'Please send a list of component ids.' })
  .min(1, 'Please name at least one component.')
  .max(500, 'Please name at most 500 components.');

/** Left out and null both mean: as it is. */
const description = z.preprocess((value) => value ?? undefined, optionalLine(500).optional());

const newGroup = z.object({
  description,
  component_group: z.object(
    { name: line(100, 'Please name the group.'), components: componentIds, description },
    wrapped,
  ),
});

const changedGroup = z.object({
  description,
  component_group: z
    .object(
      { name: line(100).optional(), components: componentIds.optional(), description },
      wrapped,
    )
    .default({}),
});

/** `page` from 1, `per_page` at most 100. */
export async function listGroups({ c, site, page }: Request): Promise<Response> {
  const size = queryNumber(c, 'per_page', { min: 1, max: 100, fallback: 100 });
  const number = queryNumber(c, 'page', { min: 1, max: 1_000_000, fallback: 1 });
  const { groups } = await publicArrangement(site.kernel.db.read);
  const shown = groups.slice((number - 1) * size, number * size);
  return c.json(shown.map((group) => groupAnswer(page, group)));
}

export const showGroup = async (request: Request): Promise<Response> =>
  request.c.json(await answerFor(request, idOf(request.c, 'component group')));

export async function addGroup(request: Request): Promise<Response> {
  const { c, site } = request;
  const { component_group: input, description: top } = parse(newGroup, await readBody(c));
  const form = { name: input.name, description: top ?? input.description ?? '' };
  const { publicId } = await withFieldNames(inGroup, () =>
    createGroup(site.kernel, c.get('actor'), form, input.components),
  );
  return c.json(await answerFor(request, publicId), 201);
}

export async function changeGroupFields(request: Request): Promise<Response> {
  const { c, site } = request;
  const id = idOf(c, 'component group');
  const { component_group: input, description: top } = parse(changedGroup, await readBody(c));
  const before = await findGroup(site.kernel.db.read, id);
  const words = top ?? input.description;
  const form = {
    ...(input.name !== undefined && { name: input.name }),
    ...(words !== undefined && { description: words }),
  };
  if (Object.keys(form).length > 0 || input.components) {
    await withFieldNames(inGroup, () =>
      changeGroup(site.kernel, c.get('actor'), id, before.version, form, input.components),
    );
  }
  return c.json(await answerFor(request, id));
}

/** Its components stay, at the top level. Answers what was there. */
export async function removeGroup(request: Request): Promise<Response> {
  const { c, site } = request;
  const id = idOf(c, 'component group');
  const { version } = await findGroup(site.kernel.db.read, id);
  const answer = await answerFor(request, id);
  await archiveGroup(site.kernel, c.get('actor'), id, version);
  return c.json(answer);
}

const inGroup = (field: string) => `component_group.${field}`;

async function answerFor({ site, page }: Request, id: string) {
  const { groups } = await publicArrangement(site.kernel.db.read);
  const group = groups.find((one) => one.id === id);
  if (!group) throw notFound('component group');
  return groupAnswer(page, group);
}

function groupAnswer(page: AnswerPage, group: PublicGroup) {
  return {
    id: group.id,
    page_id: page.id,
    name: group.name,
    description: group.description || null,
    components: group.componentIds,
    position: group.position,
    created_at: isoInZone(page.timeZone, group.createdAt),
    updated_at: isoInZone(page.timeZone, group.updatedAt),
  };
}
