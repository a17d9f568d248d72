// The logic-less template language: `{{name}}`, `{{#name}}shown when filled{{/name}}`,
// `{{^name}}shown when empty{{/name}}`. Pure: it knows names and nothing about values (S-31).

export interface Token {
  kind: 'value' | 'open' | 'close';
  name: string;
  /** `{{^name}}`: shown when empty. */
  inverted: boolean;
  start: number;
  end: number;
}

export interface TemplateProblem {
  line: number;
  message: string;
}

const placeholder = /\{\{([#^/]?)([a-z][a-z0-9_]{0,39})\}\}/g;

/** The line, counted from 1, of a position in a text. */
export const lineAt = (text: string, position: number) =>
  text.slice(0, position).split('\n').length;

/** Every placeholder of a template, in order. */
export function tokensOf(template: string): Token[] {
  return [...template.matchAll(placeholder)].map((match) => ({
    kind: match[1] === '/' ? 'close' : match[1] === '' ? 'value' : 'open',
    name: match[2] ?? '',
    inverted: match[1] === '^',
    start: match.index,
    end: match.index + match[0].length,
  }));
}

/** What is wrong with a template's braces, given the names that mean something in it. */
export function checkTemplate(template: string, known: (name: string) => boolean) {
  const tokens = tokensOf(template);
  return [
    ...checkNames(template, tokens, known),
    ...checkSections(template, tokens),
    ...checkStray(template, tokens),
  ].toSorted((a, b) => a.line - b.line);
}

function checkNames(template: string, tokens: Token[], known: (name: string) => boolean) {
  return tokens
    .filter((token) => token.kind !== 'close' && !known(token.name))
    .map((token) => ({
      line: lineAt(template, token.start),
      message: `{{${token.name}}} is not a placeholder of this email.`,
    }));
}

function checkSections(template: string, tokens: Token[]): TemplateProblem[] {
  const problems: TemplateProblem[] = [];
  let open: Token | undefined;
  for (const token of tokens) {
    if (token.kind === 'value') continue;
    const line = lineAt(template, token.start);
    if (token.kind === 'open' && open) {
      const message = `The section {{#${token.name}}} stands inside {{#${open.name}}}: sections cannot be nested.`;
      problems.push({ line, message });
    } else if (token.kind === 'close' && open?.name !== token.name) {
      problems.push({ line, message: `{{/${token.name}}} closes nothing here.` });
    }
    open = token.kind === 'open' ? token : undefined;
  }
  if (open) {
    const message = `The section {{#${open.name}}} is never closed with {{/${open.name}}}.`;
    problems.push({ line: lineAt(template, open.start), message });
  }
  return problems;
}

/** Double braces that are no placeholder: `{{ Title }}`, `{{{title}}}`, `{{client name}}`. */
function checkStray(template: string, tokens: Token[]): TemplateProblem[] {
  const blanked = blank(template, tokens);
  return [...blanked.matchAll(/\{\{|\}\}/g)]
    .filter((brace) => brace[0] === '{{' || !insideStyle(template, brace.index))
    .map((brace) => ({
      line: lineAt(template, brace.index),
      message: `These braces are not a placeholder: write it as {{name}}, small letters, no spaces.`,
    }));
}

/** Nested rules in CSS end in `}}`, which means nothing here. */
function insideStyle(template: string, position: number): boolean {
  const before = template.slice(0, position);
  return before.lastIndexOf('<mj-style') > before.lastIndexOf('</mj-style');
}

/** The template with its placeholders replaced by spaces: same length, same lines. */
export function blank(template: string, tokens = tokensOf(template)): string {
  let result = '';
  let end = 0;
  for (const token of tokens) {
    result += template.slice(end, token.start) + ' '.repeat(token.end - token.start);
    end = token.end;
  }
  return result + template.slice(end);
}

/**
 * Resolves the sections of a well-formed template: shown ones lose their marks, the others their
 * words. `hidden` says what stands in for hidden words.
 */
export function resolveSections(
  template: string,
  filled: (name: string) => boolean,
  hidden: (words: string) => string,
): string {
  let result = '';
  let end = 0;
  let shown = true;
  for (const token of tokensOf(template)) {
    if (token.kind === 'value') continue;
    const words = template.slice(end, token.start);
    result += shown ? words : hidden(words);
    shown = token.kind === 'close' || filled(token.name) !== token.inverted;
    end = token.end;
  }
  return result + (shown ? template.slice(end) : hidden(template.slice(end)));
}

/** Keeps the lines of what is hidden, so that later messages name the right one. */
export const keepLines = (words: string) => words.replaceAll(/[^\n]+/g, '');

/** Takes a section mark that stands alone on its line away together with the line. */
export const joinLoneMarks = (template: string) =>
  template.replaceAll(/^[ \t]*(\{\{[#^/][a-z][a-z0-9_]{0,39}\}\})[ \t]*\n/gm, '$1');
