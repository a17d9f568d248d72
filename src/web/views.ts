// Rendering: Eta templates from `views/`, escaped by default, given explicit models and nothing else.
import { Eta } from 'eta';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { packagePath } from '../shared/paths.ts';
import { assetUrl } from './assets.ts';
import type { Context } from './types.ts';

const eta = new Eta({
  views: packagePath('views'),
  autoEscape: true,
  cache: true,
  debug: false,
});

/** What a template is given. Templates also have `asset(name)`, the URL of a file in `views/assets`. */
export type Model = Record<string, unknown>;

/** Answers with `views/<view>.eta`. */
export const render = (
  c: Context,
  view: string,
  model: Model,
  status: ContentfulStatusCode = 200,
): Response => c.html(renderText(view, model), status);

/** Renders `views/<view>.eta`. */
export function renderText(view: string, model: Model): string {
  // Eta keeps rendered blocks, printed raw, under such names (T10).
  const forbidden = Object.keys(model).find((key) => key.startsWith('__'));
  if (forbidden !== undefined) throw new Error(`A view model may not have a key ${forbidden}.`);
  return eta.render(`/${view}`, { ...model, asset: assetUrl });
}
