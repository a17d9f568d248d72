import { simpleParser } from 'mailparser';
import { describe, expect, it } from 'vitest';
import { compose, type Sender } from '../../src/delivery/compose.ts';
import type { Claimed, NotificationKind } from '../../src/notifications/types.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { isGenuine, readToken } from '../../src/subscribers/tokens.ts';

const sender: Sender = {
  from: { name: 'Acme Status', address: 'status@acme.test' },
  replyTo: 'support@acme.test',
  publicUrl: 'https://status.acme.test',
  secretKey: 'a-secret-key-for-tests-only-0123456789',
};
const subscriber = {
  kind: 'subscriber' as const,
  id: 7,
  email: 'jane+x@example.com',
  publicId: 'bcdfghjklmnp',
  confirmNonce: 'nonce',
};
const content = {
  subject: '[Acme status] Elevated error rates',
  html: `<p>Grüße</p>${'<b>x</b>'.repeat(2000)}<a href="{{unsubscribe_url}}">u</a><a href="{{manage_url}}">m</a>`,
  plain: 'Grüße\n.\nUnsubscribe: {{unsubscribe_url}}\nManage: {{manage_url}}',
};

const claimedFor = (
  kind: NotificationKind = 'incident',
  recipient: Claimed['recipient'] = subscriber,
): Claimed => ({
  notification: {
    id: 42,
    kind,
    lane: kind === 'incident' ? 'bulk' : 'direct',
    stage: 'identified',
    incidentPublicId: ['incident', 'clock', 'test'].includes(kind) ? 'p31zjtct2jer' : null,
    maintenancePublicId: null,
    contentSha256: '',
    createdAt: new Date('2026-11-22T14:00:00Z'),
    expiresAt: new Date('2026-11-23T14:00:00Z'),
  },
  recipient,
  attempts: 0,
  code: null,
});

async function headOf(claimed: Claimed, mail = content) {
  const { raw } = await compose(sender, claimed, mail);
  const text = raw.toString('latin1');
  const head = text.slice(0, text.indexOf('\r\n\r\n')).replaceAll(/\r\n[ \t]+/g, ' ');
  return head.split('\r\n');
}

