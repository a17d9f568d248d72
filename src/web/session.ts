// The session cookie and the CSRF token bound to it (S-10, S-15).
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { sessionLife } from '../accounts/rules.ts';
import { hmac } from '../shared/ids.ts';
import type { Context, Site } from './types.ts';

/** Browsers drop `__Host-` cookies on plain http, so there it is plain `sid` (T28). */
const isSecure = (site: Site) => site.kernel.publicUrl.startsWith('https:');
const cookieName = (site: Site) => (isSecure(site) ? '__Host-sid' : 'sid');

export function setSession(c: Context, site: Site, sessionId: string): void {
  setCookie(c, cookieName(site), sessionId, {
    path: '/',
    httpOnly: true,
    secure: isSecure(site),
    sameSite: 'Lax',
    maxAge: sessionLife / 1000,
  });
}

export function clearSession(c: Context, site: Site): void {
  deleteCookie(c, cookieName(site), { path: '/', secure: isSecure(site) });
}

/** The session id a request carries, if it has the shape of one. */
export function sessionIdOf(c: Context, site: Site): string | undefined {
  const value = getCookie(c, cookieName(site));
  return value !== undefined && /^[\w-]{20,100}$/.test(value) ? value : undefined;
}

export const csrfToken = (site: Site, sessionId: string) =>
  hmac(site.kernel.secretKey, 'csrf', sessionId);
