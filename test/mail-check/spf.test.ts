// SPF by the book (RFC 7208), record by record.
import { describe, expect, it } from 'vitest';
import { evaluateSpf } from '../../src/mail-check/spf.ts';
import { parseSpf } from '../../src/mail-check/spf-record.ts';
import { fakeDns, type Zone } from './fixtures.ts';

const others: Record<string, Zone> = {
  'pass.test': { txt: ['v=spf1 ip4:192.0.2.0/24 -all'] },
  'soft.test': { txt: ['v=spf1 ~all'] },
  'none.test': { txt: ['something else'], a: ['192.0.2.1'] },
  'two.test': { txt: ['v=spf1 -all', 'v=spf1 +all'] },
  'silent.test': { isSilent: true },
  'mail.test': { a: ['192.0.2.1', '192.0.2.9'], aaaa: ['2001:db8::1'] },
  'mx.test': { mx: ['mail.test'], a: ['198.51.100.1'] },
  'null.test': { mx: ['0 '] },
  'many.test': { mx: Array.from({ length: 11 }, (_, i) => `m${i}.test`) },
  'loop.test': { txt: ['v=spf1 include:loop.test -all'] },
  'macro.test': { txt: ['v=spf1 exists:%{i}._spf.macro.test -all'] },
  '192.0.2.1': { ptr: ['Mail.test'] },
};

/** The record of example.com, the address, the result. */
const table: [string, string, string][] = [
  ['v=spf1 ip4:192.0.2.1 -all', '192.0.2.1', 'pass'],
  ['V=SPF1 IP4:192.0.2.1 -ALL', '192.0.2.1', 'pass'],
  ['v=spf1 ip4:192.0.2.1 -all', '192.0.2.2', 'fail'],
  ['v=spf1 ip4:192.0.2.0/24 ~all', '192.0.3.1', 'softfail'],
  ['v=spf1 ip4:192.0.2.0/24 ?all', '192.0.3.1', 'neutral'],
  ['v=spf1 ip4:192.0.2.0/24', '192.0.3.1', 'neutral'],
  ['v=spf1', '192.0.2.1', 'neutral'],
  ['v=spf1 all', '192.0.2.1', 'pass'],
  ['v=spf1 -ip4:192.0.2.1 +all', '192.0.2.1', 'fail'],
  ['v=spf1 ip6:2001:db8::/32 -all', '2001:db8::7', 'pass'],
  ['v=spf1 ip6:2001:db8::/32 -all', '192.0.2.1', 'fail'],
  ['v=spf1 ip4:192.0.2.1 -all', '::ffff:192.0.2.1', 'pass'],
  ['v=spf1 a:mail.test -all', '192.0.2.9', 'pass'],
  ['v=spf1 a:mail.test/24 -all', '192.0.2.77', 'pass'],
  ['v=spf1 a:mail.test/24//64 -all', '2001:db8::77', 'pass'],
  ['v=spf1 a:mail.test -all', '2001:db8::1', 'pass'],
  ['v=spf1 a:mail.test -all', '2001:db8::2', 'fail'],
  ['v=spf1 mx:mx.test -all', '192.0.2.1', 'pass'],
  ['v=spf1 mx:mx.test -all', '198.51.100.1', 'fail'],
  ['v=spf1 mx:null.test -all', '192.0.2.1', 'fail'],
  ['v=spf1 mx:many.test -all', '192.0.2.1', 'permerror'],
  ['v=spf1 include:pass.test -all', '192.0.2.1', 'pass'],
  ['v=spf1 include:pass.test -all', '198.51.100.1', 'fail'],
  ['v=spf1 ~include:pass.test -all', '192.0.2.1', 'softfail'],
  ['v=spf1 include:soft.test -all', '192.0.2.1', 'fail'],
  ['v=spf1 include:none.test -all', '192.0.2.1', 'permerror'],
  ['v=spf1 include:two.test -all', '192.0.2.1', 'permerror'],
  ['v=spf1 include:silent.test -all', '192.0.2.1', 'temperror'],
  ['v=spf1 include:loop.test -all', '192.0.2.1', 'permerror'],
  ['v=spf1 redirect=pass.test', '192.0.2.1', 'pass'],
  ['v=spf1 redirect=pass.test', '198.51.100.1', 'fail'],
  ['v=spf1 redirect=none.test', '192.0.2.1', 'permerror'],
  ['v=spf1 redirect=pass.test ~all', '192.0.2.1', 'softfail'],
  ['v=spf1 exists:mail.test -all', '198.51.100.1', 'pass'],
  ['v=spf1 exists:gone.test -all', '192.0.2.1', 'fail'],
  ['v=spf1 ptr:test -all', '192.0.2.1', 'pass'],
  ['v=spf1 ptr:example.net -all', '192.0.2.1', 'fail'],
  ['v=spf1 exp=why.test -all', '192.0.2.1', 'fail'],
  ['v=spf1 unknown=thing ip4:192.0.2.1 -all', '192.0.2.1', 'pass'],
  // What only a message tells.
  ['v=spf1 exists:%{i}.x.test -all', '192.0.2.1', 'unclear'],
  ['v=spf1 exists:%{i}.x.test ip4:192.0.2.1 -all', '192.0.2.1', 'pass'],
  ['v=spf1 -exists:%{i}.x.test ip4:192.0.2.1 -all', '192.0.2.1', 'unclear'],
  ['v=spf1 ip4:192.0.2.1 exists:%{i}.x.test -all', '192.0.2.1', 'pass'],
  ['v=spf1 include:macro.test -all', '192.0.2.1', 'unclear'],
  ['v=spf1 redirect=%{d}.x.test', '192.0.2.1', 'unclear'],
  // Too much asked.
  [`v=spf1 ${'a:mail.test '.repeat(10)}-all`, '198.51.100.1', 'fail'],
  [`v=spf1 ${'a:mail.test '.repeat(11)}-all`, '198.51.100.1', 'permerror'],
  ['v=spf1 a:g1.test a:g2.test -all', '192.0.2.1', 'fail'],
  ['v=spf1 a:g1.test a:g2.test a:g3.test -all', '192.0.2.1', 'permerror'],
  // Not SPF.
  ['v=spf10 all', '192.0.2.1', 'none'],
  ['v=spf1 ip4:192.0.2.300 -all', '192.0.2.1', 'permerror'],
  ['v=spf1 ip4:192.0.2.0/33 -all', '192.0.2.1', 'permerror'],
  ['v=spf1 ipv4:192.0.2.1 -all', '192.0.2.1', 'permerror'],
  ['v=spf1 include: -all', '192.0.2.1', 'permerror'],
  ['v=spf1 all:x -all', '192.0.2.1', 'permerror'],
  ['v=spf1 ip4:192.0.2.1 -al', '192.0.2.1', 'permerror'],
  ['v=spf1 redirect=a.test redirect=b.test', '192.0.2.1', 'permerror'],
  ['v=spf1 a:mail.test/33 -all', '192.0.2.1', 'permerror'],
];

