// Domains of many kinds, each looked over as a whole through a DNS made of a table.
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { publicRecord, readDkimKey } from '../../src/delivery/dkim-key.ts';
import { bulkDemands } from '../../src/mail-check/bulk.ts';
import { checkDomain } from '../../src/mail-check/check-domain.ts';
import { parseDkim } from '../../src/mail-check/dkim-record.ts';
import { parseDmarc } from '../../src/mail-check/dmarc-record.ts';
import { isAligned, namesUpwards } from '../../src/mail-check/organisation.ts';
import { pointerName } from '../../src/mail-check/dns.ts';
import type {
  DomainSubject,
  FindingId,
  TrialOutcome,
  Verdict,
} from '../../src/mail-check/types.ts';
import { fakeDns, relay, subject, type Zone } from './fixtures.ts';

const pem = (bits: number) =>
  generateKeyPairSync('rsa', { modulusLength: bits }).privateKey.export({
    type: 'pkcs8',
    format: 'pem',
  });
const recordOf = (bits: number) => publicRecord(readDkimKey(pem(bits).toString()));
const ownRecord = recordOf(2048);
const edRecord = publicRecord(
  readDkimKey(
    generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  ),
);

const ownRelay = relay({ host: 'mail.example.com', port: 587, startTls: 'required' });
const signing = { domain: 'example.com', selector: '2026a', record: ownRecord };

/** All as it should be: our own relay, signing here. */
const good: Record<string, Zone> = {
  'example.com': { txt: ['other', 'v=spf1 ip4:8.8.4.4 -all'], mx: ['mail.example.com'] },
  'mail.example.com': { a: ['8.8.4.4'] },
  '8.8.4.4': { ptr: ['mail.example.com'] },
  '2026a._domainkey.example.com': { txt: [ownRecord] },
  '_dmarc.example.com': { txt: ['v=DMARC1; p=reject; rua=mailto:dmarc@example.com'] },
};

const encrypted: TrialOutcome = {
  lines: [],
  address: '8.8.4.4',
  trouble: null,
  ms: 1,
  encryption: {
    version: 'TLSv1.3',
    cipher: 'TLS_AES_256_GCM_SHA384',
    fault: '',
    certificate: {
      name: 'mail.example.com',
      names: ['mail.example.com'],
      issuer: 'CA',
      validTo: null,
    },
  },
};

async function look(
  zones: Record<string, Zone> = {},
  about: Partial<DomainSubject> = {},
  outcome: Partial<TrialOutcome> = {},
) {
  const wanted = subject({ signing, relays: [ownRelay], ...about });
  const findings = await checkDomain(wanted, fakeDns({ ...good, ...zones }), async () => ({
    ...encrypted,
    ...outcome,
  }));
  const by = (id: FindingId) => findings.find((one) => one.id === id) ?? expect.fail(id);
  return { findings, by };
}

it('finds nothing wrong where nothing is', async () => {
  const { findings } = await look();
  expect(findings.map(({ id, verdict }) => `${id} ${verdict}`)).toEqual([
    'spf good',
    'dkim good',
    'dmarc good',
    'alignment good',
    'bounces good',
    'reverse good',
    'encryption good',
    'unsubscribe good',
  ]);
  expect(bulkDemands(findings).map(({ verdict }) => verdict)).toEqual(Array(7).fill('good'));
});

