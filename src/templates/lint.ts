// What keeps an email from being sent: before compiling (limits, braces, tags, prompts left in) and
// after (size, the unsubscribe link). Pure; every problem names its part and, where known, its line.
import { isSingleLine } from '../shared/text.ts';
import { isOneOf } from '../shared/words.ts';
import { badLinks, factOf, isFilled } from './fill.ts';
import { checkMjml, withoutComments } from './mjml-rules.ts';
import {
  blank,
  checkTemplate,
  keepLines,
  lineAt,
  resolveSections,
  tokensOf,
} from './placeholders.ts';
import {
  recipientSlots,
  type CompileOptions,
  type Facts,
  type MailProblem,
  type MailSource,
  type RecipientSlot,
} from './types.ts';
import { htmlSize } from './size.ts';
import { variables } from './variables.ts';

/** MJML source, in UTF-8 bytes. The plain part has the same limit. */
const sourceLimit = 64 * 1024;
export const subjectLimit = 200;
/** Gmail cuts a mail's HTML at about 102 KB and hides what follows, the unsubscribe link too. */
const htmlWarning = 80 * 1000;
const htmlLimit = 100 * 1000;

export interface LintedSource {
  problems: MailProblem[];
  /** True when the MJML may be compiled: nothing in its braces or tags is wrong. */
  compilable: boolean;
}

/** Looks at the source as written, with the facts that will fill it. */
export function lintSource(
  source: MailSource,
  facts: Facts,
  options: CompileOptions,
  styles: ReadonlySet<string>,
): LintedSource {
  const tooLarge = checkSizes(source);
  if (tooLarge.length > 0) return { problems: tooLarge, compilable: false };
  const hard = [
    ...checkBraces(source, facts, options.slots),
    ...checkTags(source.mjml, facts, styles),
  ];
  const soft = [
    ...checkSubject(source.subject, facts),
    ...checkPrompts(source, facts, options),
    ...checkFacts(source, facts, options),
    ...checkBlanks(source, facts),
  ];
  return { problems: [...hard, ...soft], compilable: !hard.some(isError) };
}

const isError = (problem: MailProblem) => problem.kind === 'error';

function checkSizes(source: MailSource): MailProblem[] {
  return (['mjml', 'plain'] as const)
    .filter((part) => Buffer.byteLength(source[part]) > sourceLimit)
    .map((part) => fault(part, null, 'This is too long: at most 64 KB.'));
}

function checkBraces(source: MailSource, facts: Facts, slots: readonly RecipientSlot[]) {
  const known = (name: string) => factOf(facts, name) !== undefined;
  const orSlot = (name: string) => known(name) || isOneOf(slots, name);
  const parts = [
    { part: 'subject', template: source.subject, allowed: known },
    { part: 'mjml', template: withoutComments(source.mjml), allowed: orSlot },
    { part: 'plain', template: source.plain, allowed: orSlot },
  ] as const;
  return parts.flatMap(({ part, template, allowed }) =>
    checkTemplate(template, allowed).map(({ line, message }) => fault(part, line, message)),
  );
}

/** As written and as it will be compiled: a section mark could hide a tag from the first look. */
function checkTags(mjml: string, facts: Facts, styles: ReadonlySet<string>): MailProblem[] {
  const context = { kindOf: (name: string) => factOf(facts, name)?.kind, styles };
  const written = withoutComments(mjml);
  const resolved = resolveSections(written, (name) => isFilled(facts, name), keepLines);
  const seen = new Set<string>();
  return [...checkMjml(written, context), ...checkMjml(resolved, context)].filter((problem) => {
    const key = `${problem.line} ${problem.message}`;
    return !seen.has(key) && seen.add(key);
  });
}

function checkSubject(subject: string, facts: Facts): MailProblem[] {
  if (!isSingleLine(subject)) return [fault('subject', 1, 'The subject is a single line.')];
  if (subject.length > subjectLimit) {
    return [fault('subject', 1, `The subject has at most ${subjectLimit} characters.`)];
  }
  const shown = resolveSections(
    subject,
    (name) => isFilled(facts, name),
    () => '',
  );
  const empty = tokensOf(shown).every((token) => !isFilled(facts, token.name));
  if (blank(shown).trim() !== '' || !empty) return [];
  return [{ ...fault('subject', 1, 'The subject is empty.'), kind: 'unfilled' }];
}

