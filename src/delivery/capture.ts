// Mail kept in a folder instead of being sent, for trying things out: written whole or not at all, and read back for the desk.
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import PostalMime, { type Address } from 'postal-mime';
import type { RelayLimits } from '../config/relays.ts';
import { hmac } from '../shared/ids.ts';
import { type Accepted, type Mailer, type OutgoingMail, SendError } from './types.ts';

export interface CapturedHead {
  /** The file's name; also its address in the desk. */
  name: string;
  subject: string;
  from: string;
  to: string;
  date: Date | null;
}

export interface CapturedMail extends CapturedHead {
  html: string;
  text: string;
  headers: { name: string; value: string }[];
}

const namePattern = /^\d{8}T\d{9}Z-[A-Za-z0-9_-]{32}\.eml$/;

const unlimited: RelayLimits = {
  perSecond: null,
  perHour: null,
  perDay: null,
  perConnection: null,
  perDomainPerMinute: null,
};

/** A mailer that writes each message to `dir`. A retry writes over the first attempt. */
export function createCaptureMailer(dir: string): Mailer {
  let limits = unlimited;
  let connections = 2;
  return {
    name: 'mailbox',
    weight: 1,
    get limits() {
      return limits;
    },
    get connections() {
      return connections;
    },
    openLine: () => ({ send: (mail) => keep(dir, mail), close() {} }),
    setLimits: (changed) => void ({ limits, connections } = changed),
  };
}

/** Says like a relay what keeps it from taking mail. */
async function keep(dir: string, mail: OutgoingMail): Promise<Accepted> {
  try {
    await store(dir, mail);
    return { code: null };
  } catch (error) {
    const reply = error instanceof Error ? error.message : 'The folder cannot be written.';
    const none = { code: 'ECONNECTION', responseCode: null, command: null };
    throw new SendError({ ...none, reply, bodyStarted: false });
  }
}

async function store(dir: string, { messageId, date, raw }: OutgoingMail): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const stamp = date.toISOString().replaceAll(/[-:.]/g, '');
  const target = join(dir, `${stamp}-${hmac('', 'captured mail', messageId).slice(0, 32)}.eml`);
  const partial = `${target}.partial`;
  await writeFile(partial, raw, { mode: 0o600 });
  await rename(partial, target);
}

/** The newest captured messages; `before` is the name that the last page ended with. */
export async function readMailbox(
  dir: string,
  page: { before?: string; limit?: number } = {},
): Promise<CapturedHead[]> {
  const { before, limit = 50 } = page;
  const names = (await namesIn(dir)).filter((name) => before === undefined || name < before);
  const newest = names.toSorted().toReversed().slice(0, limit);
  return Promise.all(
    newest.map(async (name) => {
      const raw = await readFile(join(dir, name));
      return readHead(name, raw.subarray(0, raw.indexOf('\r\n\r\n') + 4));
    }),
  );
}

async function namesIn(dir: string): Promise<string[]> {
  try {
    return (await readdir(dir)).filter((name) => namePattern.test(name));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

async function readHead(name: string, raw: Uint8Array): Promise<CapturedHead> {
  const { subject, from, to, date } = await PostalMime.parse(raw);
  return {
    name,
    subject: subject ?? '',
    from: from ? spell(from) : '',
    to: (to ?? []).map(spell).join(', '),
    date: date ? new Date(date) : null,
  };
}

const spell = ({ name, address }: Address) =>
  name ? `${name} <${address ?? ''}>` : (address ?? '');

/** One captured message, or undefined when there is none of that name. */
export async function readCaptured(dir: string, name: string): Promise<CapturedMail | undefined> {
  const known = (await namesIn(dir)).find((candidate) => candidate === name);
  if (known === undefined) return undefined;
  const raw = await readFile(join(dir, known));
  const { html, text, headers } = await PostalMime.parse(raw);
  return {
    ...(await readHead(known, raw)),
    html: html ?? '',
    text: text ?? '',
    headers: headers.map(({ originalKey, value }) => ({ name: originalKey, value })),
  };
}

/** Deletes the captured messages to an address, as when it is erased (S-69). */
export async function forgetCaptured(dir: string, address: string): Promise<void> {
  for (const name of await namesIn(dir)) {
    const raw = await readFile(join(dir, name));
    const { to } = await PostalMime.parse(raw.subarray(0, raw.indexOf('\r\n\r\n') + 4));
    const isTheirs = to?.some((one) => one.address?.toLowerCase() === address.toLowerCase());
    if (isTheirs) await rm(join(dir, name), { force: true });
  }
}
