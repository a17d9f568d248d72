// What an email's MJML may contain. MJML itself copies attributes and inner HTML through unescaped,
// so the tags, attributes and links are held to a list before it runs (SECURITY T9).
import { Parser } from 'htmlparser2';
import { misplaced, placesOf } from './fill.ts';
import { isSafeLink, isSafePicture, isUnsafeCss } from './links.ts';
import { lineAt, tokensOf } from './placeholders.ts';
import { isOneOf } from '../shared/words.ts';
import { recipientSlots, type Fact, type MailProblem } from './types.ts';

const list = (names: string) => new Set(names.split(' '));

const blocks = list(
  'mjml mj-head mj-title mj-preview mj-attributes mj-all mj-class mj-style mj-breakpoint ' +
    'mj-body mj-wrapper mj-section mj-column mj-group mj-text mj-button mj-divider mj-spacer ' +
    'mj-image mj-table',
);
const inline = list('p br strong b em i a span hr ul ol li h1 h2 h3 tr td th');
const inlineAttributes = list(
  'href title class style lang dir align valign width scope colspan role aria-label ' +
    'aria-hidden',
);
const why: Record<string, string> = {
  'mj-include': 'Files cannot be included: put the words here.',
  'mj-raw': 'Raw HTML is not possible in emails: use mj-text.',
  'mj-html-attributes': 'mj-html-attributes is not possible in emails.',
  'mj-style': 'The style block may not be changed: use attributes such as color and padding.',
};
const maxDepth = 40;

export interface MjmlContext {
  /** The kind of value behind a placeholder's name. */
  kindOf: (name: string) => Fact['kind'] | undefined;
  /** The style blocks of the shipped templates: the only ones allowed. */
  styles: ReadonlySet<string>;
}

type Report = (position: number, message: string, kind?: MailProblem['kind']) => void;

/** The source without comments, its lines kept. */
export const withoutComments = (mjml: string) =>
  mjml.replaceAll(/<!--[\s\S]*?-->/g, (comment) => comment.replaceAll(/[^\n]+/g, ''));

/** Walks the MJML (comments removed) and names, with its line, whatever may not be in it. */
export function checkMjml(mjml: string, context: MjmlContext): MailProblem[] {
  const problems: MailProblem[] = [];
  const report: Report = (position, message, kind = 'error') => {
    problems.push({ part: 'mjml', line: lineAt(mjml, position), message, kind });
  };
  for (const { index, 0: mark } of mjml.matchAll(/<!--|<!|<\?/g)) {
    // Parsers disagree on where these end, so what they hide could not be checked.
    const unclosed = mark === '<!--';
    report(
      index,
      unclosed ? 'This comment is never closed with -->.' : `${mark} belongs to no email.`,
    );
  }
  walk(mjml, context, report);
  checkPlaces(mjml, context, report);
  return problems;
}

function walk(mjml: string, context: MjmlContext, report: Report): void {
  const stack: { name: string; position: number }[] = [];
  const seen = new Set<string>();
  let quotes: Record<string, string | null | undefined> = {};
  let style = '';
  const parser = new Parser(
    {
      onattribute: (name, _, quote) => void (quotes[name] ??= quote),
      onopentag(name, attributes) {
        const position = parser.startIndex;
        seen.add(name);
        stack.push({ name, position });
        style = '';
        if (stack.length === maxDepth) report(position, 'These tags are nested too deep.');
        checkTag(name, attributes, (message, kind) => report(position, message, kind));
        for (const [key, value] of Object.entries(attributes)) {
          checkAttribute({ tag: name, key, value, quote: quotes[key] }, (message) =>
            report(position, message),
          );
        }
        quotes = {};
      },
      ontext: (text) => void (style += text),
      onclosetag(name, implied) {
        const opened = stack.pop();
        if (implied && name.startsWith('mj') && !closesItself(mjml, parser.endIndex)) {
          report(opened?.position ?? 0, `<${name}> is never closed with </${name}>.`);
        }
        if (name === 'mj-style' && !context.styles.has(style.trim())) {
          report(opened?.position ?? 0, why['mj-style'] ?? '');
        }
      },
    },
    { recognizeSelfClosing: true, lowerCaseTags: true },
  );
  parser.end(mjml);
  if (!seen.has('mjml') || !seen.has('mj-body')) {
    report(0, 'An email begins with <mjml> and has an <mj-body>.');
  }
  if (!seen.has('mj-title')) report(0, 'Add an mj-title: some programs read it aloud.', 'warning');
}

const closesItself = (mjml: string, end: number) => mjml.slice(end - 1, end + 1) === '/>';

function checkTag(
  name: string,
  attributes: Record<string, string>,
  report: (message: string, kind?: MailProblem['kind']) => void,
): void {
  if (!blocks.has(name) && !inline.has(name)) {
    const reason = Object.hasOwn(why, name) ? why[name] : undefined;
    report(reason ?? `<${name}> is not possible in emails.`);
  }
  if (name === 'mjml' && !attributes['lang']) {
    report('Add lang="en" to <mjml>: screen readers need the language.', 'warning');
  }
  if (name === 'mj-image' && attributes['alt'] === undefined) {
    report('This mj-image has no alt text: many people never see pictures.');
  }
}

interface Attribute {
  tag: string;
  key: string;
  value: string;
  quote: string | null | undefined;
}

function checkAttribute({ tag, key, value, quote }: Attribute, report: (message: string) => void) {
  if (/[{}]/.test(key)) return report('A section mark cannot stand inside a tag.');
  if (/^on/i.test(key)) return report(`Scripts are not possible in emails: remove ${key}.`);
  if (inline.has(tag) && !inlineAttributes.has(key)) {
    return report(`The attribute ${key} is not possible on <${tag}>.`);
  }
  if (['srcset', 'background-url', 'background', 'name'].includes(key) && tag !== 'mj-class') {
    return report(`The attribute ${key} is not possible in emails.`);
  }
  if (quote !== '"' && value !== '' && /["\s]/.test(value) && quote !== "'") {
    return report(`Put the value of ${key} in double quotes.`);
  }
  if (/[<>]/.test(value) || (quote !== '"' && value.includes('"'))) {
    return report(`The value of ${key} may not hold quotes or angle brackets.`);
  }
  if (key === 'href') return checkHref(value, report);
  if (key === 'src' && !isSafePicture(value)) {
    return report('A picture needs an address that begins with https://.');
  }
  if (!['alt', 'title', 'aria-label', 'src'].includes(key) && isUnsafeCss(value)) {
    report(`The value of ${key} may not load anything or hold backslashes.`);
  }
}

function checkHref(value: string, report: (message: string) => void): void {
  const stand = value.trim().replaceAll(/\{\{[a-z0-9_]+\}\}/g, 'x');
  const begins = /^\{\{[a-z0-9_]+\}\}/.test(value.trim());
  if (isSafeLink(begins ? `https://${stand}` : stand)) return;
  report(
    'A link begins with https://, http:// or mailto:, or is a placeholder such as {{page_url}}.',
  );
}

/** Placeholders may stand only where their kind of value can be escaped. */
function checkPlaces(mjml: string, context: MjmlContext, report: Report): void {
  const places = placesOf(mjml);
  for (const [index, token] of tokensOf(mjml).entries()) {
    if (token.kind !== 'value') continue;
    const isSlot = isOneOf(recipientSlots, token.name);
    const kind = isSlot ? 'url' : context.kindOf(token.name);
    const reason = kind && misplaced(kind, places[index]);
    if (reason) report(token.start, `{{${token.name}}} ${reason}.`);
  }
}
