// What a request passes before its handler: who asks, from where, how much, and whether they may.
import type { MiddlewareHandler, Next } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { can } from '../accounts/rules.ts';
import { readSession, readToken } from '../accounts/service.ts';
import { append } from '../events/service.ts';
import { AppError } from '../shared/errors.ts';
import { sameSecret } from '../shared/ids.ts';
import { never } from '../shared/never.ts';
import type { Role } from '../shared/words.ts';
import { isFromUs } from './client.ts';
import { carriesForm, mediaType, oneOf, readForm } from './forms.ts';
import type { GuessLimit } from './guesses.ts';
import { csrfToken, sessionIdOf } from './session.ts';
import type { Context, Env, Route, Site } from './types.ts';

const standardLimit = 16 * 1024;

/** The middleware that stands before `route`'s handler, in order. */
export function guards(site: Site, route: Route, guesses: GuessLimit): MiddlewareHandler<Env>[] {
  const limit = bodyLimit({
    maxSize: route.limit ?? standardLimit,
    onError: () => {
      throw new AppError('too_large', 'This is more than can be taken here.');
    },
  });
  const first = [nameRoute(route), ...(isOpenedByLink(route) ? [linkGuesses(guesses)] : [])];
  const isWrite = route.method !== 'GET';
  switch (route.surface) {
    case 'desk': {
      const user = deskUser(site, route);
      return isWrite
        ? [...first, ownPages(site, route), user, limit, forms, csrf(route), may(site, route)]
        : [...first, user, may(site, route)];
    }
    case 'api':
      return [...first, tokenHolder(site), may(site, route), limit];
    case 'visitor':
      if (!isWrite) return first;
      if (route.takesAnything) return [...first, limit];
      return [...first, limit, route.takesJson ? formsOrJson : forms];
    case 'public':
    case 'system':
      return isWrite ? [...first, limit] : first;
    default:
      return never(route.surface);
  }
}

const nameRoute =
  (route: Route): MiddlewareHandler<Env> =>
  async (c, next) => {
    c.set('route', route);
    await next();
  };

/** True for pages that need nothing but the secret in their path. */
const isOpenedByLink = (route: Route) => route.needs === null && route.path.includes(':token');

/** Counts the links that lead nowhere (S-63). */
const linkGuesses =
  (guesses: GuessLimit): MiddlewareHandler<Env> =>
  async (c, next) => {
    guesses.assertMayGuess(c.get('ip'));
    await next();
    if ([403, 404, 410].includes(c.res.status)) guesses.countWrong(c.get('ip'));
  };

/** Refuses writes that another site's page sends. A set-up link is its own proof, and its page sends no origin. */
const ownPages =
  (site: Site, route: Route): MiddlewareHandler<Env> =>
  async (c, next) => {
    const sentByLinkPage = isOpenedByLink(route) && c.req.header('origin') === 'null';
    if (!sentByLinkPage && !isFromUs(c, site.kernel.publicUrl)) {
      throw new AppError('forbidden', 'This was sent from a page that is not ours.');
    }
    await next();
  };

/** Reads the session. Without one, pages lead to the sign-in and writes are refused. */
const deskUser =
  (site: Site, route: Route): MiddlewareHandler<Env> =>
  async (c, next) => {
    const sessionId = sessionIdOf(c, site);
    const account = sessionId && (await readSession(site.kernel, sessionId));
    if (sessionId && account) {
      c.set('account', account);
      c.set('sessionId', sessionId);
      c.set('csrf', csrfToken(site, sessionId));
      c.set('actor', { ...c.get('actor'), kind: 'account', id: account.id });
    } else if (route.needs !== null) {
      return askToSignIn(c);
    }
    await next();
    return undefined;
  };

function askToSignIn(c: Context): Response {
  if (c.req.method !== 'GET' && c.req.method !== 'HEAD') {
    throw new AppError(
      'unauthenticated',
      'Your session has ended. Sign in again in another tab, then go back and send this once more.',
    );
  }
  const { pathname, search } = new URL(c.req.url);
  const next = pathname === '/admin' ? '' : `?next=${encodeURIComponent(pathname + search)}`;
  return c.redirect(`/admin/sign-in${next}`, 302);
}

/** Reads the `Authorization` header; cookies mean nothing here. */
const tokenHolder =
  (site: Site): MiddlewareHandler<Env> =>
  async (c, next) => {
    const [, secret] =
      /^(?:oauth|bearer) +([\w.~+/=-]{1,200}) *$/i.exec(c.req.header('authorization') ?? '') ?? [];
    const token = secret === undefined ? undefined : await readToken(site.kernel, secret);
    if (!token) {
      c.header('WWW-Authenticate', 'Bearer');
      throw new AppError('unauthenticated', 'Could not authenticate');
    }
    c.set('actor', { ...c.get('actor'), kind: 'token', id: token.id });
    c.set('tokenRole', token.role);
    await next();
  };

/** Only what forms are sent as; a request without any body is an empty form. */
async function forms(c: Context, next: Next): Promise<void> {
  if (!carriesForm(c) && !(await isEmpty(c))) {
    throw new AppError('unsupported', 'Only forms can be sent here.');
  }
  await next();
}

async function formsOrJson(c: Context, next: Next): Promise<void> {
  if (mediaType(c) === 'application/json') await next();
  else await forms(c, next);
}

/** Node hands over a body with every write: only reading it shows that there is nothing in it. */
const isEmpty = async (c: Context) => mediaType(c) === '' && (await c.req.text()) === '';

const csrf =
  (route: Route): MiddlewareHandler<Env> =>
  async (c, next) => {
    const sessionId = c.get('sessionId');
    if (route.needs !== null && sessionId !== undefined) {
      const sent = c.req.header('x-csrf-token') ?? oneOf(await readForm(c), 'csrf');
      if (!sameSecret(sent, c.get('csrf'))) {
        throw new AppError(
          'forbidden',
          'This form belongs to another session. Go back, reload the page and send it again.',
        );
      }
    }
    await next();
  };

/** Whether the account's or token's role has the capability the route needs; a refusal is recorded (S-20). */
const may =
  (site: Site, route: Route): MiddlewareHandler<Env> =>
  async (c, next) => {
    if (route.needs !== null) {
      const role: Role | undefined = c.get('account')?.role ?? c.get('tokenRole');
      if (role === undefined || !can(role, route.needs)) {
        await recordRefusal(site, c, route);
        throw new AppError('forbidden', 'Your role does not allow this.');
      }
    }
    await next();
  };

async function recordRefusal(site: Site, c: Context, route: Route): Promise<void> {
  const { kernel } = site;
  const data = { method: route.method, path: route.path, needs: route.needs };
  await kernel.db.write((tx) =>
    append(tx, kernel.clock, c.get('actor'), { kind: 'access.refused', subject: 'route', data }),
  );
}
