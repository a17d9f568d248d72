// From source and facts to a frozen mail: lint, resolve sections, compile, fill, look again.
import { cleanText } from '../shared/text.ts';
import { seconds } from '../shared/clock.ts';
import { packagePath } from '../shared/paths.ts';
import { auditHtml } from './audit.ts';
import { createMjmlCompiler } from './compiler.ts';
import { fillHtml, fillPlain, fillSubject, isFilled } from './fill.ts';
import { fault, lintResult, lintSource, subjectLimit } from './lint.ts';
import { withoutComments } from './mjml-rules.ts';
import { joinLoneMarks, keepLines, resolveSections } from './placeholders.ts';
import { shippedStyles } from './shipped.ts';
import type { CompileOptions, Facts, MailProblem, MailReview, MailSource } from './types.ts';

const compiler = createMjmlCompiler(packagePath('dist/templates/mjml-worker.js'), seconds(2));

/** How many documents were compiled since the start, and how often one took too long. */
export const compilerCounts = compiler.counts;
/** Ends the worker, for shutdown. */
export const closeCompiler = compiler.close;

/**
 * Compiles a mail as it will be sent, but for its recipient slots. Never throws for what a person
 * wrote: all of it comes back as problems, and `sendable` is false while one of them blocks.
 */
export async function compileMail(
  written: MailSource,
  facts: Facts,
  options: CompileOptions,
): Promise<MailReview> {
  const source: MailSource = {
    subject: written.subject,
    mjml: cleanText(written.mjml),
    plain: cleanText(written.plain),
  };
  const { problems, compilable } = lintSource(source, facts, options, await shippedStyles());
  if (!compilable) return review(undefined, problems);
  const filled = (name: string) => isFilled(facts, name);
  const mjml = resolveSections(withoutComments(source.mjml), filled, keepLines);
  const compiled = await compiler.compile(mjml);
  if ('faults' in compiled) {
    const faults = compiled.faults.map(({ line, message }) => fault('mjml', line, message));
    return review(undefined, [...problems, ...faults]);
  }
  const { html, problems: misplaced } = fillHtml(withColorScheme(compiled.html), facts);
  const audited = [...misplaced.map(({ message }) => message), ...auditHtml(html)];
  if (audited.length > 0) {
    const faults = audited.map((message) => fault('mjml', null, message));
    return review(undefined, [...problems, ...faults]);
  }
  const plain = composePlain(source.plain, facts);
  const { subject, problems: cut } = composeSubject(source.subject, facts);
  const after = lintResult(html, plain, options.slots);
  return review({ subject, html, plain }, [...problems, ...cut, ...after]);
}

function review(mail: MailReview['mail'], problems: MailProblem[]): MailReview {
  const blocked = problems.some((problem) => problem.kind !== 'warning');
  return { mail, problems, sendable: mail !== undefined && !blocked };
}

/** Tells mail programs that the mail brings its own dark colours; MJML has no tag for that. */
const withColorScheme = (html: string) =>
  html.replace(
    '<head>',
    '<head>\n    <meta name="color-scheme" content="light dark">\n    <meta name="supported-color-schemes" content="light dark">',
  );

function composePlain(template: string, facts: Facts): string {
  const filled = (name: string) => isFilled(facts, name);
  const shown = resolveSections(joinLoneMarks(template), filled, () => '');
  const text = fillPlain(shown.replaceAll(/\n{3,}/g, '\n\n').trim(), facts);
  return `${text}\n`;
}

function composeSubject(template: string, facts: Facts) {
  const filled = (name: string) => isFilled(facts, name);
  const line = resolveSections(template, filled, () => '').replaceAll(/\s+/g, ' ');
  const subject = fillSubject(line, facts);
  if (subject.length <= subjectLimit) return { subject, problems: [] };
  const cut = `${subject
    .slice(0, subjectLimit - 1)
    .toWellFormed()
    .trimEnd()}…`;
  const message = `The subject is cut at ${subjectLimit} characters.`;
  const problem: MailProblem = { ...fault('subject', 1, message), kind: 'warning' };
  return { subject: cut, problems: [problem] };
}