describe('an address', () => {
  it.each(table)('by “%s” from %s: %s', async (record, address, result) => {
    const dns = fakeDns({ ...others, 'example.com': { txt: [record] } });
    expect((await evaluateSpf(dns, 'example.com', address)).result).toBe(result);
  });

  it('stops at the first that matches, and says how far it looked', async () => {
    const record = 'v=spf1 include:pass.test include:none.test -all';
    const dns = fakeDns({ ...others, 'example.com': { txt: [record] } });
    expect(await evaluateSpf(dns, 'example.com', '192.0.2.1')).toEqual({
      result: 'pass',
      record,
      ending: '-all',
      includes: ['pass.test'],
      lookups: 1,
      voidLookups: 0,
      fault: '',
    });
    expect(dns.asked).toEqual(['TXT example.com', 'TXT pass.test']);
  });
});

it('walks the whole record when no address is known', async () => {
  const record = 'v=spf1 include:pass.test include:none.test -all';
  const dns = fakeDns({ ...others, 'example.com': { txt: [record] } });
  const report = await evaluateSpf(dns, 'example.com', undefined);
  expect(report).toMatchObject({ result: 'permerror', lookups: 2 });
  expect(report.fault).toContain('none.test');
});

it('names the term that is wrong', () => {
  expect(parseSpf('v=spf1 ip4:1.2.3.4 mx4 -all')).toEqual({ fault: '“mx4” is no SPF' });
});
