// The door of the desk: signing in and out.
import { z } from 'zod';
import { setupState, signIn, signOut } from '../accounts/service.ts';
import { AppError } from '../shared/errors.ts';
import { parse } from '../shared/form.ts';
import { safeNext } from '../web/client.ts';
import { statusOf } from '../web/errors.ts';
import { oneOf, readForm } from '../web/forms.ts';
import { clearSession, sessionIdOf, setSession } from '../web/session.ts';
import type { Context, Route, Site } from '../web/types.ts';
import { renderDesk } from './desk.ts';

const path = '/admin/sign-in';
const door = z.object({ email: z.string(), password: z.string() });
const bodyLimit = 2 * 1024;

export const signInRoutes = (site: Site): Route[] => [
  {
    method: 'GET',
    path,
    surface: 'desk',
    needs: null,
    handle: (c) => showDoor(c, site),
  },
  {
    method: 'POST',
    path,
    surface: 'desk',
    needs: null,
    limit: bodyLimit,
    handle: (c) => enter(c, site),
  },
  {
    method: 'POST',
    path: '/admin/sign-out',
    surface: 'desk',
    needs: 'read',
    handle: (c) => leave(c, site),
  },
];

async function showDoor(c: Context, site: Site): Promise<Response> {
  const next = safeNext(site.kernel.publicUrl, c.req.query('next'));
  if (c.get('account')) return c.redirect(next, 302);
  return renderDoor(c, site, { next, email: '' });
}

async function enter(c: Context, site: Site): Promise<Response> {
  const form = await readForm(c);
  const { email, password } = parse(door, form);
  const next = safeNext(site.kernel.publicUrl, oneOf(form, 'next') || undefined);
  try {
    const { sessionId } = await signIn(site.kernel, {
      email,
      password,
      ...visitOf(c),
      previousSessionId: sessionIdOf(c, site),
    });
    setSession(c, site, sessionId);
    return c.redirect(next, 303);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (error.retryAfter !== undefined) c.header('Retry-After', String(error.retryAfter));
    return renderDoor(c, site, { next, email, fault: error });
  }
}

async function leave(c: Context, site: Site): Promise<Response> {
  const sessionId = c.get('sessionId');
  if (sessionId) await signOut(site.kernel, c.get('actor'), sessionId);
  clearSession(c, site);
  c.header('Clear-Site-Data', '"cookies", "storage"');
  return c.redirect(path, 303);
}

async function renderDoor(
  c: Context,
  site: Site,
  { next, email, fault }: { next: string; email: string; fault?: AppError },
): Promise<Response> {
  const page = {
    title: 'Sign in',
    bare: true,
    next,
    email,
    message: fault ? messageOf(fault) : '',
    unclaimed: (await setupState(site.kernel.db.read)) === 'open',
  };
  return renderDesk(c, site, 'admin/sign-in', page, fault ? statusOf(fault) : 200);
}

function messageOf(fault: AppError): string {
  if (fault.retryAfter === undefined) return fault.message;
  const { retryAfter } = fault;
  const wait = retryAfter < 90 ? `${retryAfter} seconds` : `${Math.ceil(retryAfter / 60)} minutes`;
  return `${fault.message} Try again in ${wait}.`;
}

/** Where a session is started from. */
export const visitOf = (c: Context) => ({
  ip: c.get('ip'),
  userAgent: c.req.header('user-agent') ?? '',
  requestId: c.get('requestId'),
});
