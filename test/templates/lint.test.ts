// What blocks an email or warns about it, each at its line.
import { afterAll, describe, expect, it } from 'vitest';
import { closeCompiler, compileMail } from '../../src/templates/compile.ts';
import { shippedTemplate } from '../../src/templates/shipped.ts';
import type { Facts, MailSource } from '../../src/templates/types.ts';
import { facts, slots, written } from './facts.ts';

afterAll(() => closeCompiler());

const text = (inner: string) => `<mjml lang="en">
<mj-head><mj-title>{{title}}</mj-title></mj-head>
<mj-body><mj-section><mj-column>
<mj-text>
${inner}
<a href="{{unsubscribe_url}}">Unsubscribe</a>
</mj-text>
</mj-column></mj-section></mj-body>
</mjml>`;

const column = (inner: string) => text(`x</mj-text>\n${inner}\n<mj-text>`);

const source = (more: Partial<MailSource>): MailSource => ({
  subject: '{{title}}',
  mjml: text('Hello'),
  plain: '{{title}} {{unsubscribe_url}}',
  ...more,
});

const review = (more: Partial<MailSource>, given: Facts = facts('investigating')) =>
  compileMail(source(more), given, { slots });

it('has nothing to say about a good mail', async () => {
  const result = await review({});
  expect(written(result.problems)).toEqual([]);
  expect(result.sendable).toBe(true);
});

describe('MJML that may not be compiled', () => {
  const cases: [string, string][] = [
    [text('<script>x</script>'), 'mjml:5 error <script> is not possible'],
    [text('<iframe src="https://e.com"></iframe>'), 'mjml:5 error <iframe> is not possible'],
    [text('<form><input></form>'), 'mjml:5 error <form> is not possible'],
    [text('<svg></svg>'), 'mjml:5 error <svg> is not possible'],
    [text('<a href="javascript:alert(1)">x</a>'), 'mjml:5 error A link begins with'],
    [text('<a href="&#106;avascript:alert(1)">x</a>'), 'mjml:5 error A link begins with'],
    [text('<a href="data:text/html,x">x</a>'), 'mjml:5 error A link begins with'],
    [text('<a href="//e.com">x</a>'), 'mjml:5 error A link begins with'],
    [text('<p onclick="x">x</p>'), 'mjml:5 error Scripts are not possible'],
    [text('<p style="background:url(https://e.com/x)">x</p>'), 'mjml:5 error The value of style'],
    [text('<p style="background:u\\rl(x)">x</p>'), 'mjml:5 error The value of style'],
    [text('<img src="https://e.com/x.png">'), 'mjml:5 error <img> is not possible'],
    [column('<mj-include path="/etc/passwd" />'), 'mjml:6 error Files cannot be included'],
    [column('<mj-raw><script></script></mj-raw>'), 'mjml:6 error Raw HTML is not possible'],
    [column('<mj-hero></mj-hero>'), 'mjml:6 error <mj-hero> is not possible'],
    [column('<mj-image src="http://e.com/x.png" alt="x" />'), 'mjml:6 error A picture needs'],
    [
      column(`<mj-divider border-color='red"><script>' />`),
      'mjml:6 error The value of border-color',
    ],
    [
      column('<mj-spacer height="1px;background:url(//e.com)" />'),
      'mjml:6 error The value of height',
    ],
    [
      text('x').replace(
        '<mj-title>',
        '<mj-style>p { background: url(https://e.com) }</mj-style><mj-title>',
      ),
      'mjml:2 error The style block may not be changed',
    ],
    [text('x').replace('</mj-section>', ''), 'mjml:3 error <mj-section> is never closed'],
    [text('{{client_name}}'), 'mjml:5 error {{client_name}} is not a placeholder'],
    [text('{{__proto__}}'), 'mjml:5 error These braces are not a placeholder'],
    [text('{{confirm_url}}'), 'mjml:5 error {{confirm_url}} is not a placeholder'],
    [text('<a href="{{update}}">x</a>'), 'mjml:5 error {{update}} may hold several paragraphs'],
    [
      text('<a href="{{title}}">x</a>'),
      'mjml:5 error {{title}} cannot stand in the attribute href',
    ],
    [
      text('<span style="color:{{title}}">x</span>'),
      'mjml:5 error {{title}} cannot stand in the attribute style',
    ],
    [column('<mj-divider border-color="{{title}}" />'), 'mjml:6 error {{title}} cannot stand'],
    [text('<{{#title}}script>x</script>{{/title}}'), 'mjml:5 error <script> is not possible'],
    [
      text('<p {{#title}}title="x"{{/title}}>x</p>'),
      'mjml:5 error A section mark cannot stand inside',
    ],
    [text('<!-- never closed'), 'mjml:5 error This comment is never closed'],
    [text('<![CDATA[<script>]]>'), 'mjml:5 error <! belongs to no email'],
    ['x'.repeat(65_537), 'mjml:- error This is too long'],
    [text('<span>'.repeat(60)), 'mjml:5 error These tags are nested too deep'],
    ['Hello', 'mjml:1 error An email begins with <mjml>'],
    ['', 'mjml:1 error An email begins with <mjml>'],
  ];

  it.each(cases.map(([mjml, expected]) => ({ mjml, expected })))(
    '$expected',
    async ({ mjml, expected }) => {
      const result = await review({ mjml });
      expect(result.mail).toBeUndefined();
      expect(result.sendable).toBe(false);
      expect(written(result.problems).join('\n')).toContain(expected);
    },
  );

  it('passes on what MJML itself refuses, with its line', async () => {
    const result = await review({ mjml: column('<mj-text colour="red">x</mj-text>') });
    expect(result.mail).toBeUndefined();
    expect(written(result.problems)[0]).toMatch(/^mjml:6 error <mj-text>: .*colour/);
  });
});

