// The first page anybody sees: whoever holds the printed link becomes the first admin, once (S-12).
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { assertSetupLink, completeSetup } from '../accounts/service.ts';
import { statusOf } from '../web/errors.ts';
import { readForm } from '../web/forms.ts';
import { setSession } from '../web/session.ts';
import type { Context, Route, Site } from '../web/types.ts';
import { renderDesk } from './desk.ts';
import { failedForm, type FormState, freshForm, mendable, rawField } from './forms.ts';
import { visitOf } from './sign-in.ts';

const path = '/admin/set-up/:token';

export const setUpRoutes = (site: Site): Route[] => [
  {
    method: 'GET',
    path,
    surface: 'desk',
    needs: null,
    handle: (c) => show(c, site),
  },
  {
    method: 'POST',
    path,
    surface: 'desk',
    needs: null,
    limit: 4 * 1024,
    handle: (c) => complete(c, site),
  },
];

const tokenOf = (c: Context) => c.req.param('token') ?? '';

async function show(c: Context, site: Site): Promise<Response> {
  await assertSetupLink(site.kernel.db.read, tokenOf(c));
  return renderSetUp(c, site, freshForm());
}

async function complete(c: Context, site: Site): Promise<Response> {
  const form = await readForm(c);
  const input = {
    email: rawField(form, 'email'),
    name: rawField(form, 'name'),
    password: rawField(form, 'password'),
  };
  return mendable(
    async () => {
      const { sessionId } = await completeSetup(site.kernel, tokenOf(c), input, visitOf(c));
      setSession(c, site, sessionId);
      return c.redirect('/admin', 303);
    },
    (error) => renderSetUp(c, site, failedForm({ ...form, password: '' }, error), statusOf(error)),
  );
}

function renderSetUp(
  c: Context,
  site: Site,
  form: FormState,
  status?: ContentfulStatusCode,
): Promise<Response> {
  const page = { title: 'Set up', bare: true, form, action: c.req.path };
  return renderDesk(c, site, 'admin/set-up', page, status);
}
