// Which names belong to one organisation, by walking up the tree of DMARC records, and so whether two domains are
// aligned. Without a list of public suffixes nothing else tells `co.uk` from `example.uk`.
import { type DmarcRecord, isDmarc, parseDmarc } from './dmarc-record.ts';
import type { DnsReader } from './dns.ts';

export interface DmarcAt {
  /** The name that has the record, without `_dmarc.`. */
  domain: string;
  text: string;
  record: DmarcRecord | { fault: string };
}

const mostSteps = 8;

/** A name and those above it, down to two labels; of long names the middle is left out. */
export function namesUpwards(domain: string): string[] {
  const labels = domain.split('.');
  const names = labels.map((_label, from) => labels.slice(from).join('.')).slice(0, -1);
  if (names.length <= mostSteps) return names;
  return [domain, ...names.slice(1 - mostSteps)];
}

/** The DMARC records from `domain` upwards, nearest first. More than one at a name is none (RFC 7489, 6.6.3). */
export async function dmarcUpwards(dns: DnsReader, domain: string): Promise<DmarcAt[]> {
  const all = await Promise.all(
    namesUpwards(domain).map(async (name) => ({
      name,
      texts: (await dns.txt(`_dmarc.${name}`)).filter(isDmarc),
    })),
  );
  return all.flatMap(({ name, texts: [text, ...more] }) =>
    text === undefined || more.length > 0 ? [] : [{ domain: name, text, record: parseDmarc(text) }],
  );
}

/** How many DMARC records the name itself has. */
export const countDmarc = async (dns: DnsReader, domain: string): Promise<number> =>
  (await dns.txt(`_dmarc.${domain}`)).filter(isDmarc).length;

/** The organisation's own name: the highest with a record; undefined where no name has one. */
export async function organisationOf(dns: DnsReader, domain: string): Promise<string | undefined> {
  const records = await dmarcUpwards(dns, domain);
  const usable = records.flatMap(({ domain: name, record }) =>
    'fault' in record ? [] : [{ name, publicSuffix: record.publicSuffix }],
  );
  const declared = usable.find(({ publicSuffix }) => publicSuffix === 'n');
  if (declared) return declared.name;
  return usable.findLast(({ publicSuffix }) => publicSuffix !== 'y')?.name;
}

/** Whether two names are aligned; undefined where it cannot be told from here. */
export async function isAligned(
  dns: DnsReader,
  one: string,
  other: string,
  isStrict: boolean,
): Promise<boolean | undefined> {
  if (one === other) return true;
  if (isStrict) return false;
  if (isBelow(one, other) || isBelow(other, one)) return true;
  if (!shareAParent(one, other)) return false;
  const [mine, theirs] = await Promise.all([organisationOf(dns, one), organisationOf(dns, other)]);
  return mine === undefined || theirs === undefined ? undefined : mine === theirs;
}

/** True for a name below another of at least two labels. */
export const isBelow = (name: string, parent: string) =>
  parent.includes('.') && name.endsWith(`.${parent}`);

const shareAParent = (one: string, other: string) =>
  one.split('.').slice(-2).join('.') === other.split('.').slice(-2).join('.');
