// Every public document there is, by path. Whatever is not listed here is not public.
import { languages } from '../web/language.ts';
import { badge } from './badge.ts';
import { calendarDocuments } from './calendar.ts';
import { embedDocuments } from './embed.ts';
import { feedDocuments } from './feeds.ts';
import { historyFeedDocuments } from './history-feeds.ts';
import { historyJsonDocument } from './history-json.ts';
import { logoDocument } from './logo.ts';
import { fixedPages, rarePages } from './page-documents.ts';
import { subscribersDocument } from './subscribe-page.ts';
import type { FixedDocuments, RareDocuments } from './types.ts';
import { v2Documents } from './v2.ts';

export const fixedDocuments: FixedDocuments = {
  ...fixedPages(languages()),
  '/badge.svg': badge,
  ...embedDocuments,
  ...below('/', feedDocuments),
  ...below('/', calendarDocuments),
  ...below('/', historyFeedDocuments),
  ...below('/api/v2/', v2Documents),
  ...subscribersDocument,
};

export const rareDocuments: RareDocuments[] = [
  historyJsonDocument,
  logoDocument,
  ...rarePages(languages()),
];

function below(prefix: string, documents: FixedDocuments): FixedDocuments {
  return Object.fromEntries(
    Object.entries(documents).map(([name, make]) => [`${prefix}${name}`, make]),
  );
}
