// One suite for every way mail can go.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  createCaptureMailer,
  forgetCaptured,
  readCaptured,
  readMailbox,
} from '../../src/delivery/capture.ts';
import { compose, type Sender } from '../../src/delivery/compose.ts';
import { createSmtpMailer } from '../../src/delivery/smtp.ts';
import { type Mailer, type OutgoingMail, SendError } from '../../src/delivery/types.ts';
import type { Claimed } from '../../src/notifications/types.ts';
import { onEnd, temporaryFolder } from '../support/kernel.ts';
import { smtpReceiver } from '../support/smtp.ts';

const sender: Sender = {
  from: { name: 'Acme', address: 'status@acme.test' },
  replyTo: undefined,
  publicUrl: 'https://status.acme.test',
  secretKey: 'a-key-for-tests-only-0123456789abcdef',
};

const mailTo = (email: string, id = 1, minute = 0): Promise<OutgoingMail> => {
  const claimed: Claimed = {
    notification: {
      id,
      kind: 'incident',
      lane: 'bulk',
      stage: 'resolved',
      incidentPublicId: 'abc',
      maintenancePublicId: null,
      contentSha256: '',
      createdAt: new Date(Date.UTC(2026, 10, 22, 14, minute)),
      expiresAt: new Date(Date.UTC(2026, 10, 23)),
    },
    recipient: { kind: 'account', id: 1, email },
    attempts: 0,
    code: null,
  };
  const content = { subject: `Störung ${id}`, html: '<p>Ä<b>.</b></p>', plain: 'Ä\n.\n..\nend' };
  return compose(sender, claimed, content);
};

interface Delivered {
  subject: string;
  to: string;
  text: string;
  html: string;
}

const ways: [string, () => Promise<{ mailer: Mailer; delivered: () => Promise<Delivered[]> }>][] = [
  [
    'SMTP',
    async () => {
      const receiver = await smtpReceiver();
      return {
        mailer: createSmtpMailer(receiver.url),
        delivered: () =>
          Promise.resolve(
            receiver.mails.map(({ to, parsed }) => ({
              to: to.join(),
              subject: parsed.subject ?? '',
              text: parsed.text ?? '',
              html: parsed.html || '',
            })),
          ),
      };
    },
  ],
  [
    'capture',
    () => {
      const dir = join(temporaryFolder(), 'mail');
      const delivered = async () => {
        const heads = (await readMailbox(dir)).toReversed();
        const mails = await Promise.all(heads.map(({ name }) => readCaptured(dir, name)));
        return mails.filter((mail) => mail !== undefined);
      };
      return Promise.resolve({ mailer: createCaptureMailer(dir), delivered });
    },
  ],
];

describe.each(ways)('%s', (_, open) => {
  it('delivers both parts and the headers, to the letter', async () => {
    const { mailer, delivered } = await open();
    onEnd(() => mailer.close());
    await mailer.send(await mailTo('a@example.com'), 'bulk');
    const [mail] = await delivered();
    expect(mail?.subject).toBe('Störung 1');
    expect(mail?.to).toBe('a@example.com');
    expect(mail?.text.trim()).toBe('Ä\n.\n..\nend');
    expect(mail?.html.trim()).toBe('<p>Ä<b>.</b></p>');
  });

  it('takes several at once, in both lanes', async () => {
    const { mailer, delivered } = await open();
    onEnd(() => mailer.close());
    const mails = await Promise.all([1, 2, 3, 4, 5, 6].map((n) => mailTo('a@example.com', n)));
    await Promise.all(mails.map((mail, n) => mailer.send(mail, n === 0 ? 'direct' : 'bulk')));
    expect((await delivered()).map((mail) => mail.subject).toSorted()).toEqual(
      [1, 2, 3, 4, 5, 6].map((n) => `Störung ${n}`),
    );
  });
});

async function opened() {
  const receiver = await smtpReceiver();
  const mailer = createSmtpMailer(receiver.url);
  onEnd(() => mailer.close());
  return { receiver, mailer };
}

async function failureOf(mailer: Mailer, email = 'a@example.com') {
  try {
    await mailer.send(await mailTo(email), 'bulk');
  } catch (error) {
    if (error instanceof SendError) return error.failure;
    throw error;
  }
  throw new Error('It was accepted.');
}

