// Where mail providers tell of bounces and complaints: each proves itself by its signature, nobody else is heard.
import { createIntake } from '../returns/intake.ts';
import type { GetText } from '../returns/types.ts';
import { AppError } from '../shared/errors.ts';
import { statusOf } from '../web/errors.ts';
import { createGuessLimit } from '../web/guesses.ts';
import type { Context, Route, Site } from '../web/types.ts';

/** Providers send many events at once; a raw report comes with the mail it is about. */
const bodyLimit = 1024 * 1024;

/** `POST /mail-events/:provider`. Answers how many events were noted, known before, or of no mail of ours. */
export function mailEventRoutes(site: Site, outside: { get?: GetText } = {}): Route[] {
  const { kernel, config } = site;
  const intake = createIntake({ kernel, config, ...outside });
  const guesses = createGuessLimit(kernel.clock);

  async function handle(c: Context): Promise<Response> {
    guesses.assertMayGuess(c.get('ip'));
    try {
      const body = Buffer.from(await c.req.arrayBuffer());
      const header = (name: string) => c.req.header(name) ?? '';
      return c.json(await intake.take(c.req.param('provider') ?? '', { header, body }));
    } catch (error) {
      if (!(error instanceof AppError) || error.code === 'not_found') throw error;
      const isRefused = error.code === 'unauthenticated' || error.code === 'forbidden';
      if (isRefused) guesses.countWrong(c.get('ip'));
      return refuse(c, error);
    }
  }

  return [
    {
      method: 'POST',
      path: '/mail-events/:provider',
      surface: 'visitor',
      needs: null,
      limit: bodyLimit,
      takesAnything: true,
      handle,
    },
  ];
}

/** As machines read it. */
function refuse(c: Context, error: AppError): Response {
  if (error.retryAfter !== undefined) c.header('Retry-After', String(error.retryAfter));
  return c.json({ error: error.message }, statusOf(error));
}