/** `[words in brackets]`, but not a Markdown link and not a CSS selector. */
const prompt = /(?<!\])\[(?=[^\]]*\p{L})([^\][{}<>\n]{1,200})\](?![([:])/gu;

const promptsIn = (text: string, mayStay: (words: string) => boolean) =>
  [...text.matchAll(prompt)].filter((found) => !mayStay(found[1] ?? ''));

function checkPrompts(source: MailSource, facts: Facts, options: CompileOptions): MailProblem[] {
  // "[Acme Status] [EU] Payments fail" names the page and quotes the title: that is no prompt.
  const named = Object.keys(facts)
    .map((name) => factOf(facts, name))
    .filter((fact) => fact?.kind === 'text')
    .map((fact) => `[${fact?.value}] ${fact?.value}`);
  const isValue = (words: string) => named.some((value) => value.includes(`[${words}]`));
  const mjml = withoutComments(source.mjml).replaceAll(
    /<mj-style[\s\S]*?<\/mj-style\s*>/g,
    keepLines,
  );
  const parts = [
    { part: 'subject', text: options.bracketedFacts === 'allow' ? '' : source.subject },
    { part: 'mjml', text: mjml },
    { part: 'plain', text: source.plain },
  ] as const;
  return parts.flatMap(({ part, text }) =>
    promptsIn(text, isValue).map((found) => ({
      part,
      line: lineAt(text, found.index),
      message: `Write over ${found[0]}, or take it out.`,
      kind: 'unfilled' as const,
    })),
  );
}

/** Names and times are facts already; prompts can stay in what a person writes for this mail. */
function checkFacts(source: MailSource, facts: Facts, options: CompileOptions): MailProblem[] {
  const links = badLinks(facts).map((name) => ({
    ...fault('facts', null, `${labelOf(name)} is not an http, https or mailto address.`),
    fact: name,
  }));
  if (options.bracketedFacts === 'allow') return links;
  const used = new Set(
    [source.subject, source.mjml, source.plain].flatMap((text) =>
      tokensOf(text).map((token) => token.name),
    ),
  );
  const written = [...used].filter((name) => factOf(facts, name)?.kind === 'markdown');
  const prompts = written.flatMap((name) =>
    promptsIn(factOf(facts, name)?.value ?? '', () => false).map((found) => ({
      part: 'facts' as const,
      line: null,
      message: `${labelOf(name)}: write over ${found[0]}, or clear the field.`,
      kind: 'unfilled' as const,
      fact: name,
    })),
  );
  return [...links, ...prompts];
}

const labelOf = (name: string) =>
  variables.find((variable) => variable.name === name)?.label ?? name;

/** An empty value outside a section of its own leaves a hole in the sentence. */
function checkBlanks(source: MailSource, facts: Facts): MailProblem[] {
  return (['mjml', 'plain'] as const).flatMap((part) => {
    const shown = resolveSections(source[part], (name) => isFilled(facts, name), keepLines);
    return tokensOf(shown)
      .filter(({ name }) => factOf(facts, name) && !isFilled(facts, name))
      .map((token) => ({
        part,
        line: lineAt(shown, token.start),
        message: `{{${token.name}}} is empty here.`,
        kind: 'warning' as const,
      }));
  });
}

/** Looks at the finished parts, which still hold their slots. */
export function lintResult(html: string, plain: string, slots: readonly RecipientSlot[]) {
  const problems: MailProblem[] = [];
  const needed = recipientSlots.filter((slot) => slot !== 'manage_url' && slots.includes(slot));
  for (const slot of needed) {
    const name = slot === 'unsubscribe_url' ? 'unsubscribe' : 'confirmation';
    const message = `The ${name} link {{${slot}}} is missing.`;
    if (!html.includes(`{{${slot}}}`)) problems.push(fault('mjml', null, message));
    if (!plain.includes(`{{${slot}}}`)) problems.push(fault('plain', null, message));
  }
  const { decoded, encoded } = htmlSize(html);
  const size = Math.max(decoded, encoded);
  const kilobytes = Math.ceil(size / 1000);
  if (size > htmlLimit) {
    const message = `The email is ${kilobytes} KB; at 100 KB mail programs cut it off.`;
    problems.push(fault('mjml', null, message));
  } else if (size > htmlWarning) {
    const message = `The email is ${kilobytes} KB, close to the 100 KB at which it is refused.`;
    problems.push({ ...fault('mjml', null, message), kind: 'warning' });
  }
  return problems;
}

export function fault(
  part: MailProblem['part'],
  line: number | null,
  message: string,
): MailProblem {
  return { part, line, message, kind: 'error' };
}
