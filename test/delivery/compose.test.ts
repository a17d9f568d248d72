// The head of each kind of mail, to whom it goes, and what hostile input cannot do. Its body and the
// whole as others read it: segments.test.ts, compose-golden.test.ts.
import { simpleParser } from 'mailparser';
import { describe, expect, it } from 'vitest';
import { createComposer } from '../../src/delivery/compose.ts';
import { deliveryMarks } from '../../src/notifications/delivery-mark.ts';
import type { NotificationKind } from '../../src/notifications/types.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { isGenuine, readToken } from '../../src/subscribers/tokens.ts';
import {
  claimedFor,
  composeOne,
  content,
  headOf,
  parts,
  subscriber,
  withHash,
} from './compose-fixtures.ts';

const account = { kind: 'account' as const, id: 7, email: 'lead@acme.test' };

const masked = (line: string) =>
  line
    .replace(/<[a-z2-7]{26}@/, '<MARK@')
    .replace(/\.[A-Za-z0-9_-]{32}>/, '.SIGNATURE>')
    .replace(/boundary=.*/, 'boundary=B');

describe('the head of an incident’s mail', () => {
  it('has exactly these headers', async () => {
    const lines = headOf(await composeOne(claimedFor())).map(masked);
    expect(lines).toEqual([
      'To: jane+x@example.com',
      'Message-ID: <MARK@acme.test>',
      'List-Unsubscribe: <https://status.acme.test/unsubscribe/bcdfghjklmnp.SIGNATURE>',
      'From: Acme Status <status@acme.test>',
      'Reply-To: support@acme.test',
      'Subject: [Acme status] Elevated error rates',
      'Date: Sun, 22 Nov 2026 14:00:00 +0000',
      'In-Reply-To: <incident-p31zjtct2jer@acme.test>',
      'References: <incident-p31zjtct2jer@acme.test>',
      'List-Id: Acme Status incidents <incidents.status.acme.test>',
      'List-Unsubscribe-Post: List-Unsubscribe=One-Click',
      'Auto-Submitted: auto-generated',
      'X-Auto-Response-Suppress: DR, RN, NRN, OOF, AutoReply',
      'Precedence: bulk',
      expect.stringMatching(/^Feedback-ID: p31zjtct2jer:identified:status:[0-9a-z]{5,15}$/),
      'MIME-Version: 1.0',
      'Content-Type: multipart/alternative; boundary=B',
    ]);
  });

  it('keeps the unsubscribe link on the line of its header', async () => {
    const publicUrl = `https://${'status.'.repeat(12)}acme.test`;
    const { raw } = await composeOne(claimedFor(), content, { publicUrl });
    expect(raw.toString('latin1')).toMatch(/\r\nList-Unsubscribe: <https:\S{120,}>\r\n/);
  });

  it('threads a maintenance by a root of its own, and counts it by its kind', async () => {
    const lines = headOf(await composeOne(claimedFor('maintenance')));
    expect(lines).toContain('References: <maintenance-mb6q1xv0kk2f@acme.test>');
    expect(lines.join('\n')).toContain('Feedback-ID: mb6q1xv0kk2f:maintenance:status:');
  });

  it('has the same root at every stage, in the first mail too', async () => {
    const roots = [];
    for (const stage of ['investigating', 'resolved', 'postmortem'] as const) {
      const claimed = claimedFor();
      const mail = await composeOne({
        ...claimed,
        notification: { ...claimed.notification, id: stage.length, stage },
      });
      roots.push(headOf(mail).filter((line) => /^(References|In-Reply-To):/.test(line)));
    }
    expect(new Set(roots.map((lines) => lines.join())).size).toBe(1);
  });

  it('names its list and itself without a display name too, and on an IPv6 address', async () => {
    const config = { ...parts.config, mailFrom: { name: '', address: 'status@acme.test' } };
    const lines = headOf(
      await composeOne(claimedFor(), content, { config, publicUrl: 'http://[::1]:3000' }),
    );
    expect(lines).toContain('From: status@acme.test');
    expect(lines).toContain('List-Id: incidents <incidents.-1->');
  });

  it.each([
    ['Störung: Acme', /^From: =\?UTF-8\?Q\?St=C3=B6rung=3A_Acme\?= <status@acme\.test>$/],
    ['Acme, Inc.', /^From: "Acme, Inc\." <status@acme\.test>$/],
    ['=?utf-8?Q?x?=', /^From: =\?UTF-8\?Q\?=3D=3Futf-8=3FQ=3Fx=3F=3D\?= <status@acme\.test>$/],
  ])('spells the name %j so that all read the same', async (name, line) => {
    const config = { ...parts.config, mailFrom: { name, address: 'status@acme.test' } };
    const mail = await composeOne(claimedFor(), content, { config });
    expect(headOf(mail).find((one) => one.startsWith('From:'))).toMatch(line);
    expect((await simpleParser(mail.raw)).from?.value).toEqual([
      { name, address: 'status@acme.test' },
    ]);
  });
});

