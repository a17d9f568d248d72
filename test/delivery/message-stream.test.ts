// What is on the wire: nodemailer's search for dots and bare line ends is passed only by messages that have none.
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createSession } from '../../src/delivery/session.ts';
import { isWireReady, withoutEnd } from '../../src/delivery/segments.ts';
import type { OutgoingMail } from '../../src/delivery/types.ts';
import { onEnd } from '../support/kernel.ts';
import { relayAt } from '../support/smtp.ts';
import {
  awkwardText,
  claimedFor,
  composeOne,
  content,
  random,
  withHash,
} from './compose-fixtures.ts';

/** A relay that keeps each message's bytes as they came, its end included. */
async function wireTap() {
  const taken: string[] = [];
  const server = createServer((socket) => {
    let body: string | undefined;
    socket.write('220 tap\r\n');
    socket.on('error', () => {});
    socket.on('data', (data) => {
      const text = data.toString('latin1');
      if (body !== undefined) {
        body += text;
        if (!body.endsWith('\r\n.\r\n')) return;
        taken.push(body);
        body = undefined;
        socket.write('250 ok\r\n');
      } else if (text.startsWith('DATA')) {
        body = '';
        socket.write('354 go on\r\n');
      } else {
        socket.write('250 ok\r\n');
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onEnd(() => void server.close());
  const session = createSession(
    relayAt(`smtp://127.0.0.1:${(server.address() as AddressInfo).port}`),
  );
  await session.open();
  onEnd(() => session.close());
  return { taken, session };
}

const envelope = { from: 'a@acme.test', to: 'jane@example.com' };
const plainMail = (raw: string): OutgoingMail => ({
  messageId: '<x@acme.test>',
  date: new Date(0),
  envelope,
  raw: Buffer.from(raw, 'latin1'),
});

describe('a message on the wire', () => {
  it('is the same whether it passed the search or not, for whatever text', async () => {
    const { taken, session } = await wireTap();
    const next = random(4711);
    for (let round = 0; round < 40; round += 1) {
      const mail = {
        ...content,
        html: `<p>${awkwardText(next)}</p>{{unsubscribe_url}}`,
        plain: `.${awkwardText(next)}\r\n.\r\n..\n\r.{{unsubscribe_url}}`,
      };
      const composed = await composeOne(withHash(claimedFor(), mail), mail);
      expect(composed.wire).toBeDefined();
      const { wire: _wire, ...searched } = composed;
      await session.deliver(composed);
      await session.deliver(searched);
      const [untouched, mended] = taken.splice(0);
      expect(untouched).toBe(mended);
      expect(untouched).toBe(`${composed.raw.toString('latin1')}.\r\n`);
    }
  });

  it.each([
    '.\r\n',
    'a\r\n.\r\nMAIL FROM:<b@c.test>\r\n',
    'a\n.\nb\r\n',
    'a\r.\rb\r\n',
    'a\nb\r\n',
    '..\r\n',
  ])('that holds %j is mended: it cannot end early', async (body) => {
    expect(isWireReady(body)).toBe(false);
    const { taken, session } = await wireTap();
    await session.deliver(plainMail(`Subject: x\r\n\r\n${body}`));
    expect(taken).toHaveLength(1);
    const inner = (taken[0] ?? '').slice(0, -'\r\n.\r\n'.length);
    expect(inner).not.toMatch(/(^|[\r\n])\.([\r\n]|$)/);
    expect(inner).not.toMatch(/\r(?!\n)|(^|[^\r])\n/);
  });

  it.each(['a\r\n', 'a.b\r\n=2E\r\n', '', 'a', '=\r\n'])('that holds %j is ready', (piece) =>
    expect(isWireReady(piece)).toBe(true),
  );

  it('carries its end apart from itself', () =>
    expect(withoutEnd(Buffer.from('a\r\n.\r\n')).toString()).toBe('a\r\n'));
});
