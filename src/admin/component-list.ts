// The list of components and groups, and what is done with both alike: order and archiving.
import { statusLabels } from '../shared/labels.ts';
import { can } from '../accounts/rules.ts';
import {
  type archiveComponent,
  type archiveGroup,
  listComponents,
  reorder,
} from '../components/service.ts';
import type { ComponentRow, GroupRow } from '../components/types.ts';
import type { Reader } from '../db/tx.ts';
import { type AppError, notFound } from '../shared/errors.ts';
import { publicIdPattern } from '../shared/ids.ts';
import { statusOf } from '../web/errors.ts';
import { oneOf, readForm } from '../web/forms.ts';
import type { Context, Site } from '../web/types.ts';
import { arrange, moved, rowOf } from './arrange.ts';
import { statusOptions } from './composer.ts';
import { renderDesk } from './desk.ts';
import { failedForm, type FormState, freshForm, mendable, versionOf } from './forms.ts';

export const home = (c: Context, done: string) => c.redirect(`/admin/components?done=${done}`, 303);

export function idOf(c: Context, what: string): string {
  const id = c.req.param('id') ?? '';
  if (!publicIdPattern.test(id)) throw notFound(what);
  return id;
}

export interface Failed {
  which: 'component' | 'group' | 'list';
  form: FormState;
  error: AppError;
}

export async function showList(c: Context, site: Site, failed?: Failed): Promise<Response> {
  const list = await listComponents(site.kernel.db.read);
  const role = c.get('account')?.role;
  const formOf = (which: Failed['which']) => (failed?.which === which ? failed.form : freshForm());
  const page = {
    title: 'Components',
    canSpeak: role !== undefined && can(role, 'speak'),
    canConfigure: role !== undefined && can(role, 'configure'),
    entries: arrange(list).map((entry) =>
      entry.kind === 'group'
        ? { ...groupView(entry.group), children: entry.children.map(componentView) }
        : { ...componentView(entry.component), children: [] },
    ),
    groups: groupOptions(list.groups),
    statuses: statusOptions,
    message: formOf('list').message,
    componentForm: formOf('component'),
    groupForm: formOf('group'),
  };
  return renderDesk(c, site, 'admin/components', page, failed ? statusOf(failed.error) : 200);
}

const componentView = (component: ComponentRow) => ({
  isGroup: false,
  path: 'components',
  id: component.publicId,
  name: component.name,
  description: component.description,
  version: component.version,
  baseline: component.baseline,
  status: component.status,
  statusLabel: statusLabels[component.status],
  /** True when an open incident makes it worse than what a person set. */
  isDerived: component.status !== component.baseline,
});

const groupView = (group: GroupRow) => ({
  isGroup: true,
  path: 'component-groups',
  id: group.publicId,
  name: group.name,
  description: group.description,
  version: group.version,
  baseline: 'operational' as const,
  status: 'operational' as const,
  statusLabel: '',
  isDerived: false,
});

export const groupOptions = (groups: GroupRow[]) =>
  groups.map(({ publicId, name }) => ({ value: publicId, label: name }));

export async function archive(
  c: Context,
  site: Site,
  verb: typeof archiveComponent | typeof archiveGroup,
): Promise<Response> {
  const typed = await readForm(c);
  return mendable(
    async () => {
      await verb(site.kernel, c.get('actor'), idOf(c, 'component'), versionOf(typed));
      return home(c, 'archived');
    },
    (error) => showList(c, site, { which: 'list', form: failedForm(typed, error), error }),
  );
}

export async function move(c: Context, site: Site): Promise<Response> {
  const id = idOf(c, 'component');
  const direction = oneOf(await readForm(c), 'direction') === 'up' ? 'up' : 'down';
  const { level, ids } = await siblings(site.kernel.db.read, id);
  await reorder(site.kernel, c.get('actor'), level, moved(ids, id, direction));
  return home(c, 'moved');
}

/** The level something is at, by its group's public id, and all that is at that level in order. */
async function siblings(
  reader: Reader,
  id: string,
): Promise<{ level: string | null; ids: string[] }> {
  const entries = arrange(await listComponents(reader));
  const top = entries.map((entry) => rowOf(entry).publicId);
  if (top.includes(id)) return { level: null, ids: top };
  for (const entry of entries) {
    const ids = entry.kind === 'group' ? entry.children.map((child) => child.publicId) : [];
    if (ids.includes(id)) return { level: rowOf(entry).publicId, ids };
  }
  throw notFound('component');
}
