// Our signatures, checked by a verifier that is not ours.
import { generateKeyPairSync } from 'node:crypto';
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { describe, expect, it } from 'vitest';
import { createSigner } from '../../src/delivery/dkim.ts';
import { publicRecord, readDkimKey } from '../../src/delivery/dkim-key.ts';
import type { Claimed, MailContent } from '../../src/notifications/types.ts';
import { smtpReceiver } from '../support/smtp.ts';
import {
  awkwardText,
  claimedFor,
  composeOne,
  content,
  headOf,
  random,
} from './compose-fixtures.ts';

const keyOf = (type: 'rsa' | 'ed25519') => {
  const { privateKey } =
    type === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ed25519');
  return readDkimKey(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
};

const algorithms = [
  ['rsa-sha256', keyOf('rsa')],
  ['ed25519-sha256', keyOf('ed25519')],
] as const;

describe.each(algorithms)('%s', (algorithm, key) => {
  const sign = createSigner(key, { domain: 'acme.test', selector: 's1' });
  const signed = (claimed: Claimed = claimedFor(), mail: MailContent = content) =>
    composeOne(claimed, mail, { sign });

  async function verdict(raw: Buffer | string) {
    const { results } = await dkimVerify(raw, {
      resolver: (name, type) =>
        name === 's1._domainkey.acme.test' && type === 'TXT'
          ? Promise.resolve([[publicRecord(key)]])
          : Promise.reject(Object.assign(new Error('none'), { code: 'ENOTFOUND' })),
    });
    expect(results).toHaveLength(1);
    return results[0]?.status.result;
  }

  it('verifies, and is the same each time', async () => {
    const mail = await signed();
    expect(await verdict(mail.raw)).toBe('pass');
    expect((await signed()).raw.equals(mail.raw)).toBe(true);
    expect(headOf(mail)[0]).toContain(`a=${algorithm}; c=relaxed/relaxed; d=acme.test; s=s1;`);
  });

  it('verifies for any content', async () => {
    const next = random(17);
    for (let run = 0; run < 60; run += 1) {
      const subject = awkwardText(next)
        .replaceAll(/[\s\u2028]+/g, next() < 0.5 ? ' ' : '  ')
        .slice(0, 150);
      const mail = { subject, plain: awkwardText(next), html: awkwardText(next) };
      const { raw } = await signed(claimedFor(), mail);
      expect(await verdict(raw)).toBe('pass');
    }
  });

  it.each(['confirmation', 'maintenance', 'manage_link', 'clock'] as const)(
    'verifies on a %s',
    async (kind) => {
      const { raw } = await signed(claimedFor(kind), { ...content, plain: 'x', html: 'x' });
      expect(await verdict(raw)).toBe('pass');
    },
  );

  it('covers what readers and mail programs act on, and some of it against a second one', async () => {
    const [line = ''] = headOf(await signed());
    const names = /; h=([^;]*);/.exec(line)?.[1]?.replaceAll(' ', '').split(':') ?? [];
    expect(names.toSorted()).toEqual([
      'auto-submitted',
      'content-type',
      'date',
      'date',
      'feedback-id',
      'from',
      'from',
      'in-reply-to',
      'list-id',
      'list-unsubscribe',
      'list-unsubscribe-post',
      'message-id',
      'mime-version',
      'precedence',
      'references',
      'reply-to',
      'subject',
      'subject',
      'to',
      'to',
    ]);
  });

  it('keeps the lines of its header short', async () => {
    const { raw } = await signed();
    const head = raw.toString('latin1').split(/\r\n(?=[A-Z])/)[0] ?? '';
    expect(head).toMatch(/^DKIM-Signature: /);
    expect(Math.max(...head.split('\r\n').map(({ length }) => length))).toBeLessThanOrEqual(76);
  });

  it.each([
    ['one-click unsubscription', 'List-Unsubscribe=One-Click', 'List-Unsubscribe=Nothing'],
    ['the link to unsubscribe', '/unsubscribe/bcd', '/unsubscribe/xcd'],
    ['the recipient', 'To: jane+x@', 'To: june+x@'],
    ['the subject', 'Subject: [Acme', 'Subject: [Evil'],
    ['the date', '14:00:00 +0000', '15:00:00 +0000'],
    ['the thread', 'References: <incident', 'References: <accident'],
    ['statistics', 'Feedback-ID: p31', 'Feedback-ID: p32'],
    ['the text', 'Gr=C3=BC=C3=9Fe\r\n', 'Gr=C3=BC=C3=9Ff\r\n'],
    ['a link in the text', '/manage/bcd', '/manage/xcd'],
    ['a second From', '\r\nFrom: ', '\r\nFrom: evil@example.com\r\nFrom: '],
    ['a second Subject', '\r\nSubject: ', '\r\nSubject: Evil\r\nSubject: '],
    ['a second To', '\r\nMIME-Version', '\r\nTo: evil@example.com\r\nMIME-Version'],
    ['the selector', '; s=s1;', '; s=s1; q=dns/txt;'],
  ])('is broken by a change of %s', async (_, was, is) => {
    const raw = (await signed()).raw.toString('latin1');
    expect(raw).toContain(was);
    expect(await verdict(raw.replace(was, is))).not.toBe('pass');
  });

  it.each([
    ['refolds a header', /Subject: \[Acme /, 'Subject: [Acme\r\n\t'],
    ['adds white space to line ends', /(?<!\r\n)\r\n--=_/g, ' \t\r\n--=_'],
    ['changes the case of header names', /\r\nList-Id:/, '\r\nLIST-ID:'],
    ['adds empty lines at the end', /$/, '\r\n\r\n'],
    ['adds a header of its own', /^/, 'Received: from a by b\r\n'],
  ])('outlives a relay that %s', async (_, was, is) => {
    const raw = (await signed()).raw.toString('latin1');
    const changed = raw.replace(was, is);
    expect(changed).not.toBe(raw);
    expect(await verdict(changed)).toBe('pass');
  });

  it('outlives the wire, dots and all', async () => {
    const receiver = await smtpReceiver();
    const port = Number(new URL(receiver.url).port);
    const connection = new SMTPConnection({ host: '127.0.0.1', port, ignoreTLS: true });
    const mail = {
      subject: '.',
      plain: '.\n..\n\n.\n{{manage_url}}\n.',
      html: '.\n.{{manage_url}}.',
    };
    const { envelope, raw } = await signed(claimedFor(), mail);
    await new Promise<void>((resolve, reject) => {
      connection.once('error', reject);
      connection.connect(() => {
        connection.send({ ...envelope }, raw, (error) => (error ? reject(error) : resolve()));
      });
    });
    connection.quit();
    const arrived = Buffer.from(receiver.mails[0]?.raw ?? '', 'latin1');
    expect(arrived.equals(raw)).toBe(true);
    expect(await verdict(arrived)).toBe('pass');
  });
});

it('leaves mail unsigned where the relay signs', async () => {
  const { raw } = await composeOne(claimedFor());
  expect(raw.toString('latin1')).not.toContain('DKIM');
});
