// Whether a domain's SPF lets an address send (RFC 7208, 4 to 6). What depends on a message, not on its
// address, cannot be told beforehand and is said to be so.
import ipaddr from 'ipaddr.js';
import { never } from '../shared/never.ts';
import { type DnsReader, LookupFailed } from './dns.ts';
import {
  hasMacro,
  isSpf,
  isWithin,
  type Mechanism,
  parseSpf,
  type Qualifier,
  type SpfRecord,
} from './spf-record.ts';

/** RFC 7208's results; `unclear` where only a real message would tell. */
export type SpfResult =
  'pass' | 'fail' | 'softfail' | 'neutral' | 'none' | 'temperror' | 'permerror' | 'unclear';

export interface SpfReport {
  result: SpfResult;
  /** The domain's own record; undefined where there is none, or too many. */
  record: string | undefined;
  /** How the record ends, `all` as written; empty where it does not say. */
  ending: string;
  /** Domains that were included or redirected to, in order. */
  includes: string[];
  lookups: number;
  voidLookups: number;
  /** Why it is a permerror or temperror; else empty. */
  fault: string;
}

export const mostLookups = 10;
const mostVoidLookups = 2;
const mostNames = 10;

const resultOf: Record<Qualifier, SpfResult> = {
  '+': 'pass',
  '-': 'fail',
  '~': 'softfail',
  '?': 'neutral',
};

/** Ends the evaluation with an error. */
class SpfError extends Error {
  readonly result: 'permerror' | 'temperror';

  constructor(result: 'permerror' | 'temperror', fault: string) {
    super(fault);
    this.result = result;
  }
}

interface Walk {
  /** Undefined: no address is asked about, the whole record is walked to see that it holds. */
  address: string | undefined;
  dns: DnsReader;
  report: SpfReport;
}

/** Evaluates `domain`'s record for an address, or for none. Resolves whatever the DNS says. */
export async function evaluateSpf(
  dns: DnsReader,
  domain: string,
  address: string | undefined,
): Promise<SpfReport> {
  const report: SpfReport = {
    result: 'none',
    record: undefined,
    ending: '',
    includes: [],
    lookups: 0,
    voidLookups: 0,
    fault: '',
  };
  try {
    report.result = await checkHost({ address, dns, report }, domain, true);
  } catch (error) {
    if (error instanceof LookupFailed) {
      return { ...report, result: 'temperror', fault: error.message };
    }
    if (!(error instanceof SpfError)) throw error;
    return { ...report, result: error.result, fault: error.message };
  }
  return report;
}

async function checkHost(walk: Walk, domain: string, isOwn: boolean): Promise<SpfResult> {
  const found = (await walk.dns.txt(domain)).filter(isSpf);
  if (found.length > 1) {
    throw new SpfError(
      'permerror',
      `${domain} has ${found.length} SPF records; only one may be there.`,
    );
  }
  const [text] = found;
  if (text === undefined) return 'none';
  if (isOwn) walk.report.record = text;
  const record = parseSpf(text);
  if ('fault' in record)
    throw new SpfError('permerror', `In the record of ${domain}, ${record.fault}.`);
  if (isOwn) walk.report.ending = endingOf(record);
  return follow(walk, domain, record);
}

const endingOf = ({ mechanisms, redirect }: SpfRecord) => {
  const all = mechanisms.find(({ name }) => name === 'all');
  if (all) return `${all.qualifier}all`.replace(/^\+/, '');
  return redirect === undefined ? '' : `redirect=${redirect}`;
};

async function follow(walk: Walk, domain: string, record: SpfRecord): Promise<SpfResult> {
  /** Results that terms might have given, had there been a message. */
  const possible = new Set<SpfResult>();
  const settle = (result: SpfResult): SpfResult =>
    [...possible].every((one) => one === result) ? result : 'unclear';

  for (const mechanism of record.mechanisms) {
    const match = await matches(walk, domain, mechanism);
    if (match === true) return settle(resultOf[mechanism.qualifier]);
    if (match === 'unclear') possible.add(resultOf[mechanism.qualifier]);
  }
  const { redirect } = record;
  if (redirect === undefined || record.mechanisms.some(({ name }) => name === 'all')) {
    return settle('neutral');
  }
  if (hasMacro(redirect)) return 'unclear';
  const result = await enter(walk, redirect);
  if (result === 'none')
    throw new SpfError('permerror', `${redirect}, redirected to, has no SPF record.`);
  return settle(result);
}

