// What a surface hands to the web core: a list of routes. Nothing registers itself elsewhere.
import type { HttpBindings } from '@hono/node-server';
import type { Context as HonoContext } from 'hono';
import type { Capability } from '../accounts/rules.ts';
import type { SignedIn } from '../accounts/types.ts';
import type { Config } from '../config.ts';
import type { Kernel } from '../db/kernel.ts';
import type { Actor } from '../events/types.ts';
import type { PublicSnapshot } from '../status/types.ts';
import type { Role } from '../shared/words.ts';
import type { FormValues } from './forms.ts';

/** What every handler may reach. */
export interface Site {
  kernel: Kernel;
  config: Config;
  snapshots: { current(): PublicSnapshot };
}

/**
 * public: the same for everyone, cacheable, the handler sets `Cache-Control`.
 * visitor: forms and links of one visitor, no cookie, private.
 * desk: session cookie and CSRF token.
 * api: `Authorization` token, no cookie.
 * system: for machines that watch or scrape.
 */
export type Surface = 'public' | 'visitor' | 'desk' | 'api' | 'system';

export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

export interface Route {
  method: Method;
  /** Hono path, such as `/admin/incidents/:id`. A parameter named `:token` never reaches a log. */
  path: string;
  surface: Surface;
  /** Null on public, visitor and system routes, and on the desk's sign-in and set-up. */
  needs: Capability | null;
  /** Bytes a body may have; 16 KB unless told. */
  limit?: number;
  /** Its form may carry files: `readFile` gives them. */
  takesFiles?: boolean;
  /** Visitor routes take forms; this one takes JSON too: programs send to it. */
  takesJson?: boolean;
  /** A visitor route whose handler reads the body itself, whatever it says it is: its sender signs it. */
  takesAnything?: boolean;
  handle(c: Context): Response | Promise<Response>;
}

export interface Env {
  Bindings: Partial<HttpBindings>;
  Variables: {
    requestId: string;
    /** Of the client, as far as `TRUST_PROXY` lets it be known. Limits count by `networkOf(ip)`. */
    ip: string;
    /** Who acts: pass it to every verb. */
    actor: Actor;
    account: SignedIn | undefined;
    sessionId: string | undefined;
    /** Of the API token that acts. */
    tokenRole: Role | undefined;
    /** The session's CSRF token, for the hidden field `csrf`; empty without a session. */
    csrf: string;
    /** The matched route; undefined where nothing matched. */
    route: Route | undefined;
    /** The request's form once read. */
    form: Promise<FormValues> | undefined;
  };
}

export type Context = HonoContext<Env>;
