// Finished messages by hand, for tests of the way they go.
import type { OutgoingMail } from '../../src/delivery/types.ts';

/** A message of two parts, with lines of dots in it. The same arguments make the same bytes. */
export function mailTo(to: string, id = 1, minute = 0): OutgoingMail {
  const date = new Date(Date.UTC(2026, 10, 22, 14, minute));
  const messageId = `<message-${id}-${'x'.repeat(10)}@acme.test>`;
  const lines = [
    'From: Acme <status@acme.test>',
    `To: ${to}`,
    `Subject: =?utf-8?q?St=C3=B6rung_${id}?=`,
    `Message-ID: ${messageId}`,
    `Date: ${date.toUTCString().replace('GMT', '+0000')}`,
    'Auto-Submitted: auto-generated',
    'MIME-Version: 1.0',
    'Content-Type: multipart/alternative; boundary=b',
    '',
    '--b',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    '=C3=84',
    '.',
    '..',
    'end',
    '--b',
    'Content-Type: text/html; charset=utf-8',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    '<p>=C3=84<b>.</b></p>',
    '--b--',
    '',
  ];
  const envelope = { from: 'bounce@acme.test', to };
  return { messageId, envelope, date, raw: Buffer.from(lines.join('\r\n')) };
}
