// Correcting an update through Statuspage's v1: its words; its id, state and time stay.
import { z } from 'zod';
import { correctUpdate } from '../incidents/service.ts';
import { notFound } from '../shared/errors.ts';
import { parse, words } from '../shared/form.ts';
import { publicIdPattern } from '../shared/ids.ts';
import { markdownLimit } from '../shared/markdown.ts';
import { readPublicIncident } from '../status/service.ts';
import { updateAnswer } from './answers.ts';
import { readBody } from './body.ts';
import { idOf, type Request } from './page.ts';

const correction = z.object({
  incident_update: z.object(
    { body: words(markdownLimit, 'Please send the words.') },
    { error: 'Please send the fields inside "incident_update".' },
  ),
});

/** `PATCH …/incidents/:id/incident_updates/:update`: public ones only, as elsewhere in this API. */
export async function correctIncidentUpdate(request: Request): Promise<Response> {
  const { c, site, page } = request;
  const { read } = site.kernel.db;
  const incidentId = idOf(c, 'incident');
  const updateId = (c.req.param('update') ?? '').replace(/\.json$/, '');
  const find = async () => {
    const incident = publicIdPattern.test(updateId)
      ? await readPublicIncident(read, incidentId)
      : undefined;
    const update = incident?.updates.find(({ id }) => id === updateId);
    if (!update) throw notFound('update');
    return update;
  };
  await find();
  const { body } = parse(correction, await readBody(c)).incident_update;
  await correctUpdate(site.kernel, c.get('actor'), incidentId, updateId, { body });
  return c.json(updateAnswer(page, incidentId, await find()));
}
