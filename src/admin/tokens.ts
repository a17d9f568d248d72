// API tokens: making one, seeing it once, ending it.
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { createToken, listTokens, revokeToken } from '../accounts/service.ts';
import type { ApiToken } from '../accounts/types.ts';
import { notFound } from '../shared/errors.ts';
import { utcShort } from '../shared/time.ts';
import { statusOf } from '../web/errors.ts';
import { readForm } from '../web/forms.ts';
import type { Context, Route, Site } from '../web/types.ts';
import { roleChoices } from './accounts.ts';
import { renderDesk } from './desk.ts';
import { failedForm, type FormState, freshForm, mendable, rawField } from './forms.ts';
import { roleLabels } from './labels.ts';

export const tokenRoutes = (site: Site): Route[] => [
  {
    method: 'GET',
    path: '/admin/tokens',
    surface: 'desk',
    needs: 'configure',
    handle: (c) => renderTokens(c, site, {}),
  },
  {
    method: 'POST',
    path: '/admin/tokens',
    surface: 'desk',
    needs: 'configure',
    handle: (c) => create(c, site),
  },
  {
    method: 'POST',
    path: '/admin/tokens/:id/revocation',
    surface: 'desk',
    needs: 'configure',
    handle: (c) => revoke(c, site),
  },
];

/** Answers with the page itself, not a redirect: the token is shown now and never again. */
async function create(c: Context, site: Site): Promise<Response> {
  const form = await readForm(c);
  return mendable(
    async () => {
      const { token } = await createToken(site.kernel, c.get('actor'), {
        name: rawField(form, 'name'),
        role: rawField(form, 'role'),
      });
      return renderTokens(c, site, { made: token }, 201);
    },
    (error) => renderTokens(c, site, { form: failedForm(form, error) }, statusOf(error)),
  );
}

async function revoke(c: Context, site: Site): Promise<Response> {
  const id = c.req.param('id') ?? '';
  if (!/^\d{1,9}$/.test(id)) throw notFound('token');
  await revokeToken(site.kernel, c.get('actor'), Number(id));
  return c.redirect('/admin/tokens?done=removed', 303);
}

async function renderTokens(
  c: Context,
  site: Site,
  { form, made = '' }: { form?: FormState; made?: string },
  status: ContentfulStatusCode = 200,
): Promise<Response> {
  const tokens = await listTokens(site.kernel.db.read);
  const page = {
    title: 'API tokens',
    form: form ?? freshForm({ role: 'comms_lead' }),
    roles: roleChoices,
    made,
    example: `${site.kernel.publicUrl}/v1/pages/${site.snapshots.current().page.id}/incidents`,
    live: tokens.filter((token) => !token.revokedAt).map(shown),
    revoked: tokens.filter((token) => token.revokedAt).map(shown),
  };
  return renderDesk(c, site, 'admin/tokens', page, status);
}

const shown = (token: ApiToken) => ({
  id: token.id,
  name: token.name,
  role: roleLabels[token.role],
  made: utcShort(token.createdAt),
  madeIso: token.createdAt.toISOString(),
  used: token.lastUsedAt ? utcShort(token.lastUsedAt) : '',
  usedIso: token.lastUsedAt?.toISOString() ?? '',
  revoked: token.revokedAt ? utcShort(token.revokedAt) : '',
  revokedIso: token.revokedAt?.toISOString() ?? '',
});
