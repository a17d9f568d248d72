// The corpus: 57 reports in the shapes of RFC 3464, 3462, 5965 and the big providers, each with its outcome.
import { describe, expect, it } from 'vitest';
import { readReport } from '../../src/returns/report.ts';
import { deliveryMarks } from '../../src/notifications/delivery-mark.ts';
import { randomBytes } from 'node:crypto';
import { bounceDomain, corpusMail, corpusNames, expectations } from './corpus.ts';
import {
  accepted,
  keyOf,
  markOf,
  notificationState,
  note,
  returnRows,
  stateOf,
  suppressionRows,
} from './fixtures.ts';

const marks = deliveryMarks('a key of this test');
const key = { notificationId: 7, recipientKind: 'subscriber' as const, recipientId: 42 };
const mark = marks.write(key);
const marking = { marks, bounceDomain };
const read = (raw: Buffer) => readReport(raw, 'mailbox', marking);

it('has an expectation for each report and a report for each expectation', () => {
  expect(corpusNames()).toEqual(Object.keys(expectations).toSorted());
  expect(corpusNames().length).toBeGreaterThanOrEqual(30);
});

describe.each(Object.entries(expectations))('%s', (name, { kind, code, ours, effect }) => {
  it('is understood', async () => {
    const report = await read(corpusMail(name, mark));
    expect({ kind: report.kind, code: report.code, delivery: report.delivery }).toEqual({
      kind,
      code,
      delivery: ours ? key : undefined,
    });
  });

  it('has no address in what is kept', async () => {
    const { detail } = await read(corpusMail(name, mark));
    expect(detail).not.toMatch(/@|jane|jané/i);
    expect(detail.length).toBeLessThanOrEqual(300);
  });

  it(`is followed by: ${effect}`, async () => {
    const { kernel, id, jane } = await accepted();
    const context = { marks: deliveryMarks(kernel.secretKey), bounceDomain };
    const raw = corpusMail(name, markOf(kernel, keyOf(id, jane)));
    const report = await readReport(raw, 'mailbox', context);
    expect(await note(kernel, report)).toBe(ours ? 'noted' : 'unattributed');
    const blamed = effect === 'quarantine' || effect === 'suppression';
    expect(await stateOf(kernel, jane)).toBe(blamed ? 'quarantined' : 'confirmed');
    expect(await suppressionRows(kernel)).toHaveLength(effect === 'suppression' ? 1 : 0);
    expect(await notificationState(kernel, id)).toBe(effect === 'pause' ? 'paused' : 'sending');
    expect(await returnRows(kernel)).toMatchObject([{ kind, recipientId: ours ? jane : null }]);
  });
});

describe('anything else', () => {
  it.each([
    ['nothing', Buffer.alloc(0)],
    ['noise', randomBytes(5000)],
    ['a head without end', Buffer.from('A: '.padEnd(200_000, 'x'))],
    ['parts in parts in parts', nested(100)],
  ])('%s is unreadable', async (_, raw) => {
    expect(await read(raw)).toMatchObject({ kind: 'unreadable', delivery: undefined, code: null });
  });

  it('looks at the beginning only, however much follows', async () => {
    const raw = Buffer.concat([
      corpusMail('postfix-unknown-user', mark),
      Buffer.from('x'.repeat(76).concat('\r\n').repeat(100_000)),
    ]);
    expect(await read(raw)).toMatchObject({ kind: 'hard', delivery: key });
  });

  it('is another report when a byte is another, and the same when it comes again', async () => {
    const raw = corpusMail('postfix-unknown-user', mark);
    const [one, again, other] = [
      await read(raw),
      await read(raw),
      await read(Buffer.concat([raw, Buffer.from(' ')])),
    ];
    expect(again.digest).toBe(one.digest);
    expect(other.digest).not.toBe(one.digest);
  });

  it('knows a mark of another key from ours', async () => {
    const foreign = deliveryMarks('another key').write(key);
    const report = await read(corpusMail('postfix-unknown-user', foreign));
    expect(report).toMatchObject({ kind: 'hard', delivery: undefined });
  });

  it('believes no envelope address where no bounce domain is set up', async () => {
    const raw = corpusMail('without-part-three', mark);
    const report = await readReport(raw, 'mailbox', { marks, bounceDomain: undefined });
    expect(report.delivery).toBeUndefined();
  });
});

function nested(depth: number): Buffer {
  let body = 'the end';
  for (let level = 0; level < depth; level += 1) {
    body = `Content-Type: multipart/mixed; boundary="b${level}"\r\n\r\n--b${level}\r\n${body}\r\n--b${level}--\r\n`;
  }
  return Buffer.from(`Return-Path: <>\r\nMIME-Version: 1.0\r\n${body}`);
}
