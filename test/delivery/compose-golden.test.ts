// A customer's mail from the shipped template to the inbox, over a real SMTP server, as a second parser
// reads it.
import PostalMime from 'postal-mime';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeCompiler, compileMail } from '../../src/templates/compile.ts';
import { shippedTemplate } from '../../src/templates/shipped.ts';
import { type Stage, stages } from '../../src/shared/words.ts';
import type { OutgoingMail } from '../../src/delivery/types.ts';
import { smtpReceiver } from '../support/smtp.ts';
import { facts, slots } from '../templates/facts.ts';
import { claimedFor, composeOne } from './compose-fixtures.ts';

afterAll(() => closeCompiler());

async function mailOf(stage: Stage): Promise<OutgoingMail> {
  const { mail, problems } = await compileMail(await shippedTemplate(stage), facts(stage), {
    slots,
  });
  if (!mail) throw new Error(problems.map(({ message }) => message).join(' '));
  const claimed = claimedFor();
  return composeOne({ ...claimed, notification: { ...claimed.notification, stage } }, mail);
}

/** Sends it and answers what the server kept. */
async function received(mail: OutgoingMail): Promise<Buffer> {
  const receiver = await smtpReceiver();
  const port = Number(new URL(receiver.url).port);
  const connection = new SMTPConnection({ host: '127.0.0.1', port, ignoreTLS: true });
  await new Promise<void>((resolve, reject) => {
    connection.once('error', reject);
    connection.connect(() => {
      connection.send({ ...mail.envelope }, mail.raw, (error) =>
        error ? reject(error) : resolve(),
      );
    });
  });
  connection.quit();
  return Buffer.from(receiver.to(mail.envelope.to)[0]?.raw ?? '', 'latin1');
}

describe('the golden message', () => {
  let mail: OutgoingMail;
  let raw: Buffer;
  beforeAll(async () => {
    mail = await mailOf('identified');
    raw = await received(mail);
  });

  it('arrives byte for byte', () => expect(raw.equals(mail.raw)).toBe(true));

  it('has these headers', async () => {
    const { headers } = await PostalMime.parse(raw);
    const read = Object.fromEntries(headers.map(({ originalKey, value }) => [originalKey, value]));
    expect(headers).toHaveLength(17);
    expect(read).toEqual({
      From: 'Acme Status <status@acme.test>',
      To: 'jane+x@example.com',
      'Reply-To': 'support@acme.test',
      Subject: '[Acme Status] Card payments fail',
      Date: 'Sun, 22 Nov 2026 14:00:00 +0000',
      'Message-ID': mail.messageId,
      References: '<incident-p31zjtct2jer@acme.test>',
      'In-Reply-To': '<incident-p31zjtct2jer@acme.test>',
      'List-Id': 'Acme Status incidents <incidents.status.acme.test>',
      'List-Unsubscribe': expect.stringMatching(
        /^<https:\/\/status\.acme\.test\/unsubscribe\/\S+>$/,
      ),
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'DR, RN, NRN, OOF, AutoReply',
      Precedence: 'bulk',
      'Feedback-ID': expect.stringMatching(/^p31zjtct2jer:identified:status:[a-z0-9]{5,15}$/),
      'MIME-Version': '1.0',
      'Content-Type': expect.stringMatching(/^multipart\/alternative; boundary="=_[0-9a-f]{24}"$/),
    });
  });

  it('has text first, then HTML, both quoted-printable, and no long or bare line', () => {
    const text = raw.toString('latin1');
    const body = text.slice(text.indexOf('\r\n\r\n'));
    expect([...body.matchAll(/^Content-Type: (.*)\r$/gm)].map((match) => match[1])).toEqual([
      'text/plain; charset=utf-8',
      'text/html; charset=utf-8',
    ]);
    expect(
      [...body.matchAll(/^Content-Transfer-Encoding: (.*)\r$/gm)].map((one) => one[1]),
    ).toEqual(['quoted-printable', 'quoted-printable']);
    expect(Math.max(...body.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(76);
    expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n\0]/);
    expect(body).not.toMatch(/^\./m);
  });
});

describe.each(stages)('the mail at %s', (stage) => {
  it('says the same in text and in HTML', async () => {
    const { text = '', html = '', subject } = await PostalMime.parse((await mailOf(stage)).raw);
    const shown = html
      .replace(/^[\s\S]*<body/, '')
      .replaceAll(/<style[\s\S]*?<\/style>|<!--[\s\S]*?-->/g, '');
    const words = shown.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ');
    const label = stage === 'postmortem' ? /post-?mortem/i : new RegExp(stage, 'i');
    for (const part of [text, words]) {
      expect(part).toMatch(label);
      expect(part).toContain('Card payments fail');
      expect(part).not.toContain('{{');
      expect(part.includes('Payments, API')).toBe(text.includes('Payments, API'));
    }
    expect(subject).toBe('[Acme Status] Card payments fail');
    expect(linksIn(shown)).toEqual(expect.arrayContaining(linksIn(text).filter(isPersonal)));
    expect(linksIn(text).filter(isPersonal)).toHaveLength(2);
    const times = text.match(/\d{1,2}:\d{2} UTC/g) ?? [];
    expect(times.filter((time) => !words.includes(time))).toEqual([]);
  });
});

const linksIn = (text: string) => [
  ...new Set([...text.matchAll(/https:\/\/[^\s"<>)]+/g)].map(([link]) => link)),
];
const isPersonal = (link: string) => /\/unsubscribe\/|\/subscriptions\/manage\//.test(link);
