// Who has subscribed: counts, the list, finding an address, and erasing one.
import { forgetCaptured } from '../delivery/capture.ts';
import { mailboxDir } from '../delivery/mailers.ts';
import { counts, listSubscribers, removeSubscriber } from '../subscribers/service.ts';
import type { SubscriberRow } from '../subscribers/types.ts';
import { invalid, notFound } from '../shared/errors.ts';
import { utcShort } from '../shared/time.ts';
import { isOneOf, type SubscriberState, subscriberStates } from '../shared/words.ts';
import { oneOf, readForm } from '../web/forms.ts';
import type { Context, Route, Site } from '../web/types.ts';
import { renderDesk } from './desk.ts';
import { idParameter } from './incident-list.ts';
import { subscriberStateLabels } from './labels.ts';
import { findSubscribers } from './store.ts';

const pageSize = 50;

export const subscriberRoutes = (site: Site): Route[] => [
  {
    method: 'GET',
    path: '/admin/subscribers',
    surface: 'desk',
    needs: 'configure',
    handle: (c) => showList(c, site),
  },
  {
    method: 'POST',
    path: '/admin/subscribers/:id/erasure',
    surface: 'desk',
    needs: 'configure',
    handle: (c) => erase(c, site),
  },
];

async function showList(c: Context, site: Site): Promise<Response> {
  const reader = site.kernel.db.read;
  const state = stateParameter(c);
  const search = searchParameter(c);
  const after = idParameter(c, 'after');
  const found =
    search === ''
      ? await listSubscribers(reader, {
          ...(state && { state }),
          ...(after !== undefined && { after }),
          limit: pageSize + 1,
        })
      : await findSubscribers(reader, search, pageSize);
  const rows = found.slice(0, pageSize);
  const all = await counts(reader);
  return renderDesk(c, site, 'admin/subscribers', {
    title: 'Subscribers',
    search,
    state: state ?? '',
    states: subscriberStates.map((value) => ({
      value,
      label: subscriberStateLabels[value],
      count: all[value],
    })),
    isFirstPage: after === undefined,
    older: found.length > pageSize ? rows.at(-1)?.id : undefined,
    rows: rows.map(rowView),
  });
}

const rowView = (row: SubscriberRow) => ({
  id: row.id,
  email: row.email,
  stateLabel: subscriberStateLabels[row.state],
  components: row.components.length === 0 ? 'everything' : row.components.join(', '),
  sinceText: utcShort(row.confirmedAt ?? row.createdAt),
  since: (row.confirmedAt ?? row.createdAt).toISOString(),
});

/** Only the known states filter (S-50). */
function stateParameter(c: Context): SubscriberState | undefined {
  const [value, ...others] = c.req.queries('state') ?? [];
  if (value === undefined || value === '') return undefined;
  if (others.length === 0 && isOneOf(subscriberStates, value)) return value;
  throw invalid('state', 'There is no such state of a subscriber.');
}

function searchParameter(c: Context): string {
  const [value = '', ...others] = c.req.queries('q') ?? [];
  if (others.length > 0) throw invalid('q', 'Please search for one address.');
  return value.trim().slice(0, 254);
}

async function erase(c: Context, site: Site): Promise<Response> {
  const id = c.req.param('id') ?? '';
  if (!/^\d{1,15}$/.test(id)) throw notFound('subscriber');
  const suppress = oneOf(await readForm(c), 'suppress') === 'yes';
  const email = await removeSubscriber(site.kernel, c.get('actor'), Number(id), { suppress });
  await forgetCaptured(mailboxDir(site.config.dataDir), email);
  return c.redirect('/admin/subscribers?done=removed', 303);
}
