// The whole check of a sending domain. What the DNS does not answer is said to be unknown, never good.
import { findDkim } from './find-dkim.ts';
import { findAlignment, findDmarc } from './find-dmarc.ts';
import { findEncryption, findUnsubscribe, type LookAtRelay } from './find-encryption.ts';
import { findBounces, findReverse } from './find-hosts.ts';
import { findSpf } from './find-spf.ts';
import { type DnsReader, LookupFailed, remembering } from './dns.ts';
import { sendersOf } from './senders.ts';
import type { DomainSubject, Finding, FindingId } from './types.ts';

/** All findings, in the order they are to be mended. */
export async function checkDomain(
  subject: DomainSubject,
  reader: DnsReader,
  look: LookAtRelay,
): Promise<Finding[]> {
  const dns = remembering(reader);
  const senders = () => sendersOf(dns, subject);
  const asked = await Promise.all([
    told('spf', async () => findSpf(dns, subject, await senders())),
    told('dkim', () => findDkim(dns, subject)),
    told('dmarc', () => findDmarc(dns, subject)),
    told('alignment', async () => findAlignment(dns, subject, await senders())),
    told('bounces', () => findBounces(dns, subject)),
    told('reverse', async () => findReverse(dns, await senders())),
    told('encryption', () => findEncryption(subject, look)),
  ]);
  return [...asked, findUnsubscribe(subject)];
}

async function told(id: FindingId, find: () => Promise<Finding>): Promise<Finding> {
  try {
    return await find();
  } catch (error) {
    if (!(error instanceof LookupFailed)) throw error;
    return {
      id,
      verdict: 'unknown',
      headline: 'The DNS did not answer.',
      found: [error.message],
      advice: [
        'Try again in a minute. If it stays like this, look at this machine’s name servers.',
      ],
      records: [],
    };
  }
}