describe('SMTP', () => {
  it('tells a refused recipient', async () => {
    const { receiver, mailer } = await opened();
    receiver.refuseRecipient('a@example.com', { code: 550, reply: '5.1.1 unknown' });
    expect(await failureOf(mailer)).toMatchObject({
      responseCode: 550,
      command: 'RCPT TO',
      bodyStarted: false,
      reply: '550 5.1.1 unknown',
    });
    receiver.refuseRecipient('a@example.com', undefined);
    await mailer.send(await mailTo('a@example.com'), 'bulk');
    expect(receiver.mails).toHaveLength(1);
  });

  it('tells refused content', async () => {
    const { receiver, mailer } = await opened();
    receiver.refuseContent({ code: 554, reply: '5.7.1 spam' });
    expect(await failureOf(mailer)).toMatchObject({ responseCode: 554, command: 'DATA' });
  });

  it('tells a cut after the message from one before it (T8)', async () => {
    const { receiver, mailer } = await opened();
    receiver.refuseContent('drop');
    expect(await failureOf(mailer)).toMatchObject({ responseCode: null, bodyStarted: true });
    expect(receiver.mails).toHaveLength(1);
    await receiver.goAway();
    expect(await failureOf(mailer)).toMatchObject({ responseCode: null, bodyStarted: false });
  });

  it('replaces a connection that the relay closed while idle', async () => {
    const { receiver, mailer } = await opened();
    await mailer.send(await mailTo('a@example.com'), 'bulk');
    await receiver.goAway();
    await receiver.comeBack();
    await mailer.send(await mailTo('b@example.com'), 'bulk');
    expect(receiver.mails).toHaveLength(2);
  });

  it('reads its number of connections from the URL, within bounds', async () => {
    const { receiver } = await opened();
    const connections = (query: string) => {
      const mailer = createSmtpMailer(`${receiver.url}${query}`);
      onEnd(() => mailer.close());
      return mailer.connections;
    };
    expect(['', '?pool&maxConnections=12', '?maxConnections=x'].map(connections)).toEqual([
      5, 12, 5,
    ]);
  });
});

async function filled() {
  const dir = join(temporaryFolder(), 'mail');
  const mailer = createCaptureMailer(dir);
  for (const n of [1, 2, 3]) await mailer.send(await mailTo('a@example.com', n, n), 'bulk');
  return { dir, mailer };
}

describe('capture', () => {
  it('lists newest first, by pages, and writes a retry over the first attempt', async () => {
    const { dir, mailer } = await filled();
    await mailer.send(await mailTo('a@example.com', 3, 3), 'bulk');
    const first = await readMailbox(dir, { limit: 2 });
    expect(first.map((head) => head.subject)).toEqual(['Störung 3', 'Störung 2']);
    const rest = await readMailbox(dir, { before: first[1]?.name ?? '' });
    expect(rest.map((head) => head.subject)).toEqual(['Störung 1']);
    expect(rest[0]).toMatchObject({
      from: 'Acme <status@acme.test>',
      to: 'a@example.com',
      date: new Date('2026-11-22T14:01:00Z'),
    });
  });

  it('reads one back with its headers', async () => {
    const { dir } = await filled();
    const name = (await readMailbox(dir))[0]?.name ?? '';
    const mail = await readCaptured(dir, name);
    expect(mail?.headers).toContainEqual({ name: 'Auto-Submitted', value: 'auto-generated' });
  });

  it.each([
    '../../forthright.db',
    '..%2f..%2fforthright.db',
    'notes.txt',
    '20261122T140000000Z-.eml',
    '',
  ])('reads nothing for the name %j', async (name) => {
    const { dir } = await filled();
    writeFileSync(join(dir, 'notes.txt'), 'secret');
    expect(await readCaptured(dir, name)).toBeUndefined();
  });

  it('is empty before the first mail', async () => {
    expect(await readMailbox(join(temporaryFolder(), 'mail'))).toEqual([]);
  });

  it('keeps others out, and nothing half', async () => {
    const { dir } = await filled();
    const names = readdirSync(dir);
    expect(names.every((name) => name.endsWith('.eml'))).toBe(true);
    expect(readFileSync(join(dir, names[0] ?? ''), 'latin1')).toContain('\r\n\r\n');
  });

  it('says like a relay that it cannot take any', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'mail'), 'a file where the folder should be');
    const mailer = createCaptureMailer(join(folder, 'mail'));
    await expect(mailer.send(await mailTo('a@example.com'), 'bulk')).rejects.toBeInstanceOf(
      SendError,
    );
  });
});

it('captured mail to an erased address is gone, all other stays (S-69)', async () => {
  const dir = join(temporaryFolder(), 'mail');
  const mailer = createCaptureMailer(dir);
  for (const [i, email] of ['Ann@a.test', 'bob@a.test', 'joann@a.test'].entries()) {
    await mailer.send(await mailTo(email, i + 1), 'bulk');
  }
  await forgetCaptured(dir, 'ann@a.test');
  const left = (await readMailbox(dir)).map(({ to }) => to);
  expect(left.toSorted()).toEqual(['bob@a.test', 'joann@a.test']);
});
