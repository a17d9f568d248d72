// Reading a DMARC record (RFC 7489, 6.3). Pure.
import { readTags } from './dkim-record.ts';

const dmarcPolicies = ['none', 'quarantine', 'reject'] as const;
type DmarcPolicy = (typeof dmarcPolicies)[number];

export interface DmarcRecord {
  policy: DmarcPolicy;
  /** For names below the one that has the record. */
  belowPolicy: DmarcPolicy;
  isDkimStrict: boolean;
  isSpfStrict: boolean;
  /** Addresses for the daily reports. */
  reportsTo: string[];
  /** `y`, `n` or, mostly, empty: whether others register names below this one. */
  publicSuffix: string;
}

export const isDmarc = (text: string) => /^v\s*=\s*DMARC1\s*(;|$)/i.test(text);

/** The record, or what is wrong with it. */
export function parseDmarc(text: string): DmarcRecord | { fault: string } {
  const tags = readTags(text);
  const reportsTo = mailboxes(tags.get('rua') ?? '');
  const policy = policyOf(tags.get('p'));
  // A record that only wants reports counts as p=none.
  if (policy === undefined && reportsTo.length === 0) {
    return { fault: 'it lacks p=none, p=quarantine or p=reject' };
  }
  return {
    policy: policy ?? 'none',
    belowPolicy: policyOf(tags.get('sp')) ?? policy ?? 'none',
    isDkimStrict: tags.get('adkim')?.toLowerCase() === 's',
    isSpfStrict: tags.get('aspf')?.toLowerCase() === 's',
    reportsTo,
    publicSuffix: (tags.get('psd') ?? '').toLowerCase(),
  };
}

const policyOf = (text: string | undefined) =>
  dmarcPolicies.find((policy) => policy === text?.toLowerCase());

/** `mailto:a@b.c!10m, …` → the addresses. */
const mailboxes = (text: string) =>
  text
    .split(',')
    .flatMap((uri) => /^\s*mailto:([^\s!@]+@[^\s!@]+)/i.exec(uri)?.[1] ?? [])
    .map((address) => address.toLowerCase());