/** A record within the record. */
async function enter(walk: Walk, domain: string): Promise<SpfResult> {
  countLookup(walk);
  walk.report.includes.push(domain);
  return checkHost(walk, domain, false);
}

function countLookup({ report }: Walk): void {
  report.lookups += 1;
  if (report.lookups > mostLookups) {
    throw new SpfError('permerror', `It takes more than ${mostLookups} look-ups to follow.`);
  }
}

/** Names without an answer: a few are forgiven. */
function countVoid<T>({ report }: Walk, answers: T[]): T[] {
  if (answers.length > 0) return answers;
  report.voidLookups += 1;
  if (report.voidLookups > mostVoidLookups) {
    throw new SpfError('permerror', 'More than two of the names in it do not exist.');
  }
  return answers;
}

type Match = boolean | 'unclear';

async function matches(walk: Walk, domain: string, mechanism: Mechanism): Promise<Match> {
  const { name, value } = mechanism;
  const isNetwork = name === 'ip4' || name === 'ip6';
  if (!isNetwork && hasMacro(value)) {
    countLookup(walk);
    return 'unclear';
  }
  switch (name) {
    case 'all':
      return walk.address !== undefined;
    case 'ip4':
    case 'ip6':
      return walk.address !== undefined && isWithin(walk.address, value, name === 'ip4' ? 32 : 128);
    case 'include':
      return includes(walk, value);
    case 'a':
      countLookup(walk);
      return oneMatches(
        walk,
        mechanism,
        countVoid(walk, await hostAddresses(walk, value || domain)),
      );
    case 'mx':
      return exchangeMatches(walk, mechanism, value || domain);
    case 'ptr':
      return pointerMatches(walk, value || domain);
    case 'exists':
      countLookup(walk);
      return countVoid(walk, await walk.dns.a(value)).length > 0;
    default:
      return never(name);
  }
}

async function includes(walk: Walk, domain: string): Promise<Match> {
  const result = await enter(walk, domain);
  if (result === 'none') throw new SpfError('permerror', `${domain}, included, has no SPF record.`);
  return result === 'unclear' ? result : result === 'pass';
}

/** Of the family that is asked about. */
function hostAddresses({ dns, address }: Walk, host: string): Promise<string[]> {
  const isSixth = address !== undefined && ipaddr.process(address).kind() === 'ipv6';
  return isSixth ? dns.aaaa(host) : dns.a(host);
}

const oneMatches = ({ address }: Walk, { bits4, bits6 }: Mechanism, found: string[]): boolean =>
  address !== undefined &&
  found.some((one) =>
    isWithin(address, one, ipaddr.process(one).kind() === 'ipv4' ? bits4 : bits6),
  );

async function exchangeMatches(walk: Walk, mechanism: Mechanism, domain: string): Promise<Match> {
  countLookup(walk);
  const exchanges = countVoid(walk, await walk.dns.mx(domain));
  if (exchanges.length > mostNames) {
    throw new SpfError('permerror', `${domain} has more than ${mostNames} mail exchangers.`);
  }
  for (const { exchange } of exchanges.filter((one) => one.exchange !== '')) {
    if (oneMatches(walk, mechanism, await hostAddresses(walk, exchange))) return true;
  }
  return false;
}

/** Slow and out of use, but still there in old records. */
async function pointerMatches(walk: Walk, domain: string): Promise<Match> {
  countLookup(walk);
  const { address, dns } = walk;
  if (address === undefined) return false;
  for (const name of countVoid(walk, await dns.pointers(address)).slice(0, mostNames)) {
    const isBelow = `.${name.toLowerCase()}`.endsWith(`.${domain.toLowerCase()}`);
    if (isBelow && (await hostAddresses(walk, name)).includes(address)) return true;
  }
  return false;
}