/** What differs from good → which finding, its verdict, what its words say, and the record to publish. */
const table: [
  string,
  Record<string, Zone>,
  Partial<DomainSubject>,
  FindingId,
  Verdict,
  RegExp,
  string?,
][] = [
  ['no SPF', { 'example.com': {} }, {}, 'spf', 'broken', /not let/, 'v=spf1 ip4:8.8.4.4 ~all'],
  [
    'another address in SPF',
    {
      'example.com': { txt: ['v=spf1 mx:x.test -all'] },
      'x.test': { mx: ['x.test'], a: ['9.9.9.9'] },
    },
    {},
    'spf',
    'broken',
    /not let the sending/,
    'v=spf1 mx:x.test ip4:8.8.4.4 -all',
  ],
  [
    'softfail',
    { 'example.com': { txt: ['v=spf1 ~all'] } },
    {},
    'spf',
    'broken',
    /not let/,
    'v=spf1 ip4:8.8.4.4 ~all',
  ],
  [
    'everybody in SPF',
    { 'example.com': { txt: ['v=spf1 +all'] } },
    {},
    'spf',
    'broken',
    /everybody/,
  ],
  [
    'two SPF records',
    { 'example.com': { txt: ['v=spf1 -all', 'v=spf1 ~all'] } },
    {},
    'spf',
    'broken',
    /broken/,
  ],
  [
    'a macro',
    { 'example.com': { txt: ['v=spf1 exists:%{i}.x -all'] } },
    {},
    'spf',
    'unknown',
    /followed/,
  ],
  ['a silent DNS', { 'example.com': { isSilent: true } }, {}, 'spf', 'unknown', /followed/],
  [
    'a typed address',
    {},
    { sendingAddresses: ['9.9.9.9'] },
    'spf',
    'broken',
    /not let/,
    'v=spf1 ip4:8.8.4.4 ip4:9.9.9.9 -all',
  ],
  [
    'an IPv6 one',
    {},
    { sendingAddresses: ['2620:fe::9'] },
    'spf',
    'broken',
    /not let/,
    'v=spf1 ip4:8.8.4.4 ip6:2620:fe::9 -all',
  ],
  [
    'a relay inside',
    { 'mail.example.com': { a: ['10.0.0.5'] } },
    {},
    'spf',
    'look',
    /cannot be seen/,
  ],
  [
    'a foreign relay',
    { 'smtp.other.test': { a: ['9.9.9.9'] } },
    { relays: [relay({ host: 'smtp.other.test' })] },
    'spf',
    'look',
    /cannot be seen/,
  ],
  [
    'a known provider, not named',
    { 'smtp.mailgun.org': { a: ['9.9.9.9'] } },
    { relays: [relay({ host: 'smtp.mailgun.org' })] },
    'spf',
    'broken',
    /does not name Mailgun/,
    'v=spf1 ip4:8.8.4.4 include:mailgun.org -all',
  ],
  [
    'a known provider, named',
    {
      'smtp.mailgun.org': { a: ['9.9.9.9'] },
      'example.com': { txt: ['v=spf1 include:mailgun.org -all'] },
      'mailgun.org': { txt: ['v=spf1 ip4:9.9.9.9 -all'] },
    },
    { relays: [relay({ host: 'smtp.mailgun.org' })] },
    'spf',
    'good',
    /lets Mailgun/,
  ],
  ['no relay', {}, { relays: [] }, 'spf', 'look', /cannot be seen/],

  [
    'no key',
    { '2026a._domainkey.example.com': {} },
    {},
    'dkim',
    'broken',
    /not published/,
    ownRecord,
  ],
  [
    'another key',
    { '2026a._domainkey.example.com': { txt: [recordOf(2048)] } },
    {},
    'dkim',
    'broken',
    /not the one/,
    ownRecord,
  ],
  [
    'two keys',
    { '2026a._domainkey.example.com': { txt: [ownRecord, 'v=DKIM1; p='] } },
    {},
    'dkim',
    'broken',
    /more than one/,
    ownRecord,
  ],
  [
    'a key in test',
    { '2026a._domainkey.example.com': { txt: [`${ownRecord}; t=y`] } },
    {},
    'dkim',
    'look',
    /test/,
  ],
  [
    'a silent DNS for the key',
    { '2026a._domainkey.example.com': { isSilent: true } },
    {},
    'dkim',
    'unknown',
    /did not answer/,
  ],
  ['the relay signing', {}, { signing: null }, 'dkim', 'unknown', /the relay should/],
  [
    'a selector without a key',
    {},
    { signing: null, relaySelector: 's1' },
    'dkim',
    'broken',
    /no DKIM key/,
  ],
  [
    'a withdrawn key',
    { 's1._domainkey.example.com': { txt: ['v=DKIM1; p='] } },
    { signing: null, relaySelector: 's1' },
    'dkim',
    'broken',
    /withdrawn/,
  ],
  [
    'a short key',
    { 's1._domainkey.example.com': { txt: [recordOf(1024)] } },
    { signing: null, relaySelector: 's1' },
    'dkim',
    'look',
    /1024 bits/,
  ],
  [
    'a mangled key',
    { 's1._domainkey.example.com': { txt: ['v=DKIM1; k=rsa; p=MIIBIjANBg'] } },
    { signing: null, relaySelector: 's1' },
    'dkim',
    'broken',
    /cannot be read/,
  ],
  [
    'an Ed25519 key',
    { 's1._domainkey.example.com': { txt: [edRecord] } },
    { signing: null, relaySelector: 's1' },
    'dkim',
    'look',
    /Ed25519/,
  ],
  [
    'the relay’s key',
    { 's1._domainkey.example.com': { txt: [ownRecord] } },
    { signing: null, relaySelector: 's1' },
    'dkim',
    'good',
    /published/,
  ],

  [
    'no DMARC',
    { '_dmarc.example.com': {} },
    {},
    'dmarc',
    'broken',
    /no DMARC/,
    'v=DMARC1; p=none; rua=mailto:postmaster@example.com',
  ],
  [
    'two DMARC records',
    { '_dmarc.example.com': { txt: ['v=DMARC1; p=none', 'v=DMARC1; p=none'] } },
    {},
    'dmarc',
    'broken',
    /more than one/,
  ],
  [
    'no policy',
    { '_dmarc.example.com': { txt: ['v=DMARC1; sp=none'] } },
    {},
    'dmarc',
    'broken',
    /lacks p=/,
  ],
  [
    'p=none',
    { '_dmarc.example.com': { txt: ['v=DMARC1; p=none; rua=mailto:a@example.com'] } },
    {},
    'dmarc',
    'good',
    /p=none/,
  ],
  [
    'reports to strangers',
    { '_dmarc.example.com': { txt: ['v=DMARC1; p=none; rua=mailto:a@other.test'] } },
    {},
    'dmarc',
    'look',
    /p=none/,
  ],
  [
    'reports to friends',
    {
      '_dmarc.example.com': { txt: ['v=DMARC1; p=none; rua=mailto:a@other.test'] },
      'example.com._report._dmarc.other.test': { txt: ['v=DMARC1'] },
    },
    {},
    'dmarc',
    'good',
    /p=none/,
  ],
  [
    'a policy from above',
    {},
    { domain: 'status.example.com', bounceDomain: 'status.example.com' },
    'dmarc',
    'good',
    /p=reject/,
  ],

  [
    'a strict envelope',
    { '_dmarc.example.com': { txt: ['v=DMARC1; p=none; aspf=s'] } },
    { bounceDomain: 'bounce.example.com' },
    'alignment',
    'look',
    /SPF is not/,
  ],
  [
    'a foreign envelope and key',
    {},
    { bounceDomain: 'other.test', signing: { ...signing, domain: 'other.test' } },
    'alignment',
    'broken',
    /Neither/,
  ],
  [
    'a foreign envelope, no key known',
    {},
    { bounceDomain: 'other.test', signing: null },
    'alignment',
    'unknown',
    /could not be told/,
  ],
  ['the envelope alone', {}, { signing: null }, 'alignment', 'good', /envelope is aligned/],
  [
    'the envelope alone, at a provider',
    { 'smtp.other.test': { a: ['9.9.9.9'] } },
    { signing: null, relays: [relay({ host: 'smtp.other.test' })] },
    'alignment',
    'look',
    /envelope is aligned/,
  ],

  ['no MX', { 'example.com': { a: ['8.8.4.4'] } }, {}, 'bounces', 'look', /may have nowhere/],
  ['neither MX nor address', { 'example.com': {} }, {}, 'bounces', 'broken', /may have nowhere/],
  ['a null MX', { 'example.com': { mx: ['0 '] } }, {}, 'bounces', 'broken', /may have nowhere/],
  [
    'an MX without address',
    { 'example.com': { mx: ['gone.test'] } },
    {},
    'bounces',
    'broken',
    /may have nowhere/,
  ],
  [
    'a bounce domain without MX',
    {},
    { bounceDomain: 'bounce.example.com' },
    'bounces',
    'broken',
    /may have nowhere/,
  ],

  [
    'no PTR',
    { '8.8.4.4': {} },
    {},
    'reverse',
    'broken',
    /lacks a proper name/,
    'the relay’s full host name',
  ],
  [
    'a PTR that leads elsewhere',
    { '8.8.4.4': { ptr: ['other.test'] } },
    {},
    'reverse',
    'broken',
    /lacks/,
    'the relay’s full host name',
  ],
  [
    'a given name',
    { '8.8.4.4': { ptr: ['8-8-4-4.pool.test'] }, '8-8-4-4.pool.test': { a: ['8.8.4.4'] } },
    {},
    'reverse',
    'look',
    /lacks/,
  ],
  ['a private address', {}, { sendingAddresses: ['10.0.0.1'] }, 'reverse', 'look', /lacks/],
  [
    'a relay inside',
    { 'mail.example.com': { a: ['10.0.0.5'] } },
    {},
    'reverse',
    'unknown',
    /cannot be seen/,
  ],

  ['http', {}, { publicUrl: 'http://status.example.com' }, 'unsubscribe', 'broken', /needs https/],
  ['the relay signing', {}, { signing: null }, 'unsubscribe', 'look', /relay has to sign/],
  ['no relay', {}, { relays: [] }, 'encryption', 'unknown', /captured/],
];

