// SMTP_URL: one relay or several, each with its weight and its limits in the query.
import { type Fault, readHost, readPart, readPort } from './url.ts';

/** What a relay lets us send. Null is no limit. */
export interface RelayLimits {
  perSecond: number | null;
  perHour: number | null;
  perDay: number | null;
  /** Messages over one connection before it is opened anew. */
  perConnection: number | null;
  /** To any one recipient domain. */
  perDomainPerMinute: number | null;
}

export interface Relay {
  /** How logs, limits and the desk call it: `host:port`, or its `label=`. Never holds a secret. */
  name: string;
  host: string;
  port: number;
  /** How we introduce ourselves (EHLO); undefined: the machine's name. */
  ehlo: string | undefined;
  /** TLS from the first byte (smtps). */
  isSecure: boolean;
  /** What a plain connection does about STARTTLS. */
  startTls: 'offered' | 'required' | 'never';
  /** False only for relays with a certificate of their own making. */
  checksCertificate: boolean;
  user: string | undefined;
  password: string | undefined;
  /** Its share of the mail, against the other relays' weights. */
  weight: number;
  /** Messages on their way at once. */
  connections: number;
  limits: RelayLimits;
}

const defaultConnections = 20;
export const mostConnections = 50;

/** The relays in order. Unset: none, mail is captured. */
export function readRelays(text: string | undefined, fault: Fault): Relay[] {
  const relays = splitList(text ?? '').flatMap((one) => readRelay(one, fault) ?? []);
  const names = relays.map(({ name }) => name);
  for (const name of new Set(names.filter((one, i) => names.indexOf(one) !== i))) {
    fault(
      `SMTP_URL: two relays are called ${name}; give one of them a name of its own with ?label=.`,
    );
  }
  return relays;
}

/** A comma may stand in a password: a new relay begins where a scheme does. */
const splitList = (text: string) =>
  text
    .split(/,(?=\s*smtps?:)/)
    .map((one) => one.trim())
    .filter((one) => one !== '');

/** One relay, or undefined with its faults told. */
export function readRelay(text: string, told: Fault): Relay | undefined {
  const fault = (words: string) => told(`SMTP_URL: ${words}`);
  const url = URL.parse(text);
  const isPlain = url !== null && ['', '/'].includes(url.pathname) && url.hash === '';
  if (!isPlain || !['smtp:', 'smtps:'].includes(url.protocol) || !url.hostname) {
    fault(
      'smtp://user:password@host:port or smtps://…, with special characters percent-encoded; several are separated by commas.',
    );
    return undefined;
  }
  if ((url.username === '') !== (url.password === ''))
    fault('user and password: both, or neither.');
  const query = readQuery(url.searchParams, fault);
  const isSecure = url.protocol === 'smtps:';
  const port = readPort(url, isSecure ? 465 : 587, fault);
  const host = readHost(url, fault);
  return {
    name:
      query.words('label', /^[\w.:[\] -]{1,60}$/) ??
      `${host.includes(':') ? `[${host}]` : host}:${port}`,
    host,
    port,
    ehlo: query.words('name', /^[\w.:[\]-]{1,253}$/),
    isSecure,
    startTls: startTlsOf(query, fault),
    checksCertificate: query.flag('tls.rejectUnauthorized') ?? true,
    user: url.username === '' ? undefined : readPart(url.username, fault),
    password: url.password === '' ? undefined : readPart(url.password, fault),
    weight: query.number('weight', 1, 1000) ?? 1,
    connections: query.number('maxConnections', 1, mostConnections) ?? defaultConnections,
    limits: {
      perSecond: query.number('perSecond', 1, 100_000),
      perHour: query.number('perHour', 1, 1e9),
      perDay: query.number('perDay', 1, 1e9),
      perConnection: query.number('maxMessages', 1, 1e6),
      perDomainPerMinute: query.number('perDomainPerMinute', 1, 1e6),
    },
  };
}

function startTlsOf(query: ReturnType<typeof readQuery>, fault: Fault): Relay['startTls'] {
  const [isRequired, isIgnored] = [query.flag('requireTLS'), query.flag('ignoreTLS')];
  if (isRequired && isIgnored) fault('requireTLS and ignoreTLS: one of them.');
  if (isRequired) return 'required';
  return isIgnored ? 'never' : 'offered';
}

/** Where nodemailer has an option, it is called as there; `pool` says what is so anyway. */
const known = [
  'label',
  'name',
  'weight',
  'maxConnections',
  'maxMessages',
  'requireTLS',
  'ignoreTLS',
  'tls.rejectUnauthorized',
  'perSecond',
  'perHour',
  'perDay',
  'perDomainPerMinute',
  'pool',
];

function readQuery(query: URLSearchParams, fault: Fault) {
  for (const name of query.keys()) {
    if (!known.includes(name)) {
      // Only what looks like an option is repeated: after an unescaped ? comes the rest of a password.
      const which = /^[a-zA-Z.]{2,30}$/.test(name) && query.get(name) !== '' ? ` "${name}"` : '';
      fault(`there is no such option${which}; there are ${known.join(', ')}.`);
    } else if (query.getAll(name).length > 1) {
      fault(`${name} is given twice.`);
    }
  }
  const text = (name: string) => query.get(name)?.trim() || undefined;
  return {
    /** What stands in logs and in protocol lines. */
    words(name: string, shape: RegExp): string | undefined {
      const written = text(name);
      if (written === undefined || shape.test(written)) return written;
      fault(`${name} is made of letters, digits, dots and dashes.`);
      return undefined;
    },
    flag(name: string): boolean | undefined {
      const written = text(name)?.toLowerCase();
      if (written === undefined) return undefined;
      if (['true', '1', 'yes'].includes(written)) return true;
      if (!['false', '0', 'no'].includes(written)) fault(`${name} is true or false.`);
      return false;
    },
    number(name: string, least: number, most: number): number | null {
      const written = text(name);
      if (written === undefined) return null;
      const value = Number(written);
      if (Number.isInteger(value) && value >= least && value <= most) return value;
      fault(`${name} is a whole number from ${least} to ${most}.`);
      return null;
    },
  };
}
