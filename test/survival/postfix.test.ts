// Through a real MTA: thousands of messages, some of them in the middle of a kill, every one taken and delivered.
import { describe, expect, it } from 'vitest';
import { type Postfix, startPostfix, whyNoPostfix } from '../support/postfix.ts';
import { pause, startProcess } from '../support/process.ts';
import { deliveryStatesOf, mailingServer, nextSender } from './sending.ts';

const lanes = 10;

/** Waits until everything is sent, and delivered by Postfix. */
async function allDelivered(postfix: Postfix, dataDir: string, count: number): Promise<void> {
  const isSent = () => {
    const [first, ...rest] = deliveryStatesOf(dataDir);
    return rest.length === 0 && first?.state === 2 && first.n === count;
  };
  for (let tries = 0; tries < 500; tries += 1) {
    if (isSent() && postfix.count() >= count && postfix.waiting() === 0) return;
    await pause(100);
  }
  throw new Error(`Not all was delivered: ${postfix.log().slice(-2000)}`);
}

const field = (message: string, name: string) =>
  new RegExp(`^${name}: *(.*)$`, 'im').exec(message)?.[1] ?? '';

/** Without what Postfix writes on top: our own headers begin with the first that is not its. */
const ours = (message: string) => message.slice(message.search(/^(From|Date|Message-ID):/m));

const tellsApart = (messages: string[]) => new Set(messages.map(ours)).size > 1;

/** Who was told, how many copies were one too many, and copies that differ from the first. */
function compare(postfix: Postfix) {
  const copies = new Map<string, string[]>();
  for (const message of postfix.delivered()) {
    const id = field(message, 'Message-ID');
    copies.set(id, [...(copies.get(id) ?? []), message]);
  }
  const all = [...copies.values()];
  return {
    told: new Set(all.map(([first = '']) => field(first, 'X-Original-To'))).size,
    ids: copies.size,
    doubles: all.reduce((sum, messages) => sum + messages.length - 1, 0),
    unlike: all.filter(tellsApart).length,
  };
}

describe('a real MTA', { timeout: 120_000 }, () => {
  const lacking = whyNoPostfix();
  if (lacking !== undefined && !process.env['CI']) {
    process.stderr.write(`\n*** NOT RUN: mail through a real MTA: ${lacking}. ***\n\n`);
    it.skip('is not there', () => {});
    return;
  }

  it('takes 2,000 messages as they should be, and delivers each once', async () => {
    if (lacking !== undefined) throw new Error(`${lacking}: CI must have it.`);
    const postfix = await startPostfix();
    const count = 2000;
    const { where, server } = await mailingServer(`${postfix.url}?maxConnections=${lanes}`, count);
    await allDelivered(postfix, where.dataDir, count);
    expect(compare(postfix)).toEqual({ told: count, ids: count, doubles: 0, unlike: 0 });
    const [message = ''] = postfix.delivered();
    expect(Math.max(...message.split('\n').map((line) => line.length))).toBeLessThanOrEqual(998);
    expect(message).not.toContain('\r');
    expect(postfix.log()).not.toMatch(/warning|reject|improper|bounced|deferred/i);
    expect(await server.end('SIGTERM')).toBe(0);
  });

  it('is sent to again after a kill: nobody lost, no more doubles than lines', async () => {
    if (lacking !== undefined) throw new Error(`${lacking}: CI must have it.`);
    const postfix = await startPostfix();
    const count = 600;
    const { where, server } = await mailingServer(`${postfix.url}?maxConnections=${lanes}`, count);
    const first = await nextSender(where.dataDir);
    while (postfix.count() < 100) await pause(50);
    process.kill(first, 'SIGKILL');
    const second = await nextSender(where.dataDir, first);
    const before = postfix.count();
    while (postfix.count() < before + 50) await pause(50);
    process.kill(second, 'SIGKILL');
    await server.end('SIGKILL');
    const again = await startProcess(where);
    await allDelivered(postfix, where.dataDir, count);
    const { doubles, ...rest } = compare(postfix);
    expect(rest).toEqual({ told: count, ids: count, unlike: 0 });
    expect(doubles).toBeLessThanOrEqual(2 * lanes);
    expect(await again.end('SIGTERM')).toBe(0);
  });
});
