// Looking subscribers up: for the desk and the management API, never for visitors.
import type { Reader } from '../db/tx.ts';
import { notFound } from '../shared/errors.ts';
import type { SubscriberState } from '../shared/words.ts';
import {
  countByState,
  countMatching,
  newestRows,
  orderedRows,
  rowOf,
  type SubscriberOrder,
} from './list-store.ts';
import type { SubscriberFilter, SubscriberRow } from './types.ts';

const largestPage = 1000;

/** Newest first, at most 1,000 a page; `after` is the id the last page ended with. */
export const listNewest = (
  reader: Reader,
  filter: SubscriberFilter,
  page: { after?: number | undefined; limit: number },
): Promise<SubscriberRow[]> =>
  newestRows(reader, filter, { ...page, limit: Math.min(page.limit, largestPage) });

/** A stretch of the list in the order asked for. */
export const listSubscribers = (
  reader: Reader,
  filter: SubscriberFilter,
  order: { by: SubscriberOrder; isDescending: boolean },
  page: { offset: number; limit: number },
): Promise<SubscriberRow[]> => orderedRows(reader, filter, order, page);

export async function findSubscriber(reader: Reader, publicId: string): Promise<SubscriberRow> {
  const row = await rowOf(reader, publicId);
  if (!row) throw notFound('subscriber');
  return row;
}

export const countSubscribers = (reader: Reader, filter: SubscriberFilter): Promise<number> =>
  countMatching(reader, filter);

export const counts = (reader: Reader): Promise<Record<SubscriberState, number>> =>
  countByState(reader);
