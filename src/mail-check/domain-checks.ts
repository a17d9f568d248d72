// Checking a domain for somebody: configuration, DNS and the relays brought together.
import { readFile } from 'node:fs/promises';
import type { Config } from '../config.ts';
import type { DkimConfig } from '../config/mail.ts';
import type { Kernel } from '../db/kernel.ts';
import { publicRecord, readDkimKey } from '../delivery/dkim-key.ts';
import { seconds } from '../shared/clock.ts';
import { AppError } from '../shared/errors.ts';
import { checkDomain } from './check-domain.ts';
import { converse } from './converse.ts';
import { createDnsReader, type DnsReader } from './dns.ts';
import type { TypedDomain } from './domain-form.ts';
import type { Finding, OwnSigning } from './types.ts';

export type OpenDns = () => DnsReader & { stop(): void };

/** All of it, however slow the name servers are. */
const wholeTime = seconds(25);

export async function checkTyped(
  kernel: Kernel,
  config: Config,
  typed: TypedDomain,
  openDns: OpenDns = createDnsReader,
): Promise<Finding[]> {
  const signing = await ownSigning(config.dkim);
  const dns = openDns();
  const timer = setTimeout(() => dns.stop(), wholeTime);
  const { relays, publicUrl } = config;
  try {
    return await checkDomain({ ...typed, signing, relays, publicUrl }, dns, (relay) =>
      converse(
        { relay, upTo: 'capabilities', from: '', to: '', message: '' },
        { monotonic: () => kernel.clock.monotonic(), timeout: seconds(5) },
      ),
    );
  } finally {
    clearTimeout(timer);
  }
}

/** The key we sign with as its record. A key that cannot be read any more is said to be so. */
async function ownSigning(config: DkimConfig | undefined): Promise<OwnSigning | null> {
  if (!config) return null;
  const { domain, selector, keyFile } = config;
  try {
    return { domain, selector, record: publicRecord(readDkimKey(await readFile(keyFile))) };
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError('unavailable', 'The file named in DKIM_KEY_FILE cannot be read.', { cause });
  }
}
