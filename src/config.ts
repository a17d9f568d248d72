// The environment, read once. Every fault is listed and nothing starts on any of them.
import { resolve } from 'node:path';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import {
  type BounceMailbox,
  type DkimConfig,
  type MailEventSecrets,
  readBounceDomain,
  readBounceMailbox,
  readDkim,
  readMailEventSecrets,
} from './config/mail.ts';
import { readRelays, type Relay } from './config/relays.ts';
import { type Address, parseAddress } from './shared/address.ts';
import { type LogLevel, logLevels } from './shared/log.ts';
import { isOneOf } from './shared/words.ts';

export interface Config {
  port: number;
  host: string;
  dataDir: string;
  /** Origin without trailing slash; every absolute link starts with it. */
  publicUrl: string;
  /** From `SMTP_URL`. None: mail is captured in `dataDir/mail`. */
  relays: Relay[];
  mailFrom: { name: string; address: string };
  mailReplyTo: string | undefined;
  /** Undefined: the relay signs. */
  dkim: DkimConfig | undefined;
  /** Where the envelope sender's address lives; undefined: bounces go to `mailFrom`. */
  bounceDomain: string | undefined;
  bounceMailbox: BounceMailbox | undefined;
  mailEvents: MailEventSecrets;
  firstAdmin: { address: Address; password: string } | undefined;
  /** Addresses and CIDRs of the proxies in front, as written. */
  trustProxy: string[];
  /** Private hosts, addresses and CIDRs that outgoing webhooks may reach, as written; plain http too. */
  webhookAllow: string[];
  /** Where the public side is written as files after every publish; unset: nowhere. */
  siteExportDir: string | undefined;
  /** Unset: made at first start and kept in `dataDir`. */
  secretKey: string | undefined;
  logLevel: LogLevel;
}

/** All that is wrong with the environment, a sentence each. */
export class ConfigError extends Error {
  readonly faults: string[];

  constructor(faults: string[]) {
    super(`The configuration has ${faults.length} fault(s):\n  - ${faults.join('\n  - ')}`);
    this.name = 'ConfigError';
    this.faults = faults;
  }
}

type Environment = Record<string, string | undefined>;

/** Reads the variables of the README. Empty means unset. Throws `ConfigError` with every fault. */
export function readConfig(environment: Environment): Config {
  const faults: string[] = [];
  const fault = (text: string) => void faults.push(text);
  const get = (name: string) => environment[name]?.trim() || undefined;

  if (get('DATABASE_URL')) {
    fault(
      'DATABASE_URL: other databases are not supported yet; leave it unset to use SQLite in DATA_DIR.',
    );
  }
  const port = readPort(get('PORT'), fault);
  const config: Config = {
    port,
    host: get('HOST') ?? '0.0.0.0',
    dataDir: resolve(get('DATA_DIR') ?? './data'),
    publicUrl: readPublicUrl(get('PUBLIC_URL') ?? `http://localhost:${port}`, fault),
    relays: readRelays(get('SMTP_URL'), fault),
    mailFrom: readMailbox(get('MAIL_FROM') ?? 'Status <status@localhost>', fault),
    mailReplyTo: readReplyTo(get('MAIL_REPLY_TO'), fault),
    dkim: readDkim(get, fault),
    bounceDomain: readBounceDomain(get, fault),
    bounceMailbox: readBounceMailbox(get, fault),
    mailEvents: readMailEventSecrets(get, fault),
    firstAdmin: readFirstAdmin(get('ADMIN_EMAIL'), environment['ADMIN_PASSWORD'], fault),
    trustProxy: readProxies(get('TRUST_PROXY'), fault),
    webhookAllow: readAllowed(get('WEBHOOK_ALLOW'), fault),
    siteExportDir: readFolder(get('SITE_EXPORT_DIR')),
    secretKey: readSecretKey(get('SECRET_KEY'), fault),
    logLevel: readLogLevel(get('LOG_LEVEL'), fault),
  };
  if (faults.length > 0) throw new ConfigError(faults);
  return config;
}

type Fault = (text: string) => void;

function readPort(text: string | undefined, fault: Fault): number {
  const port = Number(text ?? 3000);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  fault('PORT: a whole number from 0 to 65535.');
  return 3000;
}

function readPublicUrl(text: string, fault: Fault): string {
  const url = URL.parse(text);
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    fault('PUBLIC_URL: an http or https address, like https://status.example.com.');
    return 'http://localhost';
  }
  if (url.pathname !== '/' || url.search || url.hash || url.username) {
    fault('PUBLIC_URL: only scheme, host and port; no path, query or user.');
  }
  return url.origin;
}

/** `Name <address>` or a bare address. The name is kept to characters that need no quoting. */
function readMailbox(text: string, fault: Fault): { name: string; address: string } {
  const match = /^(?:"?([^"<>@\r\n]*)"?\s*)?<([^<>]+)>$/.exec(text);
  const address = parseAddress(match ? (match[2] ?? '') : text);
  if (address) return { name: (match?.[1] ?? '').trim(), address: address.email };
  fault('MAIL_FROM: an address, or a name and an address: Acme Status <status@example.com>.');
  return { name: '', address: 'status@localhost' };
}

function readReplyTo(text: string | undefined, fault: Fault): string | undefined {
  if (text === undefined) return undefined;
  const address = parseAddress(text);
  if (!address) fault('MAIL_REPLY_TO: one email address.');
  return address?.email;
}

function readFirstAdmin(
  email: string | undefined,
  password: string | undefined,
  fault: Fault,
): Config['firstAdmin'] {
  if (!email && !password) return undefined;
  if (!email || !password) {
    fault('ADMIN_EMAIL and ADMIN_PASSWORD: set both, or neither.');
    return undefined;
  }
  const address = parseAddress(email);
  if (!address) fault('ADMIN_EMAIL: one email address.');
  if (password.length < 12 || password.length > 1024) {
    fault('ADMIN_PASSWORD: 12 to 1,024 characters.');
  }
  return address ? { address, password } : undefined;
}

function readProxies(text: string | undefined, fault: Fault): string[] {
  const entries = (text ?? '').split(',').map((entry) => entry.trim());
  const named = entries.filter((entry) => entry !== '');
  for (const entry of named) {
    if (isIP(entry) === 0 && !ipaddr.isValidCIDR(entry)) {
      fault(`TRUST_PROXY: "${entry}" is neither an IP address nor a CIDR.`);
    }
  }
  return named;
}

function readAllowed(text: string | undefined, fault: Fault): string[] {
  const named = (text ?? '')
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '');
  for (const entry of named) {
    const isHost = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(entry);
    if (!isHost && isIP(entry) === 0 && !ipaddr.isValidCIDR(entry)) {
      fault(`WEBHOOK_ALLOW: "${entry}" is neither a host name, an IP address nor a CIDR.`);
    }
  }
  return named;
}

const readFolder = (text: string | undefined) => (text === undefined ? undefined : resolve(text));

function readSecretKey(text: string | undefined, fault: Fault): string | undefined {
  if (text !== undefined && text.length < 32) fault('SECRET_KEY: at least 32 characters.');
  return text;
}

function readLogLevel(text: string | undefined, fault: Fault): LogLevel {
  const level = text ?? 'info';
  if (isOneOf(logLevels, level)) return level;
  fault(`LOG_LEVEL: one of ${logLevels.join(', ')}.`);
  return 'info';
}
