// DKIM: is the key that signs published?
import type { DnsReader } from './dns.ts';
import { type DkimKey, parseDkim, sameKey } from './dkim-record.ts';
import type { DomainSubject, Finding, OwnSigning } from './types.ts';

export async function findDkim(dns: DnsReader, subject: DomainSubject): Promise<Finding> {
  if (subject.signing) return ownKey(dns, subject.signing);
  if (subject.relaySelector === '') return relaySigns(subject.domain);
  return relayKey(dns, subject.domain, subject.relaySelector);
}

type Words = Pick<Finding, 'verdict' | 'headline'> & Partial<Finding>;
const finding = (words: Words): Finding => ({
  id: 'dkim',
  found: [],
  advice: [],
  records: [],
  ...words,
});

const keyName = (selector: string, domain: string) => `${selector}._domainkey.${domain}`;

async function ownKey(dns: DnsReader, { domain, selector, record }: OwnSigning): Promise<Finding> {
  const name = keyName(selector, domain);
  const texts = await dns.txt(name);
  const publish = { name, type: 'TXT' as const, value: record };
  const [text, ...more] = texts;
  if (text === undefined) {
    return finding({
      verdict: 'broken',
      headline: 'We sign, but the key is not published.',
      found: [`There is nothing at ${name}.`],
      advice: ['A signature without its key is worse than none. Publish this record.'],
      records: [publish],
    });
  }
  const found = texts.map((one) => `${name}: ${one}`);
  if (more.length > 0) {
    const headline = 'There is more than one key record; receivers take either, or none.';
    const advice = ['Leave only this one.'];
    return finding({ verdict: 'broken', headline, found, advice, records: [publish] });
  }
  if (!sameKey(text, record)) {
    return finding({
      verdict: 'broken',
      headline: 'The published key is not the one we sign with.',
      found,
      advice: [
        'Put this record in its place, or set DKIM_SELECTOR and DKIM_KEY_FILE to the key that is published.',
      ],
      records: [publish],
    });
  }
  return judgeKey(parseDkim(text), found, 'We sign, and the published key is ours.');
}

async function relayKey(dns: DnsReader, domain: string, selector: string): Promise<Finding> {
  const name = keyName(selector, domain);
  const texts = await dns.txt(name);
  const found = texts.map((one) => `${name}: ${one}`);
  const key = texts.map(parseDkim).find((one) => one !== undefined);
  if (!key) {
    return finding({
      verdict: 'broken',
      headline: 'There is no DKIM key under this selector.',
      found: [`There is nothing usable at ${name}.`],
      advice: [
        'Take the selector from the provider’s list of DNS records, and publish those (often as CNAME).',
      ],
    });
  }
  return judgeKey(key, found, 'The relay’s key is published on your domain.');
}

function judgeKey(key: DkimKey | undefined, found: string[], well: string): Finding {
  if (!key)
    return finding({ verdict: 'broken', headline: 'The key record cannot be read.', found });
  if (key.key === '') {
    const headline = 'The published key is withdrawn (p= is empty).';
    const advice = ['Publish a key that is in use, under a new selector.'];
    return finding({ verdict: 'broken', headline, found, advice });
  }
  if (key.bits !== null && key.bits < 1024) {
    const headline = `The key has ${key.bits} bits; receivers ignore fewer than 1024.`;
    return finding({ verdict: 'broken', headline, found, advice: ['Make one of 2048 bits.'] });
  }
  if (key.isTesting) {
    const headline = 'The key is marked as a test (t=y): receivers may ignore it.';
    return finding({ verdict: 'look', headline, found, advice: ['Take t=y out of the record.'] });
  }
  if (key.type === 'rsa' && key.bits === null) {
    const headline = 'The key record cannot be read.';
    const advice = ['Look whether it was cut or a character was lost when it was pasted.'];
    return finding({ verdict: 'broken', headline, found, advice });
  }
  if (key.bits !== null && key.bits < 2048) {
    const advice = ['It counts today. Make one of 2048 bits when you change it next.'];
    return finding({
      verdict: 'look',
      headline: `${well} It is short (${key.bits} bits).`,
      found,
      advice,
    });
  }
  if (key.type === 'ed25519') {
    const headline = `${well} Not every receiver knows Ed25519.`;
    const advice = [
      'Gmail and Microsoft verify RSA only: let the relay add an RSA signature, or sign with an RSA key of 2048 bits.',
    ];
    return finding({ verdict: 'look', headline, found, advice });
  }
  return finding({ verdict: 'good', headline: well, found });
}

const relaySigns = (domain: string): Finding =>
  finding({
    verdict: 'unknown',
    headline: 'We do not sign; the relay should. Under which selector cannot be seen from here.',
    found: ['DKIM_DOMAIN, DKIM_SELECTOR and DKIM_KEY_FILE are not set.'],
    advice: [
      `Send a test message and look into its source for DKIM-Signature: d= has to be ${domain} or a domain it is aligned with, s= is the selector. Type that below and check again.`,
      'If there is none, have the provider sign with your domain, or set the three variables so that we do.',
    ],
  });
