// Values in their places: escaped, never read as markup, as a template or as a slot (S-30, S-31, S-56).
import { expect, it } from 'vitest';
import { auditHtml } from '../../src/templates/audit.ts';
import { fillHtml, fillPlain, fillSubject } from '../../src/templates/fill.ts';
import { fillSlots, splitSlots } from '../../src/templates/slots.ts';
import type { Fact, Facts } from '../../src/templates/types.ts';

const fact = (kind: Fact['kind'], value: string): Facts => ({ x: { kind, value } });
const html = (template: string, facts: Facts) => fillHtml(template, facts).html;

it.each<[string, Fact['kind'], string, string]>([
  ['<p>{{x}}</p>', 'text', '<b>&"\'', '<p>&lt;b&gt;&amp;&quot;&#39;</p>'],
  ['<p>{{x}}</p>', 'text', 'one\ntwo', '<p>one<br>two</p>'],
  ['<title>{{x}}</title>', 'text', 'one\ntwo', '<title>one two</title>'],
  ['<img alt="{{x}}">', 'text', '" onload="x', '<img alt="&quot; onload=&quot;x">'],
  ['<div>{{x}}</div>', 'markdown', '**a** <i>', '<div><p><strong>a</strong> &lt;i&gt;</p></div>'],
  ['<a href="{{x}}">', 'url', 'https://e.com/?a=1&b=2', '<a href="https://e.com/?a=1&amp;b=2">'],
  ['<a href="{{x}}">', 'url', 'javascript:alert(1)', '<a href="">'],
  ['<p>{{x}}</p>', 'text', '{{title}}', '<p>&#123;&#123;title&#125;&#125;</p>'],
  ['<p>{{x}}</p>', 'text', '$& $1 $$', '<p>$&amp; $1 $$</p>'],
])('%s with %s %j', (template, kind, value, result) => {
  expect(html(template, fact(kind, value))).toBe(result);
});

it.each<[string, Fact['kind']]>([
  ['<a href="{{x}}">', 'text'],
  ['<a href="{{x}}">', 'markdown'],
  ['<a href="https://e.com/{{x}}">', 'url'],
  ['<p style="color:{{x}}">', 'text'],
  ['<p title="{{x}}">', 'markdown'],
  ["<p title='{{x}}'>", 'markdown'],
  ['<title>{{x}}</title>', 'markdown'],
  ['<style>{{x}}</style>', 'text'],
  ['<p {{x}}>', 'text'],
  ['<!-- {{x}} -->', 'text'],
])('refuses %s for a value of kind %s', (template, kind) => {
  const { html: left, problems } = fillHtml(template, fact(kind, 'https://e.com'));
  expect(problems).toHaveLength(1);
  expect(left).toBe(template);
});

it.each(['constructor', '__proto__', 'toString', 'hasownproperty'])(
  'takes no value for {{%s}} from what all objects have',
  (name) => {
    expect(html(`<p>{{${name}}}</p>`, {})).toBe(`<p>{{${name}}}</p>`);
    expect(fillPlain(`{{${name}}}`, {})).toBe(`{{${name}}}`);
    expect(fillSubject(`{{${name}}}`, {})).toBe(`{{${name}}}`);
  },
);

const hostile = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  '</title><script>x</script>',
  '</style><iframe src=//e.com>',
  '<a href="javascript:alert(1)">x</a>',
  '[x](javascript:alert(1)) ![y](https://e.com/p.png)',
  '<!-- --><svg/onload=x>',
  '{{unsubscribe_url}}{{#x}}{{/x}}',
  '<mj-raw><script></mj-raw>',
  '\u0000<\u0000script>',
  "' style='background:url(//e.com)",
];
const everywhere =
  '<html><head><title>{{t}}</title></head><body><div aria-label="{{t}}">{{t}}</div><td>{{m}}</td><a href="{{u}}">{{u}}</a></body></html>';

it.each(hostile)('keeps %j dead in text, Markdown and links', (value) => {
  const facts: Facts = {
    t: { kind: 'text', value },
    m: { kind: 'markdown', value },
    u: { kind: 'url', value },
  };
  const { html: result, problems } = fillHtml(everywhere, facts);
  expect(problems).toEqual([]);
  expect(auditHtml(result)).toEqual([]);
  expect(result).not.toMatch(/<(script|img|iframe|svg)|<a[^>]*href="javascript|\{\{/i);
});

it.each([
  '{{unsubscribe_url}}',
  '{',
  '{{{unsubscribe_url}}}',
  '{{brace}}',
  '{unsubscribe_url}}',
  'a {b} c',
])('keeps the value %j from passing for a slot', (value) => {
  const facts: Facts = {
    x: { kind: 'text', value },
    y: { kind: 'text', value: '{unsubscribe_url}}' },
  };
  const slots = { unsubscribe_url: 'https://e.com/u?a&b' };
  const mail = {
    subject: fillSubject('{{x}}', facts),
    html: html('<p>{{x}}{{y}}</p><a href="{{unsubscribe_url}}">', facts),
    plain: fillPlain('{{x}}{{y}} {{unsubscribe_url}}', facts),
  };
  const filled = fillSlots(mail, slots);
  expect(filled.subject).toBe(value);
  expect(filled.plain).toBe(`${value}{unsubscribe_url}} https://e.com/u?a&b`);
  const shown = `${value}{unsubscribe_url}}`.replaceAll('{', '&#123;').replaceAll('}', '&#125;');
  expect(filled.html).toBe(`<p>${shown}</p><a href="https://e.com/u?a&amp;b">`);
});

it('splits a part at its slots and nowhere else', () => {
  expect(splitSlots('plain', 'a {{brace}}x {{manage_url}} b {{other}}')).toEqual([
    'a {x ',
    { slot: 'manage_url' },
    ' b {{other}}',
  ]);
});

it('fails rather than send a mail with an empty slot', () => {
  const mail = { subject: '', html: '{{unsubscribe_url}}', plain: '' };
  expect(() => fillSlots(mail, {})).toThrow('unsubscribe_url');
});

it('makes a subject of several lines one line', () => {
  const facts = fact('text', 'a\r\nBcc: x@example.com\n b');
  expect(fillSubject('{{x}}', facts)).toBe('a Bcc: x@example.com b');
});
