// The template language itself: names, sections, lines.
import { expect, it } from 'vitest';
import {
  checkTemplate,
  joinLoneMarks,
  keepLines,
  resolveSections,
} from '../../src/templates/placeholders.ts';

const known = (name: string) => ['title', 'cause', 'fix'].includes(name);
const filled = (name: string) => name === 'title';

it.each([
  ['plain words', 'plain words'],
  ['a{{#title}} b {{title}}{{/title}} c', 'a b {{title}} c'],
  ['a{{#cause}} b {{cause}}{{/cause}} c', 'a c'],
  ['a{{^cause}} none{{/cause}}{{^title}} none{{/title}}', 'a none'],
  ['{{#title}}1{{/title}}{{#cause}}2{{/cause}}{{#title}}3{{/title}}', '13'],
])('resolves %j to %j', (template, result) => {
  expect(resolveSections(template, filled, () => '')).toBe(result);
});

it('keeps the lines of hidden words where lines matter', () => {
  const template = 'a\n{{#cause}}\nb\n{{/cause}}\nc';
  expect(resolveSections(template, filled, keepLines).split('\n')).toEqual(['a', '', '', '', 'c']);
  expect(resolveSections(joinLoneMarks(template), filled, () => '')).toBe('a\nc');
});

it.each([
  ['{{title}}\n{{client}}', [2, '{{client}} is not a placeholder']],
  ['{{constructor}}', [1, '{{constructor}} is not a placeholder']],
  ['x\ny\n{{ title }}', [3, 'These braces are not a placeholder']],
  ['{{TITLE}}', [1, 'These braces are not a placeholder']],
  ['{{process.env.SECRET_KEY}}', [1, 'These braces are not a placeholder']],
  ['a\n{{#cause}}', [2, 'is never closed']],
  ['a\n{{/cause}}', [2, 'closes nothing']],
  ['{{#cause}}{{/fix}}', [1, 'closes nothing']],
  ['{{#cause}}\n{{#fix}}\n{{/fix}}{{/cause}}', [2, 'cannot be nested']],
])('names the line of what is wrong in %j', (template, [line, message]) => {
  const [first] = checkTemplate(template, known);
  expect(first?.line).toBe(line);
  expect(first?.message).toContain(message);
});

it('finds nothing wrong in a good template', () => {
  expect(checkTemplate('{{title}} {{#cause}}{{cause}}{{/cause}} {', known)).toEqual([]);
});