describe('the golden message', () => {
  it('has exactly these headers', async () => {
    const lines = await headOf(claimedFor());
    const masked = lines.map((line) =>
      line
        .replace(/<[A-Za-z0-9_-]{32}@/, '<ID@')
        .replace(/\.[A-Za-z0-9_-]{32}>/, '.SIGNATURE>')
        .replace(/boundary=.*/, 'boundary=B'),
    );
    expect(masked.toSorted()).toEqual([
      'Auto-Submitted: auto-generated',
      'Content-Type: multipart/alternative; boundary=B',
      'Date: Sun, 22 Nov 2026 14:00:00 +0000',
      'Feedback-ID: p31zjtct2jer:identified:status:forthright',
      'From: Acme Status <status@acme.test>',
      'In-Reply-To: <incident-p31zjtct2jer@acme.test>',
      'List-ID: <incidents.status.acme.test>',
      'List-Unsubscribe-Post: List-Unsubscribe=One-Click',
      'List-Unsubscribe: <https://status.acme.test/unsubscribe/bcdfghjklmnp.SIGNATURE>',
      'MIME-Version: 1.0',
      'Message-ID: <ID@acme.test>',
      'Precedence: bulk',
      'References: <incident-p31zjtct2jer@acme.test>',
      'Reply-To: support@acme.test',
      'Subject: [Acme status] Elevated error rates',
      'To: jane+x@example.com',
      'X-Auto-Response-Suppress: DR, RN, NRN, OOF, AutoReply',
    ]);
  });

  it('keeps the unsubscribe link on the line of its header', async () => {
    const longer = { ...sender, publicUrl: `https://${'status.'.repeat(12)}acme.test` };
    const { raw } = await compose(longer, claimedFor(), content);
    expect(raw.toString('latin1')).toMatch(/\r\nList-Unsubscribe: <https:\S{120,}>\r\n/);
  });

  it('has text first, then HTML, both quoted-printable, no long or bare line', async () => {
    const { raw } = await compose(sender, claimedFor(), content);
    const text = raw.toString('latin1');
    const body = text.slice(text.indexOf('\r\n\r\n'));
    expect([...body.matchAll(/Content-Type: (\S+);/g)].map((match) => match[1])).toEqual([
      'text/plain',
      'text/html',
    ]);
    expect([...body.matchAll(/Transfer-Encoding: (\S+)/g)].map((match) => match[1])).toEqual([
      'quoted-printable',
      'quoted-printable',
    ]);
    expect(Math.max(...body.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(76);
    expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  });

  it('fills the recipient’s links in both parts', async () => {
    const { raw } = await compose(sender, claimedFor(), content);
    const { text, html } = await simpleParser(raw);
    const unsubscribe = /https:\/\/status\.acme\.test\/unsubscribe\/[a-z0-9]{12}\.[\w-]{32}/;
    const manage =
      /https:\/\/status\.acme\.test\/subscriptions\/manage\/[a-z0-9]{12}\.[a-z0-9]+\.[\w-]{32}/;
    for (const part of [text, html || '']) {
      expect(part).toContain('Grüße');
      expect(part).toMatch(unsubscribe);
      expect(part).toMatch(manage);
      expect(part).not.toContain('{{');
    }
  });

  it('is the same byte for byte each time, and another one for another recipient', async () => {
    const [first, again] = [
      await compose(sender, claimedFor(), content),
      await compose(sender, claimedFor(), content),
    ];
    expect(again.raw.equals(first.raw)).toBe(true);
    const other = await compose(
      sender,
      claimedFor('incident', { ...subscriber, id: 8, email: 'joe@example.com' }),
      content,
    );
    expect(other.messageId).not.toBe(first.messageId);
  });

  it('goes to one address, the stored one', async () => {
    const { envelope } = await compose(sender, claimedFor(), content);
    expect(envelope).toEqual({ from: 'status@acme.test', to: 'jane+x@example.com' });
  });
});

describe('other kinds', () => {
  const confirmation = {
    subject: 'Please confirm',
    html: '<a href="{{confirm_url}}">c</a>',
    plain: 'Confirm: {{confirm_url}}',
  };

  it('asks for a confirmation without the marks of bulk mail', async () => {
    const names = (await headOf(claimedFor('confirmation'), confirmation)).map(
      (line) => line.split(':')[0],
    );
    expect(names).toContain('Auto-Submitted');
    for (const name of ['Precedence', 'List-Unsubscribe', 'List-Id', 'References', 'Feedback-ID']) {
      expect(names).not.toContain(name);
    }
  });

  it('makes a confirm link that holds', async () => {
    const { raw } = await compose(sender, claimedFor('confirmation'), confirmation);
    const { text } = await simpleParser(raw);
    const token = /confirm\/(\S+)/.exec(text ?? '')?.[1] ?? '';
    const claim = readToken(token);
    const clock = { ...systemClock, now: () => new Date('2026-11-24T13:59:59Z') };
    expect(claim && isGenuine(sender.secretKey, 'confirm', claim, subscriber, clock)).toBe(true);
  });

  it('never puts a confirm link into anything else', async () => {
    await expect(compose(sender, claimedFor(), confirmation)).rejects.toThrow('confirm_url');
  });

  it('shows an account a customers’ mail without anybody’s links', async () => {
    const account = { kind: 'account' as const, id: 7, email: 'lead@acme.test' };
    const { raw } = await compose(sender, claimedFor('test', account), content);
    const { text, headers } = await simpleParser(raw);
    expect(text).toContain('Unsubscribe: https://status.acme.test/subscribe');
    expect(headers.has('list-unsubscribe')).toBe(false);
    expect(headers.get('references')).toBe('<incident-p31zjtct2jer@acme.test>');
  });

  it('gives subscriber 7 and account 7 different Message-IDs', async () => {
    const account = { kind: 'account' as const, id: 7, email: subscriber.email };
    const one = await compose(sender, claimedFor('test', account), content);
    const other = await compose(sender, claimedFor('test'), content);
    expect(one.messageId).not.toBe(other.messageId);
  });
});

describe('hostile input', () => {
  it.each([
    'a@example.com, b@example.com',
    '"a"@example.com',
    'a@example.com\r\nRCPT TO:<b@x>',
    '',
  ])('does not address %j (T6)', async (email) => {
    const claimed = claimedFor('incident', { ...subscriber, email });
    await expect(compose(sender, claimed, content)).rejects.toThrow('one plain address');
  });

  it.each(['two\nlines', 'two\r\nBcc: x@example.com', 'two\u2028lines'])(
    'does not send the subject %j (S-51)',
    async (subject) => {
      await expect(compose(sender, claimedFor(), { ...content, subject })).rejects.toThrow('line');
    },
  );

  it('encodes a subject that is no ASCII, and a subject that looks like an address', async () => {
    const subject = 'Störung: <b>"API"</b>, x@example.com; =?utf-8?Q?fake?= 🔥';
    const { raw } = await compose(sender, claimedFor(), { ...content, subject });
    expect((await simpleParser(raw)).subject).toBe(subject);
    expect(raw.toString('latin1').replaceAll(/[\t\r\n -~]/g, '')).toBe('');
  });

  it('escapes links in HTML only', async () => {
    const odd = { ...sender, publicUrl: 'https://status.acme.test:8443' };
    const mail = { ...content, html: '<a title="{{manage_url}}">', plain: '{{manage_url}}' };
    const { html, text } = await simpleParser((await compose(odd, claimedFor(), mail)).raw);
    expect(html).toContain('title="https://status.acme.test:8443/');
    expect(text).toContain('https://status.acme.test:8443/');
  });

  it('leaves other braces as they are: stored text is never expanded (S-52)', async () => {
    const plain = '{{secret_key}} ${x} {{ unsubscribe_url }}';
    const { raw } = await compose(sender, claimedFor(), { ...content, plain });
    expect((await simpleParser(raw)).text?.trim()).toBe(plain);
  });

  it('reads no file and no address for content that is text', async () => {
    const plain = 'file:///etc/passwd';
    const { raw } = await compose(sender, claimedFor(), { ...content, plain });
    expect((await simpleParser(raw)).text?.trim()).toBe(plain);
  });
});