describe('a delivery', () => {
  it('is the same byte for byte each time, whatever was composed in between', async () => {
    const composer = createComposer(parts);
    const claimed = withHash(claimedFor(), content);
    const first = await composer.compose(claimed, content);
    for (let n = 0; n < 40; n += 1) {
      const other = { ...content, subject: `Another ${n}` };
      await composer.compose(withHash(claimedFor(), other), other);
    }
    const again = await composer.compose(claimed, { ...content });
    expect(again).toEqual(first);
    expect((await composeOne(claimedFor())).raw.equals(first.raw)).toBe(true);
  });

  it('is never another content, though the hash be the same', async () => {
    const composer = createComposer(parts);
    await composer.compose(claimedFor(), content);
    const { raw } = await composer.compose(claimedFor(), { ...content, subject: 'Changed' });
    expect((await simpleParser(raw)).subject).toBe('Changed');
  });

  it('has the facts of its own notification, though the content be shared', async () => {
    const composer = createComposer(parts);
    const one = claimedFor('confirmation');
    const other = {
      ...one,
      notification: { ...one.notification, id: 43, createdAt: new Date('2026-11-23T08:00:00Z') },
    };
    const mail = { subject: 'Please confirm', html: '{{confirm_url}}', plain: '{{confirm_url}}' };
    const [first, second] = [
      await composer.compose(one, mail),
      await composer.compose(other, mail),
    ];
    expect(headOf(first)).toContain('Date: Sun, 22 Nov 2026 14:00:00 +0000');
    expect(headOf(second)).toContain('Date: Mon, 23 Nov 2026 08:00:00 +0000');
  });

  it('is named by its mark, in the Message-ID and in a bounce address', async () => {
    const config = { ...parts.config, bounceDomain: 'bounce.acme.test' };
    const { messageId, envelope } = await composeOne(claimedFor(), content, { config });
    const mark = /^<([a-z2-7]{26})@acme\.test>$/.exec(messageId)?.[1] ?? '';
    expect(deliveryMarks(parts.secretKey).read(mark)).toEqual({
      notificationId: 42,
      recipientKind: 'subscriber',
      recipientId: 7,
    });
    expect(envelope).toEqual({ from: `b+${mark}@bounce.acme.test`, to: 'jane+x@example.com' });
  });

  it('comes back to the visible sender where no bounce domain is set', async () => {
    const { envelope } = await composeOne(claimedFor());
    expect(envelope).toEqual({ from: 'status@acme.test', to: 'jane+x@example.com' });
  });

  it('has a name of its own for another recipient, and for an account of the same number', async () => {
    const ids = [
      await composeOne(claimedFor('test')),
      await composeOne(claimedFor('test', { ...subscriber, id: 8 })),
      await composeOne(claimedFor('test', { ...account, id: 7 })),
    ].map(({ messageId }) => messageId);
    expect(new Set(ids).size).toBe(3);
  });
});

describe('other kinds', () => {
  const confirmation = {
    subject: 'Please confirm',
    html: '<a href="{{confirm_url}}">c</a>',
    plain: 'Confirm: {{confirm_url}}',
  };
  const webhook = {
    kind: 'webhook' as const,
    id: 3,
    email: 'ops@example.com',
    publicId: 'bcdfghjklmnp',
    nonce: 'n',
    format: 'slack' as const,
    url: 'https://hooks.example.com/1',
    failures: 0,
    failingSince: null,
  };
  const bulkMarks = ['Precedence', 'List-Unsubscribe', 'List-Id', 'References', 'Feedback-ID'];

  it.each([
    ['confirmation' as const, subscriber],
    ['webhook_confirmation' as const, webhook],
  ])('asks by a %s without the marks of bulk mail', async (kind, recipient) => {
    const names = headOf(await composeOne(claimedFor(kind, recipient), confirmation)).map(
      (line) => line.split(':')[0],
    );
    expect(names).toContain('Auto-Submitted');
    expect(names).toContain('X-Auto-Response-Suppress');
    expect(names.filter((name) => bulkMarks.includes(name ?? ''))).toEqual([]);
  });

  it.each<[NotificationKind, boolean]>([
    ['manage_link', true],
    ['already_subscribed', true],
    ['incident', true],
    ['confirmation', false],
  ])('lets a subscriber leave from a %s: %s', async (kind, leaves) => {
    const mail = { subject: 'x', html: 'x', plain: 'x' };
    const lines = headOf(await composeOne(claimedFor(kind), mail)).join('\n');
    expect(/^List-Unsubscribe: /m.test(lines)).toBe(leaves);
    expect(/^List-Unsubscribe-Post: /m.test(lines)).toBe(leaves);
  });

  it('makes a confirm link that holds', async () => {
    const { raw } = await composeOne(claimedFor('confirmation'), confirmation);
    const { text } = await simpleParser(raw);
    const token = /confirm\/(\S+)/.exec(text ?? '')?.[1] ?? '';
    const claim = readToken(token);
    const clock = { ...systemClock, now: () => new Date('2026-11-24T13:59:59Z') };
    expect(claim && isGenuine(parts.secretKey, 'confirm', claim, subscriber, clock)).toBe(true);
  });

  it('never puts a confirm link into anything else', async () => {
    await expect(composeOne(claimedFor(), confirmation)).rejects.toThrow('confirm_url');
  });

  it('shows an account a customers’ mail without anybody’s links', async () => {
    const { raw } = await composeOne(claimedFor('test', account));
    const { text, headers } = await simpleParser(raw);
    expect(text).toContain('Unsubscribe: https://status.acme.test/subscribe');
    expect(headers.has('list')).toBe(false);
    expect(headers.get('references')).toBe('<incident-p31zjtct2jer@acme.test>');
  });

  it('gives a webhook’s holder the webhook’s own links', async () => {
    const { raw } = await composeOne(claimedFor('webhook_trouble', webhook));
    const { text } = await simpleParser(raw);
    expect(text).toContain('https://status.acme.test/subscriptions/webhook/unsubscribe/bcdfgh');
  });
});

