// An edition: the public pages of one snapshot in one language. The default language's stand at `/`, the
// others' below `/de`, so that caches need not look at what a browser prefers.
import type { PublicSnapshot } from '../status/types.ts';
import { defaultLanguage, defaultLocale, type Language, languages } from '../web/language.ts';
import { type Speech, speechOf } from './speech.ts';

export interface Edition {
  snapshot: PublicSnapshot;
  speech: Speech;
  /** Every language there are pages in. */
  languages: Language[];
  /** Where a page such as `/history` stands in this language. */
  href: (path: string) => string;
}

export const editionOf = (
  snapshot: PublicSnapshot,
  language: Language = defaultLanguage(),
  all: Language[] = languages(),
): Edition => ({
  snapshot,
  speech: speechOf(language),
  languages: all,
  href: (path) => pathIn(language.locale, path),
});

/** Where a page stands in a language: `/history` is `/de/history` in German. */
export function pathIn(locale: string, path: string): string {
  if (locale === defaultLocale) return path;
  return path === '/' ? `/${locale}` : `/${locale}${path}`;
}
