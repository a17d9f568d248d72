// Groups of components: adding and changing.
import { archiveGroup, changeGroup, createGroup, findGroup } from '../components/service.ts';
import { groupForm } from '../components/types.ts';
import { parse } from '../shared/form.ts';
import { statusOf } from '../web/errors.ts';
import { type FormValues, readForm } from '../web/forms.ts';
import type { Context, Route, Site } from '../web/types.ts';
import { archive, type Failed, home, idOf, move, showList } from './component-list.ts';
import { renderDesk } from './desk.ts';
import { failedForm, freshForm, mendable, rawField, versionOf } from './forms.ts';

export function groupRoutes(site: Site): Route[] {
  const post = { surface: 'desk', method: 'POST', needs: 'configure' } as const;
  const get = { surface: 'desk', method: 'GET', needs: 'configure' } as const;
  const groups = '/admin/component-groups';
  return [
    { ...post, path: groups, handle: (c) => addGroup(c, site) },
    { ...get, path: `${groups}/:id`, handle: (c) => showGroup(c, site) },
    { ...post, path: `${groups}/:id`, handle: (c) => saveGroup(c, site) },
    { ...post, path: `${groups}/:id/archivals`, handle: (c) => archive(c, site, archiveGroup) },
    { ...post, path: `${groups}/:id/moves`, handle: (c) => move(c, site) },
  ];
}

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
