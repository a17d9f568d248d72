import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../src/shared/address.ts';
import { line, optionalLine, wholeNumber } from '../../src/shared/form.ts';
import { publicIdPattern, randomIds, sameSecret } from '../../src/shared/ids.ts';
import { markdownToText, renderMarkdown } from '../../src/shared/markdown.ts';
import { cleanText, escapeHtml, isSingleLine, maskAddress } from '../../src/shared/text.ts';

describe('addresses (T6, S-68)', () => {
  it.each([
    ['ann@example.com', 'ann@example.com'],
    ['  Ann@Example.COM ', 'ann@example.com'],
    ['ａｎｎ@example.com', 'ann@example.com'],
    ['ann+status@example.com', 'ann+status@example.com'],
    ['ann@bücher.example', 'ann@xn--bcher-kva.example'],
    ['status@localhost', 'status@localhost'],
  ])('reads %j as %j', (text, key) => expect(parseAddress(text)?.key).toBe(key));

  it.each([
    '',
    'ann',
    'ann@',
    '@example.com',
    'ann@@example.com',
    'a@b@c.test',
    'ann@example.com, bob@example.com',
    'ann@example.com;bob@example.com',
    'Ann <ann@example.com>',
    '"ann b"@example.com',
    'ann b@example.com',
    'ann@exam ple.com',
    'ann@example.com\r\nBcc: bob@example.com',
    'ann\u0000@example.com',
    'ann@example.com\u2028',
    'ånn@example.com',
    '.ann@example.com',
    'ann..b@example.com',
    'ann@-example.com',
    'ann@[127.0.0.1]',
    `${'a'.repeat(65)}@example.com`,
    `ann@${'a'.repeat(250)}.com`,
    'ann@example.com\n',
    '\tann@example.com',
  ])('refuses %j', (text) => expect(parseAddress(text)).toBeUndefined());
});

describe('form fields', () => {
  it.each([
    ['a', true],
    ['  a  ', true],
    ['a\n', false],
    ['\r\na', false],
    ['a\u2028', false],
    ['a\u0000', false],
  ])('one line: %j is taken: %s (S-51)', (text, taken) => {
    expect(line(10).safeParse(text)).toMatchObject(
      taken ? { success: true, data: 'a' } : { success: false },
    );
    expect(optionalLine(10).safeParse(text).success).toBe(taken);
  });

  it.each<[unknown, number | undefined]>([
    ['30', 30],
    ['030', 30],
    [30, 30],
    ['4', undefined],
    [61, undefined],
    [5.5, undefined],
    ['1e1', undefined],
    ['0x1e', undefined],
    ['+30', undefined],
    ['30.0', undefined],
    [' 30', undefined],
    ['30\n', undefined],
    ['', undefined],
    [true, undefined],
    [['30'], undefined],
    [undefined, undefined],
  ])('a whole number from 5 to 60: %j is %j', (raw, number) =>
    expect(wholeNumber(5, 60).safeParse(raw).data).toBe(number),
  );
});

describe('Markdown (S-30, S-33, S-34)', () => {
  it.each([
    ['**Bold** and _soft_', '<p><strong>Bold</strong> and <em>soft</em></p>'],
    ['one\ntwo', '<p>one<br />\ntwo</p>'],
    [
      '[site](https://example.com)',
      '<p><a href="https://example.com" rel="nofollow noopener">site</a></p>',
    ],
    ['# Big', '<h3>Big</h3>'],
  ])('renders %j', (source, html) => expect(renderMarkdown(source)).toBe(html));

  it.each([
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '[x](javascript:alert(1))',
    '[x](data:text/html,hi)',
    '[x](//evil.example)',
    '![x](https://evil.example/pixel.png)',
    '<svg/onload=alert(1)>',
    '[x](https://a"onmouseover="alert(1))',
    '<a href="https://x" style="position:fixed">x</a>',
  ])('leaves nothing alive of %j', (source) => {
    const live = renderMarkdown(source).replaceAll(/&lt;[\s\S]*?&gt;/g, '');
    expect(live).not.toMatch(
      /<(script|img|svg|iframe)|<[^>]+\s(on\w+|style)=|href="(javascript|data|\/\/)/i,
    );
  });

  it('keeps what a link points to in plain text', () => {
    expect(
      markdownToText('See [the page](https://example.com/a?b=1&c=2).\n\n- one\n- two & three'),
    ).toBe('See the page (https://example.com/a?b=1&c=2).\n\n- one\n- two & three');
  });

  it.each([
    ['brackets', '['.repeat(19_000)],
    ['emphasis', '*a_'.repeat(6_000)],
    ['quotes', '>'.repeat(19_000)],
    ['links', '[a](b'.repeat(3_800)],
    ['backticks', '`a'.repeat(9_000)],
    ['spaces', `a${' '.repeat(19_000)}b`],
    ['spaces in code', `\`a${' '.repeat(19_000)}b\``],
    ['cells', `${'|a'.repeat(3_000)}|\n${'|-'.repeat(3_000)}|\n${'|\n'.repeat(3_000)}`],
  ])('renders a wall of %s without hanging', (_, source) => {
    const start = process.cpuUsage();
    expect(markdownToText(source)).toBeTypeOf('string');
    const { user } = process.cpuUsage(start);
    // Many times what it takes, and a fraction of what a quadratic way through it takes.
    expect(user / 1000).toBeLessThan(750);
  });
});

describe('text', () => {
  it('cleans controls and lone surrogates, keeps tabs and newlines', () => {
    expect(cleanText('a\u0000b\r\nc\td\u0007\uD800e\uFFFF')).toBe('ab\nc\td\uFFFDe');
  });

  it.each(['a\nb', 'a\rb', 'a\u0000b', 'a\u2028b', 'a\u0085b'])(
    '%j is not a single line (S-51)',
    (text) => expect(isSingleLine(text)).toBe(false),
  );

  it('escapes once', () =>
    expect(escapeHtml(`<a href="x">'&amp;`)).toBe('&lt;a href=&quot;x&quot;&gt;&#39;&amp;amp;'));
  it('masks an address', () => expect(maskAddress('ann.smith@example.com')).toBe('a…@example.com'));
});

describe('ids', () => {
  it('are 12 consonants and digits, and differ', () => {
    const ids = Array.from({ length: 1000 }, () => randomIds.publicId());
    expect(ids.every((id) => publicIdPattern.test(id))).toBe(true);
    expect(new Set(ids).size).toBe(1000);
  });

  it('compare secrets of any length', () => {
    expect(sameSecret('abc', 'abc')).toBe(true);
    expect(sameSecret('abc', 'abcd')).toBe(false);
  });
});
