// A sender, a subscriber and a mail, for the tests of composition.
import { createComposer } from '../../src/delivery/compose.ts';
import type { OutgoingMail } from '../../src/delivery/types.ts';
import type { Claimed, MailContent, NotificationKind } from '../../src/notifications/types.ts';
import { sha256 } from '../../src/shared/ids.ts';

export const parts: Parameters<typeof createComposer>[0] = {
  config: {
    mailFrom: { name: 'Acme Status', address: 'status@acme.test' },
    mailReplyTo: 'support@acme.test',
    bounceDomain: undefined,
    mailEvents: {
      generic: undefined,
      sesTopic: undefined,
      mailgunKey: undefined,
      postmarkLogin: undefined,
      sendgridKey: undefined,
    },
  },
  publicUrl: 'https://status.acme.test',
  secretKey: 'a-secret-key-for-tests-only-0123456789',
};

export const subscriber = {
  kind: 'subscriber' as const,
  id: 7,
  email: 'jane+x@example.com',
  publicId: 'bcdfghjklmnp',
  confirmNonce: 'nonce',
};

export const content: MailContent = {
  subject: '[Acme status] Elevated error rates',
  html: `<p>Grüße</p>${'<b>x</b>'.repeat(2000)}<a href="{{unsubscribe_url}}">u</a><a href="{{manage_url}}">m</a>`,
  plain: 'Grüße\n.\nUnsubscribe: {{unsubscribe_url}}\nManage: {{manage_url}}',
};

export const claimedFor = (
  kind: NotificationKind = 'incident',
  recipient: Claimed['recipient'] = subscriber,
): Claimed => ({
  notification: {
    id: 42,
    kind,
    lane: kind === 'incident' || kind === 'maintenance' ? 'bulk' : 'direct',
    stage: kind === 'maintenance' ? null : 'identified',
    incidentPublicId: ['incident', 'clock', 'test'].includes(kind) ? 'p31zjtct2jer' : null,
    maintenancePublicId: kind === 'maintenance' ? 'mb6q1xv0kk2f' : null,
    contentSha256: '',
    createdAt: new Date('2026-11-22T14:00:00Z'),
    expiresAt: new Date('2026-11-23T14:00:00Z'),
  },
  recipient,
  attempts: 0,
  code: null,
});

/** As the outbox hands it over: named by the hash of its content. */
export function withHash(claimed: Claimed, mail: MailContent): Claimed {
  const contentSha256 = sha256(JSON.stringify([mail.subject, mail.html, mail.plain]));
  return { ...claimed, notification: { ...claimed.notification, contentSha256 } };
}

/** One message of a composer of its own. */
export const composeOne = (
  claimed: Claimed,
  mail: MailContent = content,
  more: Partial<typeof parts> = {},
): Promise<OutgoingMail> =>
  createComposer({ ...parts, ...more }).compose(withHash(claimed, mail), mail);

/** The lines of a message's head, unfolded. */
export function headOf({ raw }: OutgoingMail): string[] {
  const text = raw.toString('latin1');
  const head = text.slice(0, text.indexOf('\r\n\r\n'));
  return head.replaceAll(/\r\n(?=[ \t])/g, '').split('\r\n');
}

/** Numbers from 0 to 1 that are the same in every run. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const pieces = [
  ['a', 'word', ' ', '  ', '\t', '\n', '\n\n', ' \n', '.', '\n.', '\n..\n', 'From ', '\nFrom x'],
  ['=', '=3D', '=\n', 'ü', '🔥', '日本語', '\u00a0', '\u2028', '\r\n', '\r', '"<&>\'', '}', '$&'],
  ['{{brace}}', '{{unsubscribe_url}}', '{{manage_url}}', '\n{{manage_url}}\n'],
  ['x'.repeat(74), 'y'.repeat(75), 'z'.repeat(76), 'é'.repeat(40), '--=_', ' '.repeat(90)],
].flat();

/** A text of all that is awkward to encode, slots among it. */
export const awkwardText = (next: () => number) =>
  Array.from(
    { length: Math.floor(next() * 60) },
    () => pieces[Math.floor(next() * pieces.length)] ?? '',
  ).join('');
