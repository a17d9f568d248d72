// DMARC, and whether what passes SPF and DKIM is aligned with the From address at all.
import type { DnsReader } from './dns.ts';
import type { DmarcRecord } from './dmarc-record.ts';
import {
  countDmarc,
  type DmarcAt,
  dmarcUpwards,
  isAligned,
  organisationOf,
} from './organisation.ts';
import type { Senders } from './senders.ts';
import type { DomainSubject, Finding } from './types.ts';

type Words = Pick<Finding, 'verdict' | 'headline'> & Partial<Finding>;

// The record

const finding = (about: Words): Finding => ({
  id: 'dmarc',
  found: [],
  advice: [],
  records: [],
  ...about,
});

export async function findDmarc(dns: DnsReader, { domain }: DomainSubject): Promise<Finding> {
  const name = `_dmarc.${domain}`;
  const count = await countDmarc(dns, domain);
  if (count > 1) {
    const found = [`${count} records at ${name}.`];
    const advice = ['Receivers then take none of them. Leave one.'];
    return finding({
      verdict: 'broken',
      headline: 'There is more than one DMARC record.',
      found,
      advice,
    });
  }
  const nearest = nearestUsable(await dmarcUpwards(dns, domain), domain);
  if (!nearest) {
    const value = `v=DMARC1; p=none; rua=mailto:postmaster@${domain}`;
    return finding({
      verdict: 'broken',
      headline: 'There is no DMARC record.',
      found: [`There is nothing at ${name}, nor above it.`],
      advice: [
        'Gmail, Yahoo and Microsoft ask for one from everybody who sends in bulk. p=none is enough to begin with, and breaks nothing.',
      ],
      records: [{ name, type: 'TXT', value }],
    });
  }
  const { record } = nearest;
  const found = [`_dmarc.${nearest.domain}: ${nearest.text}`];
  if ('fault' in record) {
    const advice = ['Receivers act as if there were no record.'];
    return finding({
      verdict: 'broken',
      headline: `The DMARC record is broken: ${record.fault}.`,
      found,
      advice,
    });
  }
  return finding({ ...(await judge(dns, nearest.domain, domain, record)), found });
}

/** The name's own, or the organisation's; those in between do not count. */
function nearestUsable(records: DmarcAt[], domain: string): DmarcAt | undefined {
  const own = records.find((one) => one.domain === domain);
  return own ?? records.at(-1);
}

async function judge(
  dns: DnsReader,
  at: string,
  domain: string,
  record: DmarcRecord,
): Promise<Words> {
  const policy = at === domain ? record.policy : record.belowPolicy;
  const strangers = await unwilling(dns, at, record);
  const advice = [
    ...strangers.map(
      (name) =>
        `Reports to ${name} are not sent: it has to publish v=DMARC1 at ${at}._report._dmarc.${name}.`,
    ),
    ...(record.reportsTo.length === 0
      ? ['Add rua=mailto:… to be told daily who sends in your name.']
      : []),
    ...(policy === 'none'
      ? [
          'p=none is enough for the bulk rules. Once the reports show only your own senders, go on to quarantine, then reject.',
        ]
      : []),
  ];
  return {
    verdict: strangers.length > 0 ? 'look' : 'good',
    headline: `There is a DMARC record with p=${policy}.`,
    advice,
  };
}

/** Outside domains among the reports' addresses that have not agreed to get them (RFC 7489, 7.1). */
async function unwilling(
  dns: DnsReader,
  at: string,
  { reportsTo }: DmarcRecord,
): Promise<string[]> {
  const domains = [...new Set(reportsTo.map((address) => address.split('@')[1] ?? ''))];
  const home = (await organisationOf(dns, at)) ?? at;
  const strangers = domains.filter((name) => name !== home && !name.endsWith(`.${home}`));
  const agreed = await Promise.all(
    strangers.map(async (name) =>
      (await dns.txt(`${at}._report._dmarc.${name}`)).some((text) => /^v=DMARC1/i.test(text)),
    ),
  );
  return strangers.filter((_name, i) => !agreed[i]);
}

// Alignment

export async function findAlignment(
  dns: DnsReader,
  subject: DomainSubject,
  senders: Senders,
): Promise<Finding> {
  const { domain, bounceDomain, signing, relaySelector } = subject;
  const nearest = nearestUsable(await dmarcUpwards(dns, domain), domain)?.record;
  const record = nearest && !('fault' in nearest) ? nearest : undefined;
  const signer = signing?.domain ?? (relaySelector === '' ? undefined : domain);
  const [spf, dkim] = await Promise.all([
    isAligned(dns, domain, bounceDomain, record?.isSpfStrict ?? false),
    signer === undefined
      ? undefined
      : isAligned(dns, domain, signer, record?.isDkimStrict ?? false),
  ]);
  const found = [
    `From: ${domain}`,
    `Envelope (bounces): ${bounceDomain}, ${words(spf)}${record?.isSpfStrict ? ', strictly' : ''}`,
    signer === undefined
      ? 'DKIM: the relay signs with a domain that is not known here'
      : `DKIM d=${signer}, ${words(dkim)}${record?.isDkimStrict ? ', strictly' : ''}`,
  ];
  return { id: 'alignment', found, records: [], ...verdictOn(spf, dkim, senders, domain) };
}

const words = (aligned: boolean | undefined) =>
  aligned === undefined ? 'could not be told' : aligned ? 'aligned' : 'not aligned';

function verdictOn(
  spf: boolean | undefined,
  dkim: boolean | undefined,
  { kind }: Senders,
  domain: string,
): Pick<Finding, 'verdict' | 'headline' | 'advice'> {
  const rewrites =
    'Many providers put their own bounce domain in place of ours: then only DKIM is aligned. Have them sign with your domain.';
  if (dkim === true) {
    return {
      verdict: spf === false ? 'look' : 'good',
      headline:
        spf === false
          ? 'DKIM is aligned with the From address, SPF is not.'
          : 'SPF and DKIM are aligned with the From address.',
      advice:
        spf === false
          ? [
              'One is enough for DMARC; with both, a broken signature does no harm. Use a BOUNCE_DOMAIN below the From domain.',
            ]
          : [],
    };
  }
  if (spf === true) {
    return {
      verdict: dkim === false || kind === 'provider' ? 'look' : 'good',
      headline:
        dkim === false
          ? 'SPF is aligned with the From address, DKIM is not.'
          : 'The envelope is aligned with the From address.',
      advice: [
        ...(dkim === false
          ? [`Sign with d=${domain}: a forwarded message passes DMARC by DKIM alone.`]
          : []),
        ...(kind === 'provider' ? [rewrites] : []),
      ],
    };
  }
  if (spf === undefined || dkim === undefined) {
    return {
      verdict: 'unknown',
      headline: 'Whether DMARC would pass could not be told.',
      advice: [rewrites],
    };
  }
  return {
    verdict: 'broken',
    headline: 'Neither the envelope nor DKIM is aligned with the From address: DMARC fails.',
    advice: [`Set BOUNCE_DOMAIN to a name below ${domain}, or sign with d=${domain}.`],
  };
}