describe('hostile input', () => {
  it.each([
    'a@example.com, b@example.com',
    '"a"@example.com',
    'a@example.com\r\nRCPT TO:<b@x>',
    'ａ@example.com',
    '',
  ])('does not address %j, nor repeat it (T6)', async (email) => {
    const claimed = claimedFor('incident', { ...subscriber, email });
    await expect(composeOne(claimed)).rejects.toThrow(
      expect.objectContaining({ message: 'A stored address is not one plain address.' }),
    );
  });

  it.each(['two\nlines', 'two\r\nBcc: x@example.com', 'two\u2028lines', 'nul\0'])(
    'does not send the subject %j (S-51)',
    async (subject) => {
      await expect(composeOne(claimedFor(), { ...content, subject })).rejects.toThrow('line');
    },
  );

  it.each([
    'Störung: <b>"API"</b>, x@example.com; =?utf-8?Q?fake?= 🔥',
    '=?utf-8?Q?fake?=',
    'see =?utf-8?Q?a b?= here',
    'two  spaces, and   three',
    '🔥'.repeat(60),
    `${'long words '.repeat(17)}end`,
    'x'.repeat(190),
    'ü',
    '[A] {b} "c" (d) <e>; f: g, h\\',
  ])('sends the subject %j as it is', async (subject) => {
    const { raw } = await composeOne(claimedFor(), { ...content, subject });
    expect((await simpleParser(raw)).subject).toBe(subject);
    const head = raw.toString('latin1').split('\r\n\r\n')[0] ?? '';
    expect(head).toMatch(/^[\r\n -~]*$/);
    const others = head.split('\r\n').filter((line) => !line.startsWith('List-Unsubscribe:'));
    expect(Math.max(...others.map(({ length }) => length))).toBeLessThanOrEqual(76);
    expect(others.filter((line) => line.trim() === '')).toEqual([]);
  });

  it('escapes links in HTML only', async () => {
    const publicUrl = 'https://status.acme.test:8443';
    const mail = { ...content, html: '<a title="{{manage_url}}">', plain: '{{manage_url}}' };
    const { html, text } = await simpleParser(
      (await composeOne(claimedFor(), mail, { publicUrl })).raw,
    );
    expect(html).toContain('title="https://status.acme.test:8443/');
    expect(text).toContain('https://status.acme.test:8443/');
  });

  it('leaves other braces as they are: stored text is never expanded (S-52)', async () => {
    const plain = '{{secret_key}} ${x} {{ unsubscribe_url }}';
    const { raw } = await composeOne(claimedFor(), { ...content, plain });
    expect((await simpleParser(raw)).text?.trim()).toBe(plain);
  });

  it('reads no file and no address for content that is text (T7)', async () => {
    const plain = 'file:///etc/passwd';
    const { raw } = await composeOne(claimedFor(), { ...content, plain });
    expect((await simpleParser(raw)).text?.trim()).toBe(plain);
  });

  it('lets no setting begin a header of its own', () => {
    const mailReplyTo = 'a@b.test\r\nBcc: x@example.com';
    const config = { ...parts.config, mailReplyTo };
    return expect(composeOne(claimedFor(), content, { config })).rejects.toThrow('Reply-To');
  });
});

it('asks Postmark to keep our Message-ID where its reports are read', async () => {
  const mailEvents = { ...parts.config.mailEvents, postmarkLogin: 'postmark:a long password' };
  const composer = createComposer({ ...parts, config: { ...parts.config, mailEvents } });
  const lines = headOf(await composer.compose(claimedFor(), content));
  expect(lines).toContain('X-PM-KeepID: true');
});
