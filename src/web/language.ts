// The product's own words in the languages it has them: `views/words/LOCALE/NAMESPACE.json`, read once.
import { readdirSync, readFileSync } from 'node:fs';
import { createInstance } from 'i18next';
import { packagePath } from '../shared/paths.ts';

export interface Language {
  /** BCP 47, such as `en`. Also the path below which its pages stand, unless it is the default. */
  locale: string;
  /** The words of a key such as `page:next_update_by`, with `{{values}}` set in, unescaped: views escape. */
  t: (key: string, values?: Record<string, string | number>) => string;
}

export const defaultLocale = 'en';

/** Namespace by namespace, the words of one locale. */
type Words = Record<string, Record<string, unknown>>;

let known: Map<string, Language> | undefined;

/** Every language there are words for, the default one first. */
export const languages = (): Language[] => [...all().values()];

/** The language of a locale; undefined when there are no words of it. */
const language = (locale: string): Language | undefined => all().get(locale);

/** English, in which every word exists. */
export function defaultLanguage(): Language {
  const found = language(defaultLocale);
  if (!found) throw new Error('The words of the default language are missing.');
  return found;
}

const all = () => (known ??= readLanguages(packagePath('views', 'words')));

/** Reads a folder of locales. A word that a locale lacks is said in the default language. */
export function readLanguages(folder: string): Map<string, Language> {
  const locales = readdirSync(folder).toSorted((a, b) => rank(a) - rank(b) || a.localeCompare(b));
  const resources: Record<string, Words> = {};
  for (const locale of locales) resources[locale] = readWords(`${folder}/${locale}`);
  const instance = createInstance();
  void instance.init({
    initAsync: false,
    lng: defaultLocale,
    fallbackLng: defaultLocale,
    ns: Object.keys(resources[defaultLocale] ?? {}),
    resources,
    interpolation: { escapeValue: false },
    returnNull: false,
    saveMissing: true,
    missingKeyHandler: (_locales, namespace, key) => {
      throw new Error(`There are no words for ${namespace}:${key}.`);
    },
  });
  return new Map(
    locales.map((locale) => {
      const fixed = instance.getFixedT(locale);
      return [locale, { locale, t: remembered((key, values = {}) => fixed(key, values)) }];
    }),
  );
}

const phrasesKept = 10_000;

/** A page says hundreds of phrases, most of them as in the minute before; finding one takes 20 microseconds. */
function remembered(find: Language['t']): Language['t'] {
  const phrases = new Map<string, string>();
  return (key, values) => {
    const name = values === undefined ? key : `${key} ${JSON.stringify(values)}`;
    let phrase = phrases.get(name);
    if (phrase === undefined) {
      phrase = find(key, values);
      if (phrases.size >= phrasesKept) phrases.clear();
      phrases.set(name, phrase);
    }
    return phrase;
  };
}

const rank = (locale: string) => (locale === defaultLocale ? 0 : 1);

function readWords(folder: string): Words {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return Object.fromEntries(
    files.map((name) => [
      name.replace('.json', ''),
      JSON.parse(readFileSync(`${folder}/${name}`, 'utf8')) as Record<string, unknown>,
    ]),
  );
}
