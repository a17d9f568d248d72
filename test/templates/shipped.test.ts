// The mails as they ship: each compiles without a word of complaint, and its parts agree.
import { Parser } from 'htmlparser2';
import { afterAll, describe, expect, it } from 'vitest';
import { stages } from '../../src/shared/words.ts';
import { closeCompiler, compileMail, compilerCounts } from '../../src/templates/compile.ts';
import {
  alreadySubscribedMail,
  clockWarningMail,
  confirmationMail,
  recordHeadMail,
} from '../../src/templates/mails.ts';
import { shippedTemplate } from '../../src/templates/shipped.ts';
import { fillSlots } from '../../src/templates/slots.ts';
import type { CompiledMail } from '../../src/templates/types.ts';
import { personalPrompts, variables } from '../../src/templates/variables.ts';
import { facts, personal, slots, slotValues, written } from './facts.ts';

afterAll(() => closeCompiler());

function textOf(html: string): string {
  let text = '';
  let skipped = 0;
  const parser = new Parser({
    onopentag: (name) => void (skipped += name === 'style' ? 1 : 0),
    onclosetag: (name) => void (skipped -= name === 'style' ? 1 : 0),
    ontext: (words) => void (text += skipped ? '' : words),
  });
  parser.end(html);
  return text.replaceAll(/\s+/g, ' ');
}

async function compiled(stage: (typeof stages)[number], more = {}): Promise<CompiledMail> {
  const review = await compileMail(await shippedTemplate(stage), facts(stage, more), { slots });
  expect(written(review.problems)).toEqual([]);
  expect(review.sendable).toBe(true);
  return fillSlots(review.mail ?? { subject: '', html: '', plain: '' }, slotValues);
}

describe.each(stages)('%s', (stage) => {
  it('compiles without a problem, with and without what only a person can say', async () => {
    const full = await compiled(stage);
    const bare = await compiled(stage, { personal: {}, nextUpdateBy: null, components: [] });
    expect(bare.html.length).toBeLessThan(full.html.length);
    expect(Buffer.byteLength(full.html)).toBeLessThan(30_000);
  });

  it('says the same in HTML and in plain text', async () => {
    const mail = await compiled(stage);
    const label = stage.charAt(0).toUpperCase() + stage.slice(1);
    const said = [label, 'Card payments fail', 'Payments, API', '22 Nov 2026, 14:05 UTC'];
    said.push('One in three payments fails', 'support@example.com', slotValues.unsubscribe_url);
    if (!['resolved', 'postmortem'].includes(stage)) said.push('15:00 UTC (16:00\u00a0Amsterdam)');
    if (stage === 'resolved') said.push('22 Nov 2026, 14:30 UTC');
    for (const name of Object.keys(personalPrompts(stage))) {
      said.push(personal[name as keyof typeof personal].replaceAll('**', ''));
    }
    const shown = textOf(mail.html) + mail.html;
    for (const words of said) {
      expect(shown).toContain(words);
      expect(mail.plain).toContain(words);
    }
    expect(mail.subject).toBe('[Acme Status] Card payments fail');
  });

  it('is made for everyone: language, title, dark colours, a line for the inbox, one h1', async () => {
    const { html } = await compiled(stage);
    expect(html).toMatch(/<html lang="en" dir="ltr"/);
    expect(html).toContain('<title>Card payments fail</title>');
    expect(html).toContain('<meta name="color-scheme" content="light dark">');
    expect(html).toContain('prefers-color-scheme: dark');
    expect(html).toContain('[data-ogsc]');
    expect(html).toMatch(/display:none[^>]*>[A-Z]/);
    expect(html.match(/<h1/g)).toHaveLength(1);
    expect(html).not.toMatch(/<img|<link|url\(|<!-- /);
    const sizes = [...html.matchAll(/font-size:\s*(\d+)px/g)].map((size) => Number(size[1]));
    expect(sizes.every((size) => size >= 16 || size === 13 || size <= 1)).toBe(true);
  });

  it('holds slots until it is sent, in both parts', async () => {
    const review = await compileMail(await shippedTemplate(stage), facts(stage), { slots });
    for (const slot of slots) {
      expect(review.mail?.html).toContain(`href="{{${slot}}}"`);
      expect(review.mail?.plain).toContain(`{{${slot}}}`);
    }
  });

  it('starts as a draft with prompts that block it', async () => {
    const given = facts(stage, { personal: personalPrompts(stage) });
    const review = await compileMail(await shippedTemplate(stage), given, { slots });
    expect(review.sendable).toBe(false);
    expect(new Set(review.problems.map((problem) => problem.fact))).toEqual(
      new Set(Object.keys(personalPrompts(stage))),
    );
  });

  it('is one document that needs no other file', async () => {
    const source = await shippedTemplate(stage);
    expect(source.mjml + source.plain).not.toContain('{{>');
    expect(source.mjml.match(/<mjml/g)).toHaveLength(1);
  });
});

it('compiles one incident mail once, whatever its values', async () => {
  await compiled('identified');
  const before = compilerCounts().compiled;
  await compiled('identified');
  await compiled('identified', { title: 'Something else' });
  expect(compilerCounts().compiled).toBe(before);
});

it('lists exactly the placeholders that its facts fill', () => {
  expect(Object.keys(facts('resolved'))).toEqual(variables.map((variable) => variable.name));
});

describe('the mails that are no incident’s', () => {
  const page = { name: 'Acme Status', url: 'https://status.example.com', timeZone: 'Etc/UTC' };
  const warning = {
    title: 'Card <b>payments</b> fail',
    severity: 1,
    state: 'identified',
    due: new Date('2026-11-22T15:00:00Z'),
    deskUrl: 'https://status.example.com/admin/incidents/0123456789bc',
  };

  it('ask to confirm, by a link in both parts', async () => {
    const mail = await confirmationMail(page);
    expect(mail.html).toContain('href="{{confirm_url}}"');
    expect(mail.plain).toContain('Confirm subscription: {{confirm_url}}');
    expect(mail.subject).toBe('Please confirm: updates from Acme Status');
  });

  it('tell who is subscribed already where to change that', async () => {
    const mail = await alreadySubscribedMail(page);
    expect(mail.html).toContain('href="{{manage_url}}"');
    expect(mail.plain).toContain('{{unsubscribe_url}}');
  });

  it.each([
    ['14:50', '10 min left', 'Update due soon (10 min left): ', 'Reminder'],
    ['15:00', 'due now', 'Update due now: ', 'Due now'],
    ['15:07', 'overdue by 7 min', 'Update overdue by 7 min: ', 'Overdue'],
  ])('warn at %s: %s', async (at, clock, subject, label) => {
    const now = new Date(`2026-11-22T${at}:00Z`);
    const mail = await clockWarningMail(page, { ...warning, now, clock });
    expect(mail.subject).toBe(`${subject}Card <b>payments</b> fail`);
    expect(textOf(mail.html)).toContain(label);
    expect(mail.html).toContain('Card &lt;b&gt;payments&lt;/b&gt; fail');
    expect(mail.plain.startsWith(`${label}: `)).toBe(true);
    expect(mail.plain).toContain('Promised by: 22 Nov 2026, 15:00 UTC');
    expect(mail.plain).toContain(warning.deskUrl);
  });

  it('tell where the record stands', async () => {
    const mail = await recordHeadMail(page, 'Sunday 22 November 2026', '41:abcdef');
    expect(textOf(mail.html)).toContain('41:abcdef');
    expect(mail.plain).toContain('41:abcdef');
  });
});
