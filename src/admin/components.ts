// Components: adding, changing, and the status a person sets.
import {
  archiveComponent,
  changeComponent,
  createComponent,
  findComponent,
  listComponents,
  setBaseline,
} from '../components/service.ts';
import { componentForm, componentStatus } from '../components/types.ts';
import { parse } from '../shared/form.ts';
import { statusOf } from '../web/errors.ts';
import { type FormValues, readForm } from '../web/forms.ts';
import type { Context, Route, Site } from '../web/types.ts';
import {
  archive,
  type Failed,
  groupOptions,
  home,
  idOf,
  move,
  showList,
} from './component-list.ts';
import { renderDesk } from './desk.ts';
import { failedForm, freshForm, mendable, rawField, versionOf } from './forms.ts';

export function componentRoutes(site: Site): Route[] {
  const speak = { surface: 'desk', method: 'POST', needs: 'speak' } as const;
  const post = { surface: 'desk', method: 'POST', needs: 'configure' } as const;
  const get = { surface: 'desk', method: 'GET', needs: 'configure' } as const;
  const list = '/admin/components';
  return [
    { ...get, path: list, needs: 'read', handle: (c) => showList(c, site) },
    { ...post, path: list, handle: (c) => addComponent(c, site) },
    { ...get, path: `${list}/:id`, handle: (c) => showComponent(c, site) },
    { ...post, path: `${list}/:id`, handle: (c) => saveComponent(c, site) },
    { ...speak, path: `${list}/:id/baseline`, handle: (c) => changeBaseline(c, site) },
    { ...post, path: `${list}/:id/archivals`, handle: (c) => archive(c, site, archiveComponent) },
    { ...post, path: `${list}/:id/moves`, handle: (c) => move(c, site) },
  ];
}

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
    (error) =>
      showComponent(c, site, { which: 'component', form: failedForm(typed, error), error }),
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
