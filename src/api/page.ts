// What every management request passes before its verb: the token's limit and the page's id.
import { readSettings } from '../settings/service.ts';
import type { PageSettings } from '../settings/types.ts';
import { AppError, notFound } from '../shared/errors.ts';
import { publicIdPattern } from '../shared/ids.ts';
import type { Context, Site } from '../web/types.ts';
import type { AnswerPage } from './answers.ts';
import { createRequestLimit } from './limit.ts';

/** What a handler is given besides the request. */
export interface Request {
  site: Site;
  c: Context;
  page: AnswerPage;
  settings: PageSettings;
}

type Handle = (c: Context) => Promise<Response>;

/** Makes handlers out of verbs of this API, all counting against the same limit. */
export function managementApi(
  site: Site,
): (work: (request: Request) => Promise<Response>) => Handle {
  const count = createRequestLimit(site.kernel.clock);
  return (work) => async (c) => {
    const actor = c.get('actor');
    count(`${actor.kind} ${actor.id}`);
    const settings = await readSettings(site.kernel.db.read);
    if (c.req.param('page_id') !== settings.pageId) throw notFound('page');
    const { pageId, timeZone } = settings;
    const page = { id: pageId, url: site.kernel.publicUrl, timeZone };
    return work({ site, c, page, settings });
  };
}

/** The `:id` of the path without `.json`. Another shape is as unknown as an id that nobody has. */
export function idOf(c: Context, what: string): string {
  const id = (c.req.param('id') ?? '').replace(/\.json$/, '');
  if (!publicIdPattern.test(id)) throw notFound(what);
  return id;
}

const keyHeader = 'Idempotency-Key';

/** The request's own key, and what was sent with it: the same again is answered alike (F-20). */
export function repeatable({ c }: Request, sent: object) {
  const idempotencyKey = c.req.header(keyHeader);
  if (idempotencyKey === undefined) return {};
  if (!/^[\x21-\x7e]{1,200}$/.test(idempotencyKey)) {
    throw new AppError('invalid', `${keyHeader} must be 1 to 200 visible ASCII characters.`);
  }
  return { idempotencyKey, sent };
}
