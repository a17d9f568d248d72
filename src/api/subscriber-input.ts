// What the management API accepts about subscribers: bodies in Statuspage's v1 names, and closed words in queries.
import type { Context } from 'hono';
import { z } from 'zod';
import { AppError } from '../shared/errors.ts';
import { isOneOf, type SubscriberState } from '../shared/words.ts';
import { queryNumber } from './body.ts';

/** Statuspage's kinds of subscriber; texts and partners are not offered here, so there are none. */
export const modes = ['email', 'sms', 'webhook', 'integration_partner', 'slack', 'teams'] as const;
export type Mode = (typeof modes)[number];

const listStates = ['active', 'unconfirmed', 'quarantined', 'all'] as const;
export type ListState = (typeof listStates)[number];

/** Our state for each of Statuspage's; `all` leaves out who has unsubscribed. */
export const statesOf: Record<ListState, SubscriberState[]> = {
  active: ['confirmed'],
  unconfirmed: ['pending'],
  quarantined: ['quarantined'],
  all: ['confirmed', 'pending', 'quarantined'],
};

export interface ListQuery {
  mode: Mode | undefined;
  state: ListState;
  search: string;
  by: 'address' | 'created';
  isDescending: boolean;
  limit: number;
  offset: number;
}

const largestPage = 100;

/** `page` counts from 0 here, as Statuspage has it for subscribers alone. */
export function listQuery(c: Context): ListQuery {
  const limit = queryNumber(c, 'limit', { min: 1, max: largestPage, fallback: largestPage });
  const page = queryNumber(c, 'page', { min: 0, max: 1_000_000, fallback: 0 });
  const field = queryWord(c, 'sort_field', [
    'primary',
    'created_at',
    'quarantined_at',
    'relevance',
  ]);
  return {
    ...filterQuery(c),
    search: queryText(c, 'q').slice(0, 254),
    by: field === 'created_at' ? 'created' : 'address',
    isDescending: queryWord(c, 'sort_direction', ['asc', 'desc']) === 'desc',
    limit,
    offset: page * limit,
  };
}

export const filterQuery = (c: Context): Pick<ListQuery, 'mode' | 'state'> => ({
  mode: queryWord(c, 'type', modes),
  state: queryWord(c, 'state', listStates) ?? 'active',
});

function queryText(c: Context, name: string): string {
  const [text = '', ...others] = c.req.queries(name) ?? [];
  if (others.length > 0) throw new AppError('invalid', `The parameter ${name} is given twice.`);
  return text;
}

/** One of a closed list, or undefined where nothing is given (S-50). */
function queryWord<const T extends readonly string[]>(
  c: Context,
  name: string,
  words: T,
): T[number] | undefined {
  const text = queryText(c, name);
  if (text === '') return undefined;
  if (isOneOf(words, text)) return text;
  throw new AppError('invalid', `The parameter ${name} must be one of ${words.join(', ')}.`);
}

// Bodies

const given = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === null || value === '' ? undefined : value), schema.optional());

const flag = z
  .union([z.boolean(), z.enum(['true', 'false', '1', '0'])], { error: 'Please use true or false.' })
  .transform((value) => value === true || value === 'true' || value === '1');

const componentIds = given(
  z
    .array(z.string().max(64), { error: 'Please send a list of component ids.' })
    .max(500, 'Please name at most 500 components.'),
);

const textLine = (max: number) => given(z.string({ error: 'Please send text.' }).max(max));

export const newSubscriber = z.object({
  subscriber: z.object(
    {
      email: textLine(400),
      endpoint: textLine(2000),
      phone_number: textLine(100),
      component_ids: componentIds,
      skip_confirmation_notification: given(flag),
    },
    { error: 'Please send the fields inside "subscriber".' },
  ),
});
export type SubscriberInput = z.output<typeof newSubscriber>['subscriber'];

/** Statuspage documents the list at the top of the body; inside `subscriber` it is understood too. */
export const changedSubscriber = z.object({
  component_ids: componentIds,
  subscriber: given(z.object({ component_ids: componentIds })),
});

const mostIds = 100;

/** Ids as a list or a text with commas, or the word `all`. */
export const manySubscribers = z.object({
  subscribers: z
    .union([z.string(), z.array(z.string().max(64))], {
      error: 'Please send a list of ids, or all.',
    })
    .transform((value) =>
      typeof value === 'string' ? (value === 'all' ? 'all' : value.split(',')) : value,
    )
    .refine(
      (value) => value === 'all' || value.length <= mostIds,
      `Please name at most ${mostIds} subscribers.`,
    ),
  type: given(z.enum(modes, { error: `Please use one of ${modes.join(', ')}.` })),
  state: given(z.enum(listStates, { error: `Please use one of ${listStates.join(', ')}.` })),
});
