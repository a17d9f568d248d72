// Who has subscribed: counts, the list, finding an address, adding some, taking the list along, erasing one.
import { forgetCaptured } from '../delivery/capture.ts';
import { mailboxDir } from '../delivery/mailers.ts';
import { addConfirmed, counts, listNewest, removeSubscriber } from '../subscribers/service.ts';
import {
  type SubscriberFilter,
  type SubscriberRow,
  type Topic,
  topics,
} from '../subscribers/types.ts';
import { parseAddress } from '../shared/address.ts';
import { invalid, notFound } from '../shared/errors.ts';
import { utcShort } from '../shared/time.ts';
import { isOneOf, subscriberStates } from '../shared/words.ts';
import { statusOf } from '../web/errors.ts';
import { oneOf, readForm } from '../web/forms.ts';
import type { Context, Method, Route, Site } from '../web/types.ts';
import { renderDesk } from './desk.ts';
import { failedForm, type FormState, freshForm, mendable } from './forms.ts';
import { idParameter } from './incident-list.ts';
import { subscriberStateLabels } from './labels.ts';
import { exportSubscribers } from './subscriber-export.ts';

const pageSize = 50;
const mostAtOnce = 1000;

export function subscriberRoutes(site: Site): Route[] {
  const route = (
    method: Method,
    path: string,
    handle: (c: Context, site: Site) => Response | Promise<Response>,
    more: Partial<Route> = {},
  ): Route => ({
    method,
    path,
    surface: 'desk',
    needs: 'configure',
    handle: (c) => handle(c, site),
    ...more,
  });
  return [
    route('GET', '/admin/subscribers', (c) => showList(c, site, freshForm())),
    route('POST', '/admin/subscribers', add, { limit: 64 * 1024 }),
    route('POST', '/admin/subscribers/exports', exportSubscribers),
    route('POST', '/admin/subscribers/:id/erasure', erase),
  ];
}

async function showList(
  c: Context,
  site: Site,
  form: FormState,
  status: 200 | ReturnType<typeof statusOf> = 200,
): Promise<Response> {
  const reader = site.kernel.db.read;
  const filter = filterOf(c);
  const after = idParameter(c, 'after');
  const found = await listNewest(reader, filter, { after, limit: pageSize + 1 });
  const rows = found.slice(0, pageSize);
  const all = await counts(reader);
  const model = {
    title: 'Subscribers',
    search: filter.search ?? '',
    state: filter.states?.[0] ?? '',
    topic: filter.topic ?? '',
    states: subscriberStates.map((value) => ({
      value,
      label: subscriberStateLabels[value],
      count: all[value],
    })),
    topics: topics.map((value) => ({ value, label: topicLabels[value] })),
    isFirstPage: after === undefined,
    older: found.length > pageSize ? rows.at(-1)?.id : undefined,
    query: new URLSearchParams({
      q: filter.search ?? '',
      state: filter.states?.[0] ?? '',
      topic: filter.topic ?? '',
    }).toString(),
    rows: rows.map(rowView),
    form,
  };
  return renderDesk(c, site, 'admin/subscribers', model, status);
}

const topicLabels: Record<Topic, string> = {
  incidents: 'Incidents',
  maintenance: 'Scheduled maintenance',
};

const rowView = (row: SubscriberRow) => ({
  id: row.id,
  email: row.email,
  stateLabel: subscriberStateLabels[row.state],
  wants: wantsOf(row),
  sinceText: utcShort(row.confirmedAt ?? row.createdAt),
  since: (row.confirmedAt ?? row.createdAt).toISOString(),
});

/** `incidents of API, Web app`, `everything`, `“Payments fail” only`. */
function wantsOf({ topics: wanted, components, incidents }: SubscriberRow): string {
  const followed = incidents.map(({ title }) => `“${title}”`).join(', ');
  const [only, another] = wanted;
  if (!only) return followed === '' ? 'nothing any more' : `${followed} only`;
  const of = components.map(({ name }) => name).join(', ');
  const general =
    of === ''
      ? another
        ? 'everything'
        : `all ${only}`
      : `${another ? 'everything' : only} of ${of}`;
  return followed === '' ? general : `${general}; ${followed}`;
}

/** Only known words filter (S-50). */
function filterOf(c: Context): SubscriberFilter {
  const state = parameter(c, 'state');
  const topic = parameter(c, 'topic');
  if (state !== '' && !isOneOf(subscriberStates, state)) {
    throw invalid('state', 'There is no such state of a subscriber.');
  }
  if (topic !== '' && !isOneOf(topics, topic)) {
    throw invalid('topic', 'There is no such thing to subscribe to.');
  }
  return {
    ...(state !== '' && { states: [state] }),
    ...(topic !== '' && { topic }),
    search: parameter(c, 'q').trim().slice(0, 254),
  };
}

function parameter(c: Context, name: string): string {
  const [value = '', ...others] = c.req.queries(name) ?? [];
  if (others.length > 0) throw invalid(name, 'This link is not complete. Please follow it again.');
  return value;
}

/** Addresses of people who agreed elsewhere, one a line. Nobody is mailed about it. */
async function add(c: Context, site: Site): Promise<Response> {
  const form = await readForm(c);
  return mendable(
    async () => {
      const emails = readAddresses(oneOf(form, 'emails'));
      if (oneOf(form, 'agreed') !== 'yes') {
        throw invalid('agreed', 'Please confirm that these people asked for it.');
      }
      const { kernel } = site;
      await kernel.db.write((tx) => addConfirmed(tx, kernel, c.get('actor'), emails));
      return c.redirect('/admin/subscribers?done=added', 303);
    },
    (error) => showList(c, site, failedForm(form, error), statusOf(error)),
  );
}

function readAddresses(text: string): string[] {
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (lines.length === 0) throw invalid('emails', 'Please enter at least one address.');
  if (lines.length > mostAtOnce) {
    throw invalid('emails', `Please add at most ${mostAtOnce} addresses at once.`);
  }
  const wrong = lines.findIndex((line) => !parseAddress(line));
  if (wrong === -1) return lines;
  throw invalid('emails', `Line ${wrong + 1} is not one email address, like name@example.com.`);
}

async function erase(c: Context, site: Site): Promise<Response> {
  const id = c.req.param('id') ?? '';
  if (!/^\d{1,15}$/.test(id)) throw notFound('subscriber');
  const suppress = oneOf(await readForm(c), 'suppress') === 'yes';
  const email = await removeSubscriber(site.kernel, c.get('actor'), Number(id), { suppress });
  await forgetCaptured(mailboxDir(site.config.dataDir), email);
  return c.redirect('/admin/subscribers?done=removed', 303);
}
