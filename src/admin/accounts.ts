// Who may sign in: the list, adding and changing accounts, and everybody's own password.
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import {
  changeAccount,
  createAccount,
  findAccount,
  listAccounts,
  setPassword,
} from '../accounts/service.ts';
import type { Account } from '../accounts/types.ts';
import { notFound } from '../shared/errors.ts';
import { utcShort } from '../shared/time.ts';
import { type Role, roles } from '../shared/words.ts';
import { statusOf } from '../web/errors.ts';
import { type FormValues, oneOf, readForm } from '../web/forms.ts';
import type { Context, Route, Site } from '../web/types.ts';
import { renderDesk } from './desk.ts';
import { failedForm, freshForm, mendable, rawField, versionOf } from './forms.ts';
import { roleLabels } from './labels.ts';

export const accountRoutes = (site: Site): Route[] => [
  {
    method: 'GET',
    path: '/admin/accounts',
    surface: 'desk',
    needs: 'configure',
    handle: (c) => renderList(c, site, {}),
  },
  {
    method: 'POST',
    path: '/admin/accounts',
    surface: 'desk',
    needs: 'configure',
    handle: (c) => add(c, site),
  },
  {
    method: 'GET',
    path: '/admin/accounts/:id',
    surface: 'desk',
    needs: 'configure',
    handle: async (c) => renderOne(c, site, await accountOf(c, site), {}),
  },
  {
    method: 'POST',
    path: '/admin/accounts/:id',
    surface: 'desk',
    needs: 'configure',
    handle: (c) => change(c, site),
  },
  {
    method: 'POST',
    path: '/admin/accounts/:id/password',
    surface: 'desk',
    needs: 'configure',
    handle: (c) => resetPassword(c, site),
  },
  {
    method: 'GET',
    path: '/admin/password',
    surface: 'desk',
    needs: 'read',
    handle: (c) => renderOwnPassword(c, site, {}),
  },
  {
    method: 'POST',
    path: '/admin/password',
    surface: 'desk',
    needs: 'read',
    handle: (c) => changeOwnPassword(c, site),
  },
];

/** A form that was refused and is shown again. */
interface Refused {
  form?: ReturnType<typeof failedForm>;
  status?: ContentfulStatusCode;
}

async function add(c: Context, site: Site): Promise<Response> {
  const form = await readForm(c);
  return mendable(
    async () => {
      await createAccount(site.kernel, c.get('actor'), {
        email: rawField(form, 'email'),
        name: rawField(form, 'name'),
        role: rawField(form, 'role'),
        password: rawField(form, 'password'),
      });
      return c.redirect('/admin/accounts?done=added', 303);
    },
    (error) => renderList(c, site, refused(form, error)),
  );
}

async function change(c: Context, site: Site): Promise<Response> {
  const account = await accountOf(c, site);
  const form = await readForm(c);
  return mendable(
    async () => {
      await changeAccount(site.kernel, c.get('actor'), account.id, versionOf(form), {
        name: rawField(form, 'name'),
        role: rawField(form, 'role'),
        disabled: oneOf(form, 'disabled') === 'yes',
      });
      return c.redirect('/admin/accounts?done=saved', 303);
    },
    (error) => renderOne(c, site, account, refused(form, error)),
  );
}

/** For somebody who lost theirs; one's own is changed with the present one. */
async function resetPassword(c: Context, site: Site): Promise<Response> {
  const account = await accountOf(c, site);
  const form = await readForm(c);
  if (account.id === c.get('account')?.id) return c.redirect('/admin/password', 303);
  return mendable(
    async () => {
      const password = oneOf(form, 'password');
      await setPassword(site.kernel, c.get('actor'), account.id, { password });
      return c.redirect('/admin/accounts?done=saved', 303);
    },
    (error) => renderOne(c, site, account, refused(form, error)),
  );
}

async function changeOwnPassword(c: Context, site: Site): Promise<Response> {
  const form = await readForm(c);
  const { id } = c.get('account') ?? { id: 0 };
  const keepSessionId = c.get('sessionId') ?? '';
  return mendable(
    async () => {
      const [current, password] = [oneOf(form, 'current'), oneOf(form, 'password')];
      const input = { current, password, keepSessionId };
      await setPassword(site.kernel, c.get('actor'), id, input);
      return c.redirect('/admin/password?done=saved', 303);
    },
    (error) => renderOwnPassword(c, site, refused(form, error)),
  );
}

async function accountOf(c: Context, site: Site): Promise<Account> {
  const text = c.req.param('id') ?? '';
  const account = /^\d{1,9}$/.test(text)
    ? await findAccount(site.kernel.db.read, Number(text))
    : undefined;
  if (!account) throw notFound('account');
  return account;
}

const refused = (form: FormValues, error: Parameters<typeof failedForm>[1]): Refused => ({
  form: failedForm({ ...form, password: '', current: '' }, error),
  status: statusOf(error),
});

const roleWords: Record<Role, string> = {
  viewer: 'Reads everything on the desk, changes nothing.',
  comms_lead: 'Declares incidents, publishes updates, sends emails.',
  approver: 'Reads everything, approves emails.',
  admin: 'All of it, and settings, accounts and tokens too.',
};

export const roleChoices = roles.map((role) => ({
  value: role,
  label: roleLabels[role],
  words: roleWords[role],
}));

async function renderList(c: Context, site: Site, { form, status }: Refused): Promise<Response> {
  const accounts = await listAccounts(site.kernel.db.read);
  const page = {
    title: 'Accounts',
    form: form ?? freshForm({ role: 'comms_lead' }),
    roles: roleChoices,
    accounts: accounts.map((account) => ({
      id: account.id,
      name: account.name,
      email: account.email,
      role: roleLabels[account.role],
      since: utcShort(account.createdAt),
      sinceIso: account.createdAt.toISOString(),
      disabled: account.disabledAt !== null,
      you: account.id === c.get('account')?.id,
    })),
  };
  return renderDesk(c, site, 'admin/accounts', page, status);
}

async function renderOne(
  c: Context,
  site: Site,
  account: Account,
  { form, status }: Refused,
): Promise<Response> {
  const values = {
    name: account.name,
    role: account.role,
    disabled: account.disabledAt ? 'yes' : '',
  };
  const page = {
    title: account.name,
    form: form ? { ...form, values: { ...values, ...form.values } } : freshForm(values),
    roles: roleChoices,
    id: account.id,
    email: account.email,
    version: account.version,
    you: account.id === c.get('account')?.id,
  };
  return renderDesk(c, site, 'admin/account', page, status);
}

async function renderOwnPassword(
  c: Context,
  site: Site,
  { form, status }: Refused,
): Promise<Response> {
  const page = { title: 'Your password', form: form ?? freshForm() };
  return renderDesk(c, site, 'admin/password', page, status);
}