describe('a domain with', () => {
  it.each(table)('%s', async (_name, zones, about, id, verdict, headline, record) => {
    const finding = (await look(zones, about)).by(id);
    expect(finding.headline).toMatch(headline);
    expect(finding.verdict).toBe(verdict);
    expect(finding.records.map(({ value }) => value)).toEqual(record === undefined ? [] : [record]);
    if (verdict !== 'good') expect(finding.advice).not.toEqual([]);
  });
});

describe('a relay that', () => {
  const facts = encrypted.encryption;
  it.each<[string, Partial<TrialOutcome>, Verdict]>([
    [
      'shows a bad certificate',
      { encryption: facts && { ...facts, fault: 'CERT_HAS_EXPIRED' } },
      'broken',
    ],
    ['speaks in the clear', { encryption: null }, 'look'],
    [
      'does not answer',
      { encryption: null, trouble: { step: 'connect', kind: 'timeout', code: '', reply: '' } },
      'unknown',
    ],
  ])('%s', async (_name, outcome, verdict) => {
    expect((await look({}, {}, outcome)).by('encryption').verdict).toBe(verdict);
  });
});

describe('organisations', () => {
  const dns = fakeDns({
    '_dmarc.example.com': { txt: ['v=DMARC1; p=none'] },
    '_dmarc.host.test': { txt: ['v=DMARC1; p=none; psd=y'] },
    '_dmarc.a.host.test': { txt: ['v=DMARC1; p=none'] },
    '_dmarc.b.host.test': { txt: ['v=DMARC1; p=none; psd=n'] },
  });
  it.each<[string, string, boolean, boolean | undefined]>([
    ['example.com', 'example.com', true, true],
    ['example.com', 'b.example.com', true, false],
    ['example.com', 'b.example.com', false, true],
    ['status.example.com', 'bounce.example.com', false, true],
    ['example.com', 'example.org', false, false],
    ['example.com', 'badexample.com', false, false],
    ['a.host.test', 'b.host.test', false, false],
    ['a.none.test', 'b.none.test', false, undefined],
  ])('%s and %s, strictly %s: %s', async (one, other, isStrict, aligned) => {
    expect(await isAligned(dns, one, other, isStrict)).toBe(aligned);
  });
  it('are looked for in eight steps at most', () => {
    expect(namesUpwards('a.b.example.com')).toEqual([
      'a.b.example.com',
      'b.example.com',
      'example.com',
    ]);
    const deep = namesUpwards('1.2.3.4.5.6.7.8.9.example.com');
    expect(deep).toHaveLength(8);
    expect([deep[0], deep.at(-1)]).toEqual(['1.2.3.4.5.6.7.8.9.example.com', 'example.com']);
  });
});

it.each([
  ['192.0.2.1', '1.2.0.192.in-addr.arpa'],
  ['::ffff:192.0.2.1', '1.2.0.192.in-addr.arpa'],
  ['2001:db8::1', `1.${'0.'.repeat(23)}8.b.d.0.1.0.0.2.ip6.arpa`],
])('%s is asked for as %s', (address, name) => expect(pointerName(address)).toBe(name));

it('reads records as people write them', () => {
  expect(parseDkim('k=rsa; p=AB CD')).toMatchObject({ key: 'ABCD', type: 'rsa', isTesting: false });
  expect(parseDkim('v=DKIM2; p=AB')).toBeUndefined();
  expect(
    parseDmarc('v=DMARC1;p=Quarantine;adkim=S; rua=mailto:A@b.cd!10m , mailto:e@f.gh'),
  ).toEqual({
    policy: 'quarantine',
    belowPolicy: 'quarantine',
    isDkimStrict: true,
    isSpfStrict: false,
    reportsTo: ['a@b.cd', 'e@f.gh'],
    publicSuffix: '',
  });
});
