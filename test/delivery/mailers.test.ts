// One suite for every way mail can go.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readRelays } from '../../src/config/relays.ts';
import {
  createCaptureMailer,
  forgetCaptured,
  readCaptured,
  readMailbox,
} from '../../src/delivery/capture.ts';
import { createMailers } from '../../src/delivery/mailers.ts';
import { createSmtpMailer } from '../../src/delivery/smtp.ts';
import { type Mailer, SendError } from '../../src/delivery/types.ts';
import { silentLog } from '../../src/shared/log.ts';
import { onEnd, temporaryFolder } from '../support/kernel.ts';
import { smtpReceiver } from '../support/smtp.ts';
import { mailTo } from './messages.ts';

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
        mailer: createSmtpMailer(receiver.relay),
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
    const line = mailer.openLine();
    onEnd(() => line.close());
    await line.send(mailTo('a@example.com'));
    const [mail] = await delivered();
    expect(mail?.subject).toBe('Störung 1');
    expect(mail?.to).toBe('a@example.com');
    expect(mail?.text.trim()).toBe('Ä\n.\n..\nend');
    expect(mail?.html.trim()).toBe('<p>Ä<b>.</b></p>');
  });

  it('takes one after another on a line, and several lines at once', async () => {
    const { mailer, delivered } = await open();
    const lines = [mailer.openLine(), mailer.openLine(), mailer.openLine()];
    onEnd(() => lines.forEach((line) => line.close()));
    await Promise.all(
      lines.map(async (line, i) => {
        await line.send(mailTo('a@example.com', 2 * i + 1));
        await line.send(mailTo('a@example.com', 2 * i + 2));
      }),
    );
    expect((await delivered()).map((mail) => mail.subject).toSorted()).toEqual(
      [1, 2, 3, 4, 5, 6].map((n) => `Störung ${n}`),
    );
  });

  it('takes other limits while it works', async () => {
    const { mailer } = await open();
    mailer.setLimits({ connections: 7, limits: { ...mailer.limits, perHour: 5 } });
    expect([mailer.connections, mailer.limits.perHour]).toEqual([7, 5]);
  });
});

const named = (smtpUrl: string | undefined) => {
  const relays = readRelays(smtpUrl, (fault) => expect.fail(fault));
  const mailers = createMailers({ relays, dataDir: '/nowhere' }, { log: silentLog });
  return mailers.map(({ name, weight, connections }) => ({ name, weight, connections }));
};

describe('the mailers of a configuration', () => {
  it('are one for each relay', () => {
    expect(named('smtp://one.test?weight=3&maxConnections=12,smtps://two.test')).toEqual([
      { name: 'one.test:587', weight: 3, connections: 12 },
      { name: 'two.test:465', weight: 1, connections: 20 },
    ]);
  });

  it('are the folder alone where there is none', () => {
    expect(named(undefined).map(({ name }) => name)).toEqual(['mailbox']);
  });
});

async function filled() {
  const dir = join(temporaryFolder(), 'mail');
  const line = createCaptureMailer(dir).openLine();
  for (const n of [1, 2, 3]) await line.send(mailTo('a@example.com', n, n));
  return { dir, line };
}

describe('capture', () => {
  it('lists newest first, by pages, and writes a retry over the first attempt', async () => {
    const { dir, line } = await filled();
    await line.send(mailTo('a@example.com', 3, 3));
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
    const line = createCaptureMailer(join(folder, 'mail')).openLine();
    await expect(line.send(mailTo('a@example.com'))).rejects.toBeInstanceOf(SendError);
  });
});

it('captured mail to an erased address is gone, all other stays (S-69)', async () => {
  const dir = join(temporaryFolder(), 'mail');
  const line = createCaptureMailer(dir).openLine();
  for (const [i, email] of ['Ann@a.test', 'bob@a.test', 'joann@a.test'].entries()) {
    await line.send(mailTo(email, i + 1));
  }
  await forgetCaptured(dir, 'ann@a.test');
  const left = (await readMailbox(dir)).map(({ to }) => to);
  expect(left.toSorted()).toEqual(['bob@a.test', 'joann@a.test']);
});
