// Puts values into the finished parts of a mail, each escaped for the place it lands in. Pure.
// Values enter after MJML has run (S-56), so nothing in them is ever read as MJML or as a template.
import { Parser } from 'htmlparser2';
import { markdownToText, renderMarkdown } from '../shared/markdown.ts';
import { cleanText, escapeHtml } from '../shared/text.ts';
import { isSafeLink } from './links.ts';
import { lineAt, tokensOf, type TemplateProblem } from './placeholders.ts';
import { escapeBraces } from './slots.ts';
import type { Fact, Facts } from './types.ts';

/** The fact of that name, if it is one: never a property that all objects have (S-31). */
export const factOf = (facts: Facts, name: string): Fact | undefined =>
  Object.hasOwn(facts, name) ? facts[name] : undefined;

export const isFilled = (facts: Facts, name: string) =>
  (factOf(facts, name)?.value ?? '').trim() !== '';

/** A fact as one line of plain text. */
const asLine = (fact: Fact) => asText(fact).replaceAll(/\s+/g, ' ').trim();

const asText = (fact: Fact) =>
  fact.kind === 'markdown' ? markdownToText(fact.value) : cleanText(fact.value).trim();

/** The subject with its values: always a single line. */
export const fillSubject = (subject: string, facts: Facts) =>
  replaceValues(subject, (name) => {
    const fact = factOf(facts, name);
    return fact ? asLine(fact) : undefined;
  }).trim();

/** The plain part with its values; recipient slots stay. */
export const fillPlain = (plain: string, facts: Facts) =>
  replaceValues(plain, (name) => {
    const fact = factOf(facts, name);
    return fact ? escapeBraces('plain', asText(fact)) : undefined;
  });

function replaceValues(template: string, valueOf: (name: string) => string | undefined): string {
  let result = '';
  let end = 0;
  for (const token of tokensOf(template)) {
    const value = valueOf(token.name);
    if (value === undefined) continue;
    result += template.slice(end, token.start) + value;
    end = token.end;
  }
  return result + template.slice(end);
}

/** Where in a document a placeholder stands. */
export interface Place {
  /** The innermost element around it, or the element whose attribute it is in. */
  tag: string;
  /** Undefined in text. */
  attribute: string | undefined;
  /** True when the attribute's value begins with it. */
  first: boolean;
}

const textOnly = ['title', 'mj-title', 'mj-preview'];
const wordAttributes = ['alt', 'title', 'aria-label'];

/** Why a value of this kind may not stand there; undefined when it may. */
export function misplaced(kind: Fact['kind'], place: Place | undefined): string | undefined {
  if (!place || ['style', 'mj-style', 'script'].includes(place.tag)) {
    return 'cannot stand here';
  }
  if (place.attribute === undefined) {
    const inWords = kind !== 'markdown' || !textOnly.includes(place.tag);
    return inWords ? undefined : 'may hold several paragraphs and cannot stand in a single line';
  }
  if (kind === 'markdown') return 'may hold several paragraphs and cannot stand in an attribute';
  if (kind === 'url' && place.attribute === 'href' && place.first) return undefined;
  if (kind === 'text' && wordAttributes.includes(place.attribute)) return undefined;
  return `cannot stand in the attribute ${place.attribute}`;
}

/**
 * Where each `{{placeholder}}` of a document stands, in order. In comments, and wherever the parser
 * sees neither text nor an attribute, there is no place.
 */
export function placesOf(html: string): (Place | undefined)[] {
  const spans: { start: number; end: number; tag: string; isText: boolean }[] = [];
  const stack: string[] = [];
  const parser = new Parser(
    {
      onopentag: (name) => {
        spans.push({ start: parser.startIndex, end: parser.endIndex, tag: name, isText: false });
        stack.push(name);
      },
      ontext: () => {
        const tag = stack.at(-1) ?? '';
        spans.push({ start: parser.startIndex, end: parser.endIndex, tag, isText: true });
      },
      onclosetag: () => void stack.pop(),
    },
    { decodeEntities: false, recognizeSelfClosing: true },
  );
  parser.end(html);
  let next = 0;
  return tokensOf(html).map((token) => {
    while (next < spans.length && (spans[next]?.end ?? 0) < token.start) next += 1;
    const span = spans[next];
    if (!span || span.start > token.start) return undefined;
    if (span.isText) return { tag: span.tag, attribute: undefined, first: false };
    return attributePlace(span.tag, html.slice(span.start, token.start));
  });
}

/** `before` is the tag's source up to the placeholder. */
function attributePlace(tag: string, before: string): Place | undefined {
  const match =
    /\s([\w:-]+)\s*=\s*"([^"]*)$/.exec(before) ?? /\s([\w:-]+)\s*=\s*'([^']*)$/.exec(before);
  if (!match) return undefined;
  return { tag, attribute: match[1] ?? '', first: (match[2] ?? '').trim() === '' };
}

/** The HTML with its values; recipient slots stay. Values that may not stand where they are stay out. */
export function fillHtml(
  html: string,
  facts: Facts,
): { html: string; problems: TemplateProblem[] } {
  const problems: TemplateProblem[] = [];
  const places = placesOf(html);
  let result = '';
  let end = 0;
  for (const [index, token] of tokensOf(html).entries()) {
    const fact = factOf(facts, token.name);
    if (!fact) continue;
    const place = places[index];
    const why = misplaced(fact.kind, place);
    if (why || !place) {
      problems.push({ line: lineAt(html, token.start), message: `{{${token.name}}} ${why}.` });
      continue;
    }
    result += html.slice(end, token.start) + escapeBraces('html', asHtml(fact, place));
    end = token.end;
  }
  return { html: result + html.slice(end), problems };
}

function asHtml(fact: Fact, place: Place): string {
  if (fact.kind === 'url' && !isSafeLink(fact.value)) return '';
  if (fact.kind === 'markdown') return renderMarkdown(fact.value);
  if (place.attribute !== undefined || textOnly.includes(place.tag)) {
    return escapeHtml(asLine(fact));
  }
  return escapeHtml(asText(fact)).replaceAll('\n', '<br>');
}

/** Links among the facts that are no links. */
export const badLinks = (facts: Facts) =>
  Object.keys(facts).filter((name) => {
    const fact = factOf(facts, name);
    return fact?.kind === 'url' && fact.value !== '' && !isSafeLink(fact.value);
  });
