// HTML of authors becomes Markdown; words without HTML stay exactly as they were.
import { describe, expect, it } from 'vitest';
import { wordsFromHtml } from '../../src/importer/words.ts';
import { renderMarkdown } from '../../src/shared/markdown.ts';

it.each([
  ['plain words', 'We look into it.\n\nMore soon.', 'We look into it.\n\nMore soon.'],
  ['returns', 'One\r\nTwo\r\n\r\nThree', 'One\nTwo\n\nThree'],
  [
    'Markdown',
    '**Bold** and [link](https://x.example) < 3 > 2',
    '**Bold** and [link](https://x.example) < 3 > 2',
  ],
  ['an address in angle brackets', 'See <https://x.example>.', 'See <https://x.example>.'],
  ['line breaks', 'One<br />Two<br><br/>Three', 'One\nTwo\n\nThree'],
  ['paragraphs', '<p>One</p><p>Two</p>', 'One\n\nTwo'],
  [
    'a link',
    '<a href="https://x.example/a?b=1&amp;c=2">here</a>',
    '[here](https://x.example/a?b=1&c=2)',
  ],
  [
    'a link with brackets',
    '<a href="https://x.example/(a)">[a]</a>',
    String.raw`[\[a\]](https://x.example/%28a%29)`,
  ],
  ['emphasis', '<strong>Now</strong> <em>then</em> <code>x</code>', '**Now** *then* `x`'],
  [
    'a list',
    'We:<ul><li>stopped</li><li>restarted</li></ul>Done.',
    'We:\n\n- stopped\n- restarted\n\nDone.',
  ],
  ['numbers', '<ol><li>One</li><li>Two</li></ol>', '1. One\n2. Two'],
  ['entities beside tags', 'A &amp; B<br>C&nbsp;D', 'A & B\nC D'],
  ['unclosed tags', '<p>One<p>Two <b>three', 'One\n\nTwo **three**'],
])('%s', (_, html, markdown) => expect(wordsFromHtml(html)).toBe(markdown));

describe('what must not come through', () => {
  it.each([
    '<p>Hi</p><script>alert(1)</script>',
    '<p>Hi</p><iframe src="https://evil.example"></iframe>',
    '<a href="javascript:alert(1)">Hi</a>',
    '<img src=x onerror=alert(1)>Hi',
    '<p onclick="alert(1)">Hi</p>',
    '<b>Hi</b>&lt;script&gt;alert(1)&lt;/script&gt;',
    '<a href="https://x.example/)[x](javascript:alert(1)">Hi</a>',
  ])('%s', (html) => {
    const shown = renderMarkdown(wordsFromHtml(html));
    expect(shown).toContain('Hi');
    expect(shown).not.toMatch(/<script|<iframe|<img|onclick=|onerror=|href="javascript/i);
  });
});
