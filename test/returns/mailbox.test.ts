// The bounce mailbox against a real Dovecot: read, noted, and only then gone.
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { BounceMailbox } from '../../src/config/mail.ts';
import { readImap } from '../../src/returns/imap.ts';
import { createBounceMailbox, pauseAfter, type Take } from '../../src/returns/mailbox.ts';
import { readPop3 } from '../../src/returns/pop3.ts';
import { minutes } from '../../src/shared/clock.ts';
import { onEnd, type TestKernel } from '../support/kernel.ts';
import { bounceDomain, corpusMail } from './corpus.ts';
import { missingDovecot, startDovecot } from './dovecot.ts';
import { accepted, keyOf, markOf, returnRows, stateOf, suppressionRows } from './fixtures.ts';

const missing = missingDovecot();
if (missing !== undefined && !process.env['CI']) {
  process.stderr.write(`\n*** SKIPPED: the bounce mailbox is not tested here: ${missing} ***\n\n`);
}
// Under CI a missing program is a failure, not a silence.
const withDovecot = describe.skipIf(missing !== undefined && !process.env['CI']);

const reader = (kernel: TestKernel, mailbox: BounceMailbox) =>
  createBounceMailbox({ kernel, mailbox, bounceDomain, dataDir: kernel.dataDir });

const protocols = ['imap', 'pop3'] as const;

async function setUp(...names: string[]) {
  const house = await accepted(...names);
  const dovecot = await startDovecot();
  const marks = house.ids.map((recipient) => markOf(house.kernel, keyOf(house.id, recipient)));
  const mailOf = (name: string, n = 0) => corpusMail(name, marks[n] ?? '');
  return { ...house, dovecot, mailOf };
}

withDovecot.each(protocols)('over %s', { timeout: 60_000 }, (protocol) => {
  it('notes what came back, puts aside what it cannot read, and leaves the mailbox empty', async () => {
    const { kernel, dovecot, mailOf, ids } = await setUp('jane', 'bob');
    dovecot.deliver(mailOf('postfix-unknown-user', 0));
    dovecot.deliver(mailOf('advertisement'));
    dovecot.deliver(mailOf('arf-yahoo', 1));
    expect(await reader(kernel, dovecot.mailbox(protocol)).poll()).toBe(3);
    expect((await returnRows(kernel)).map((row) => [row.source, row.kind])).toEqual([
      ['mailbox', 'hard'],
      ['mailbox', 'unreadable'],
      ['mailbox', 'complaint'],
    ]);
    for (const id of ids) expect(await stateOf(kernel, id)).toBe('quarantined');
    expect(await suppressionRows(kernel)).toHaveLength(1);
    expect(dovecot.count()).toBe(0);
    if (protocol === 'imap') expect(dovecot.count('Unreadable')).toBe(1);
    else expectKept(kernel, 1);
  });

  it('reads the same bytes that were delivered, dots and all', async () => {
    const { dovecot } = await setUp();
    const raw = Buffer.from(
      'Return-Path: <>\r\nSubject: dots\r\n\r\n.\r\n..\r\n.x\r\n\r\nümläut\r\nend\r\n',
    );
    dovecot.deliver(raw);
    const seen: string[] = [];
    const take: Take = async (one) => {
      seen.push(one.toString());
      return 'done';
    };
    await look(dovecot.mailbox(protocol), take);
    expect(seen.map((text) => text.trimEnd())).toEqual([raw.toString().trimEnd()]);
  });

  it('brings a message again after a crash between commit and deletion, and it counts once', async () => {
    const { kernel, dovecot, mailOf } = await setUp('jane', 'bob', 'eve');
    for (const n of [0, 1, 2]) dovecot.deliver(mailOf('sendmail-mailbox-full', n));
    const real = kernel.db.write;
    let writes = 0;
    const failing = {
      ...kernel,
      db: {
        ...kernel.db,
        write: ((work) => {
          writes += 1;
          return writes === 3 ? Promise.reject(new Error('disk full')) : real(work);
        }) as typeof real,
      },
    };
    await expect(reader(failing, dovecot.mailbox(protocol)).poll()).rejects.toThrow('disk full');
    expect(await returnRows(kernel)).toHaveLength(2);
    expect(dovecot.count()).toBeGreaterThan(0);
    await reader(kernel, dovecot.mailbox(protocol)).poll();
    expect(await returnRows(kernel)).toHaveLength(3);
    expect(dovecot.count()).toBe(0);
  });

  it('takes the beginning of a huge message', async () => {
    const { kernel, dovecot, mailOf } = await setUp();
    const filler = Buffer.from('x'.repeat(76).concat('\r\n').repeat(40_000));
    dovecot.deliver(Buffer.concat([mailOf('postfix-unknown-user'), filler]));
    expect(await reader(kernel, dovecot.mailbox(protocol)).poll()).toBe(1);
    expect(await returnRows(kernel)).toMatchObject([{ kind: 'hard' }]);
    expect(dovecot.count()).toBe(0);
  });

  it('takes a crowd', async () => {
    const { kernel, dovecot, mailOf } = await setUp();
    for (let n = 0; n < 130; n += 1) {
      dovecot.deliver(Buffer.concat([Buffer.from(`X-Number: ${n}\r\n`), mailOf('advertisement')]));
    }
    expect(await reader(kernel, dovecot.mailbox(protocol)).poll()).toBe(130);
    expect(await returnRows(kernel)).toHaveLength(130);
    expect(dovecot.count()).toBe(0);
  });

  it('speaks TLS, and only to a certificate it can check unless told otherwise', async () => {
    const { kernel, dovecot, mailOf } = await setUp();
    dovecot.deliver(mailOf('postfix-unknown-user'));
    const strict = dovecot.secure(protocol, { checksCertificate: true });
    await expect(reader(kernel, strict).poll()).rejects.toThrow();
    expect(dovecot.count()).toBe(1);
    expect(await reader(kernel, dovecot.secure(protocol)).poll()).toBe(1);
  });

  it('says once that it cannot read, in words without secrets, and goes on', async () => {
    const { kernel, dovecot } = await setUp();
    const warn = vi.spyOn(kernel.log, 'warn');
    const box = reader(kernel, dovecot.mailbox(protocol, { password: 'wrong one' }));
    box.start();
    await vi.waitFor(() => expect(warn).toHaveBeenCalledTimes(1), { timeout: 15_000 });
    await box.stop();
    expect(JSON.stringify(warn.mock.calls)).not.toMatch(/wrong one|bounces/);
    warn.mockRestore();
  });

  it('has nothing to do with an empty mailbox', async () => {
    const { kernel, dovecot } = await setUp();
    expect(await reader(kernel, dovecot.mailbox(protocol)).poll()).toBe(0);
  });
});

