// Components and their groups: what they show now, their order, adding, changing, archiving.
import { can } from '../accounts/rules.ts';
import {
  archiveComponent,
  archiveGroup,
  changeComponent,
  changeGroup,
  createComponent,
  createGroup,
  findComponent,
  findGroup,
  listComponents,
  reorder,
  setBaseline,
} from '../components/service.ts';
import {
  componentForm,
  componentStatus,
  type ComponentRow,
  groupForm,
  type GroupRow,
} from '../components/types.ts';
import type { Reader } from '../db/tx.ts';
import { type AppError, notFound } from '../shared/errors.ts';
import { parse } from '../shared/form.ts';
import { publicIdPattern } from '../shared/ids.ts';
import { statusOf } from '../web/errors.ts';
import { type FormValues, oneOf, readForm } from '../web/forms.ts';
import type { Context, Route, Site } from '../web/types.ts';
import { arrange, moved, rowOf } from './arrange.ts';
import { statusOptions } from './composer.ts';
import { renderDesk } from './desk.ts';
import { failedForm, type FormState, freshForm, mendable, rawField, versionOf } from './forms.ts';
import { statusLabels } from './labels.ts';

export function componentRoutes(site: Site): Route[] {
  const speak = { surface: 'desk', method: 'POST', needs: 'speak' } as const;
  const post = { surface: 'desk', method: 'POST', needs: 'configure' } as const;
  const get = { surface: 'desk', method: 'GET', needs: 'configure' } as const;
  const list = '/admin/components';
  const groups = '/admin/component-groups';
  return [
    { ...get, path: list, needs: 'read', handle: (c) => showList(c, site) },
    { ...post, path: list, handle: (c) => addComponent(c, site) },
    { ...get, path: `${list}/:id`, handle: (c) => showComponent(c, site) },
    { ...post, path: `${list}/:id`, handle: (c) => saveComponent(c, site) },
    { ...speak, path: `${list}/:id/baseline`, handle: (c) => changeBaseline(c, site) },
    { ...post, path: `${list}/:id/archivals`, handle: (c) => archive(c, site, archiveComponent) },
    { ...post, path: `${list}/:id/moves`, handle: (c) => move(c, site) },
    { ...post, path: groups, handle: (c) => addGroup(c, site) },
    { ...get, path: `${groups}/:id`, handle: (c) => showGroup(c, site) },
    { ...post, path: `${groups}/:id`, handle: (c) => saveGroup(c, site) },
    { ...post, path: `${groups}/:id/archivals`, handle: (c) => archive(c, site, archiveGroup) },
    { ...post, path: `${groups}/:id/moves`, handle: (c) => move(c, site) },
  ];
}

const home = (c: Context, done: string) => c.redirect(`/admin/components?done=${done}`, 303);

function idOf(c: Context, what: string): string {
  const id = c.req.param('id') ?? '';
  if (!publicIdPattern.test(id)) throw notFound(what);
  return id;
}

interface Failed {
  which: 'component' | 'group' | 'list';
  form: FormState;
  error: AppError;
}

async function showList(c: Context, site: Site, failed?: Failed): Promise<Response> {
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

const groupOptions = (groups: GroupRow[]) =>
  groups.map(({ publicId, name }) => ({ value: publicId, label: name }));

// Components

const readComponent = (typed: FormValues) =>
  parse(componentForm, {
    name: rawField(typed, 'name'),
    description: rawField(typed, 'description'),
    groupId: rawField(typed, 'groupId'),
    showcase: rawField(typed, 'showcase'),
    onlyShowIfDegraded: rawField(typed, 'onlyShowIfDegraded'),
    startDate: rawField(typed, 'startDate'),
  });

async function addComponent(c: Context, site: Site): Promise<Response> {
  const typed = await readForm(c);
  return mendable(
    async () => {
      await createComponent(site.kernel, c.get('actor'), readComponent(typed));
      return home(c, 'added');
    },
    (error) => showList(c, site, { which: 'component', form: failedForm(typed, error), error }),
  );
}

async function showComponent(c: Context, site: Site, failed?: Failed): Promise<Response> {
  const reader = site.kernel.db.read;
  const component = await findComponent(reader, idOf(c, 'component'));
  const { groups } = await listComponents(reader);
  const groupId = groups.find((group) => group.id === component.groupId)?.publicId ?? '';
  const page = {
    title: component.name,
    id: component.publicId,
    version: component.version,
    groups: groupOptions(groups),
    isConflict: failed?.error.code === 'conflict',
    theirs: component.name,
    form:
      failed?.form ??
      freshForm({
        name: component.name,
        description: component.description,
        groupId,
        showcase: component.showcase ? 'on' : '',
        onlyShowIfDegraded: component.onlyShowIfDegraded ? 'on' : '',
        startDate: component.startDate ?? '',
      }),
  };
  return renderDesk(c, site, 'admin/component', page, failed ? statusOf(failed.error) : 200);
}

async function saveComponent(c: Context, site: Site): Promise<Response> {
  const typed = await readForm(c);
  return mendable(
    async () => {
      const form = readComponent(typed);
      const id = idOf(c, 'component');
      await changeComponent(site.kernel, c.get('actor'), id, versionOf(typed), form);
      return home(c, 'saved');
    },
    (error) => showComponent(c, site, { which: 'component', form: failedForm(typed, error), error }),
  );
}

async function changeBaseline(c: Context, site: Site): Promise<Response> {
  const typed = await readForm(c);
  return mendable(
    async () => {
      const baseline = parse(componentStatus, rawField(typed, 'baseline'));
      const id = idOf(c, 'component');
      await setBaseline(site.kernel, c.get('actor'), id, versionOf(typed), baseline);
      return home(c, 'saved');
    },
    (error) => showList(c, site, { which: 'list', form: failedForm(typed, error), error }),
  );
}

// Groups

const readGroup = (typed: FormValues) =>
  parse(groupForm, {
    name: rawField(typed, 'name'),
    description: rawField(typed, 'description'),
  });

async function addGroup(c: Context, site: Site): Promise<Response> {
  const typed = await readForm(c);
  return mendable(
    async () => {
      await createGroup(site.kernel, c.get('actor'), readGroup(typed));
      return home(c, 'added');
    },
    (error) => showList(c, site, { which: 'group', form: failedForm(typed, error), error }),
  );
}

async function showGroup(c: Context, site: Site, failed?: Failed): Promise<Response> {
  const group = await findGroup(site.kernel.db.read, idOf(c, 'group'));
  const page = {
    title: group.name,
    id: group.publicId,
    version: group.version,
    isConflict: failed?.error.code === 'conflict',
    theirs: group.name,
    form: failed?.form ?? freshForm({ name: group.name, description: group.description }),
  };
  return renderDesk(c, site, 'admin/component-group', page, failed ? statusOf(failed.error) : 200);
}

async function saveGroup(c: Context, site: Site): Promise<Response> {
  const typed = await readForm(c);
  return mendable(
    async () => {
      const id = idOf(c, 'group');
      await changeGroup(site.kernel, c.get('actor'), id, versionOf(typed), readGroup(typed));
      return home(c, 'saved');
    },
    (error) => showGroup(c, site, { which: 'group', form: failedForm(typed, error), error }),
  );
}

// Both

async function archive(
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

async function move(c: Context, site: Site): Promise<Response> {
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