describe('mail that can be seen but not sent', () => {
  it.each<[Partial<MailSource>, string]>([
    [{ subject: 'Problem with [issue]' }, 'subject:1 unfilled Write over [issue]'],
    [{ subject: ' ' }, 'subject:1 unfilled The subject is empty'],
    [{ subject: '{{cause}}x'.slice(0, 9) }, 'subject:1 unfilled The subject is empty'],
    [{ subject: 'a\r\nBcc: x@example.com' }, 'subject:1 error The subject is a single line'],
    [{ subject: 'x'.repeat(201) }, 'subject:1 error The subject has at most 200'],
    [{ mjml: text('Dear [client],') }, 'mjml:5 unfilled Write over [client]'],
    [{ plain: 'a\n[add impact] {{unsubscribe_url}}' }, 'plain:2 unfilled Write over [add impact]'],
    [
      { mjml: text('x').replaceAll('{{unsubscribe_url}}', 'https://e.com') },
      'mjml:- error The unsubscribe link',
    ],
    [
      { mjml: text('x').replace('<a', '{{#fix}}<a').replace('</a>', '</a>{{/fix}}') },
      'mjml:- error The unsubscribe link',
    ],
    [{ plain: 'x' }, 'plain:- error The unsubscribe link'],
  ])('%j', async (more, expected) => {
    const result = await review(more, facts('investigating', { personal: {} }));
    expect(result.sendable).toBe(false);
    expect(written(result.problems).some((line) => line.startsWith(expected))).toBe(true);
  });

  it('needs alt text on every picture', async () => {
    const result = await review({ mjml: column('<mj-image src="https://e.com/x.png" />') });
    expect(written(result.problems)[0]).toMatch(/^mjml:6 error This mj-image has no alt/);
    expect(result.sendable).toBe(false);
  });

  it.each([
    ['cannot_do', '[what customers cannot do]'],
    ['workaround', 'Call us, or [add workaround].'],
  ])('asks to fill the fact %s', async (name, value) => {
    const given = facts('investigating', { personal: { [name]: value } });
    const result = await compileMail(await shippedTemplate('investigating'), given, { slots });
    expect(result.mail).toBeDefined();
    expect(result.sendable).toBe(false);
    expect(result.problems).toMatchObject([{ part: 'facts', kind: 'unfilled', fact: name }]);
    const meant = await compileMail(await shippedTemplate('investigating'), given, {
      slots,
      bracketedFacts: 'allow',
    });
    expect(meant.sendable).toBe(true);
  });

  it('ignores the prompt of a fact that the mail no longer mentions', async () => {
    const given = facts('investigating', { personal: { cause: '[what the cause was]' } });
    expect((await review({}, given)).sendable).toBe(true);
  });
});

describe('what passes', () => {
  it.each<Partial<MailSource>>([
    { subject: '[Acme Status] {{title}}' },
    { subject: '[{{page_name}}] {{title}}' },
    { subject: '[Acme Status] [EU] Card payments fail' },
    { mjml: text('<!-- a note\nof two lines --> 5 {items} [1]') },
    { mjml: text('<p style="color:#333;font-family:\'Segoe UI\'">x</p>') },
    { mjml: text('<a href="mailto:x@example.com">x</a> <a href="{{page_url}}#top">y</a>') },
  ])('%j', async (more) => {
    const result = await review(more, facts('investigating', { title: '[EU] Card payments fail' }));
    expect(written(result.problems)).toEqual([]);
    expect(result.sendable).toBe(true);
  });

  it('a Markdown link and a component in brackets', async () => {
    const given = facts('identified', {
      title: '[EU] Login fails',
      components: ['API [EU]'],
      update: 'See [details](https://example.com).',
      personal: {},
    });
    const result = await compileMail(await shippedTemplate('identified'), given, { slots });
    expect(written(result.problems)).toEqual([]);
  });

  it('leaves no comment in the mail', async () => {
    const result = await review({ mjml: text('<!-- secret {{nothing}} <script> -->x') });
    expect(result.sendable).toBe(true);
    expect(result.mail?.html).not.toContain('secret');
  });
});

describe('warnings', () => {
  it.each<[Partial<MailSource>, string]>([
    [{ mjml: text('x').replace(' lang="en"', '') }, 'mjml:1 warning Add lang'],
    [{ mjml: text('x').replace(/<mj-title>.*<\/mj-title>/, '') }, 'mjml:1 warning Add an mj-title'],
    [{ mjml: text('Because of {{cause}}') }, 'mjml:5 warning {{cause}} is empty here'],
  ])('%j', async (more, expected) => {
    const result = await review(more, facts('investigating', { personal: {} }));
    expect(result.sendable).toBe(true);
    expect(written(result.problems)[0]).toMatch(expected);
  });

  it('cuts a subject that its values make too long', async () => {
    const result = await review({}, facts('investigating', { title: 'x'.repeat(300) }));
    expect(result.sendable).toBe(true);
    expect(result.mail?.subject).toHaveLength(200);
    expect(written(result.problems)[0]).toMatch('subject:1 warning The subject is cut');
  });

  it.each([
    [70_000, 'none'],
    // Past it only as it travels: quoted-printable is longer.
    [75_000, 'warning'],
    [85_000, 'warning'],
    [105_000, 'error'],
  ])('weighs a mail of about %i bytes: %s', async (size, kind) => {
    const given = facts('investigating', { update: 'words '.repeat(size / 6) });
    const result = await review(
      { mjml: text('<div></div>{{update}}').replace('<div></div>', '') },
      given,
    );
    expect(result.problems.map((problem) => problem.kind)).toEqual(kind === 'none' ? [] : [kind]);
    expect(result.sendable).toBe(kind !== 'error');
  });
});