const look = (mailbox: BounceMailbox, take: Take) =>
  mailbox.protocol === 'imap'
    ? readImap(mailbox, take, () => false)
    : readPop3(
        mailbox,
        take,
        () => false,
        async () => {},
      );

function expectKept(kernel: TestKernel, count: number): void {
  const folder = join(kernel.dataDir, 'returned');
  const files = readdirSync(folder);
  expect(files).toHaveLength(count);
  for (const name of files) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
}

describe('a POP3 server that cuts its lines anywhere', () => {
  it('is understood all the same', async () => {
    const port = await choppedPop3(['Subject: x', '', '..dot', 'end']);
    const seen: string[] = [];
    const mailbox = { protocol: 'pop3', host: '127.0.0.1', port, isSecure: false } as const;
    const login = { checksCertificate: false, user: 'a', password: 'b', folder: 'INBOX' };
    const taken = await readPop3(
      { ...mailbox, ...login },
      async (raw) => {
        seen.push(raw.toString());
        return 'done';
      },
      () => false,
      async () => {},
    );
    expect(taken).toBe(1);
    expect(seen).toEqual(['Subject: x\r\n\r\n.dot\r\nend']);
  });
});

/** Serves one message, its last line in two pieces. */
async function choppedPop3(lines: string[]): Promise<number> {
  const server = createServer((socket) => {
    socket.setNoDelay(true);
    socket.on('error', () => {});
    const answers: Record<string, () => unknown> = {
      LIST: () => socket.write('+OK 1 message\r\n1 100\r\n.\r\n'),
      RETR: () => {
        socket.write(`+OK\r\n${lines.join('\r\n')}\r\n.`);
        setTimeout(() => socket.write('\r\n'), 50);
      },
      QUIT: () => socket.end('+OK\r\n'),
    };
    socket.on('data', (data) => {
      const [word = ''] = data.toString().trim().split(' ');
      (answers[word] ?? (() => socket.write('+OK\r\n')))();
    });
    socket.write('+OK ready\r\n');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onEnd(() => server.close());
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

it('waits longer after each failure in a row, and a quarter of an hour at most', () => {
  expect([1, 2, 3, 4, 5, 6, 50].map((n) => pauseAfter(n) / minutes(1))).toEqual([
    1, 2, 4, 8, 15, 15, 15,
  ]);
});
