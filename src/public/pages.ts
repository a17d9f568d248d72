// The layout every public page shares: its head, its one style block, its links. Pure: a snapshot to HTML.
import { lookStyle } from '../settings/look.ts';
import type { PageLook } from '../settings/types.ts';
import type { PublicSnapshot } from '../status/types.ts';
import { assetText } from '../web/assets.ts';
import { inlineHash } from '../web/headers.ts';
import { defaultLocale, type Language } from '../web/language.ts';
import { type Model, renderText } from '../web/views.ts';
import { cardKey, cardSize } from './card.ts';
import { type Edition, editionOf, pathIn } from './editions.ts';
import { contactModel, shapeOf, timeOf } from './models.ts';
import { wordsToHtml } from './rendered.ts';
import { intlLocale } from './speech.ts';
import type { Document } from './types.ts';

/** What a page tells about itself. A page without a `path` is one visitor's own: search engines leave it. */
export interface About {
  /** Without the locale: `/history`. */
  path?: string;
  /** For previews and search engines; the page's purpose unless told. */
  summary?: string;
  /** Moves when this page may have changed: lets an open page tell newer from older. */
  stamp?: number;
}

/** A page in the public layout, for visitors' forms too. */
export const page = (
  snapshot: PublicSnapshot,
  view: string,
  title: string,
  model: Model,
  about: About & { language?: Language } = {},
): Document & { body: string; styleHash: string } =>
  pageIn(editionOf(snapshot, about.language), view, title, model, about);

export function pageIn(
  edition: Edition,
  view: string,
  title: string,
  model: Model,
  about: About = {},
): Document & { body: string; styleHash: string } {
  const { snapshot, speech } = edition;
  const { text, hash } = style(view, snapshot.page.look);
  const body = renderText(view, {
    ...model,
    title,
    t: speech.t,
    small: speech.small,
    href: edition.href,
    style: text,
    head: headModel(edition, title, about),
    page: pageModel(edition),
    shape: shapeOf[snapshot.headline.indicator],
    favicon: `favicon-${snapshot.headline.indicator}.svg`,
    feeds: feedLinks(snapshot.page.url),
    stamp: about.stamp,
  });
  return { body, contentType, styleHash: hash };
}

const contentType = 'text/html; charset=utf-8';

function headModel(edition: Edition, title: string, { path, summary }: About) {
  const { snapshot, speech, languages } = edition;
  const { url, name } = snapshot.page;
  const others = languages.length > 1 ? languages : [];
  return {
    lang: intlLocale(speech.locale),
    locale: speech.locale,
    direction: speech.direction,
    isIndexed: path !== undefined,
    title,
    summary: summary ?? speech.t('page:about_page', { name }),
    canonical: path === undefined ? '' : url + edition.href(path),
    imageSize: cardSize,
    image: `${url}/og.png?v=${cardKey(snapshot)}`,
    alternates: others.map(({ locale, t }) => ({
      locale,
      name: t('page:language'),
      isCurrent: locale === speech.locale,
      path: pathIn(locale, path ?? '/'),
      url: url + pathIn(locale, path ?? '/'),
    })),
    /** What to show those whose language there is none in. */
    anyLanguage: url + pathIn(defaultLocale, path ?? '/'),
  };
}

/** Of the operator's own links, those that stand in the header; more would crowd a phone. */
const linksOnTop = 2;

function pageModel({ snapshot, speech }: Edition) {
  const { name, url, supportContact, look, logo } = snapshot.page;
  const frozenAt = snapshot.frozenAt ? timeOf(speech, 'full', snapshot.frozenAt) : undefined;
  return {
    name,
    url,
    logo,
    contact: contactModel(supportContact),
    links: look.links.slice(0, linksOnTop),
    linksBelow: look.links.slice(linksOnTop),
    footer: look.footer === '' ? '' : wordsToHtml(look.footer),
    frozenAt,
    frozenWords: speech.t('page:frozen', { time: '\n' }).split('\n'),
  };
}

/** Components a subscriber may choose, as the form shows them. */
export const subscribeChoices = (snapshot: PublicSnapshot, chosen: string[] = []) => {
  const groupNames = new Map(snapshot.groups.map((group) => [group.id, group.name]));
  return snapshot.components.map(({ id, name, groupId }) => ({
    id,
    name,
    group: groupId === null ? '' : (groupNames.get(groupId) ?? ''),
    isChosen: chosen.includes(id),
  }));
};

const feedLinks = (url: string) => [
  { name: 'RSS', type: 'application/rss+xml', path: '/feed.rss', url: `${url}/feed.rss` },
  { name: 'Atom', type: 'application/atom+xml', path: '/feed.atom', url: `${url}/feed.atom` },
  { name: 'JSON', type: 'application/feed+json', path: '/feed.json', url: `${url}/feed.json` },
];

/** Views that show no more than the front page's parts do with less style, and so with fewer bytes. */
const plainViews = new Set(['public/home']);

let sheets: { core: string; more: string } | undefined;
const hashes = new Map<string, string>();
/** Looks change rarely; more than these at once are a mistake's, not a page's. */
const hashesKept = 50;

/** The one style block of a public page: in the page itself, so that one request shows it. */
function style(view: string, look: PageLook): { text: string; hash: string } {
  sheets ??= {
    core: ['tokens.css', 'public.css'].map((name) => tighten(assetText(name))).join(''),
    more: tighten(assetText('public-more.css')),
  };
  const text = sheets.core + (plainViews.has(view) ? '' : sheets.more) + lookStyle(look);
  let hash = hashes.get(text);
  if (hash === undefined) {
    if (hashes.size >= hashesKept) hashes.clear();
    hashes.set(text, (hash = inlineHash(text)));
  }
  return { text, hash };
}

/** Our own style sheets without comments and needless space; they hold neither inside strings. */
const tighten = (css: string) =>
  css
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/\s*([{};,])\s*/g, '$1')
    .replaceAll(/: /g, ':')
    .replaceAll(';}', '}')
    .trim();
