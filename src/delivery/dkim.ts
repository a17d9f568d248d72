// DKIM signatures made here (RFC 6376, relaxed/relaxed), for relays that do not sign. The key is read
// once, and signing runs beside the event loop.
import { createHash, sign as signAside, verify } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { DkimConfig } from '../config/mail.ts';
import { AppError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import {
  type DkimKey,
  findPublication,
  publicRecord,
  readDkimKey,
  recordName,
  type ResolveTxt,
} from './dkim-key.ts';
import { type Field, fold } from './header-field.ts';

/**
 * The `DKIM-Signature` header over a message's fields and the hash of its relaxed body (SHA-256, base64),
 * with its CRLF. The same each time for the same message.
 */
export type DkimSigner = (fields: readonly Field[], bodyHash: string) => Promise<string>;

/** All that a reader or a mail program acts on. */
const covered = [
  'from',
  'to',
  'subject',
  'date',
  'message-id',
  'reply-to',
  'mime-version',
  'content-type',
  'references',
  'in-reply-to',
  'list-id',
  'list-unsubscribe',
  'list-unsubscribe-post',
  'auto-submitted',
  'feedback-id',
  'precedence',
];
/** Named once more than they occur: a second one added on the way breaks the signature. */
const oversigned = ['from', 'subject', 'to', 'date'];

/** A signer for one domain and selector. */
export function createSigner(key: DkimKey, { domain, selector }: SignerName): DkimSigner {
  const start = `v=1; a=${key.algorithm}; c=relaxed/relaxed; d=${domain}; s=${selector};`;
  return async (fields, bodyHash) => {
    const byName = new Map(fields.map((one) => [one.name, one.relaxed]));
    const present = covered.filter((name) => byName.has(name));
    const tags = `${start} h=${spaced([...present, ...oversigned])}; bh=${bodyHash}; b=`;
    const lines = present.map((name) => `${byName.get(name)}\r\n`).join('');
    const signature = await signText(key, `${lines}dkim-signature:${tags}`);
    return `${fold(`DKIM-Signature: ${tags}`)}${signature.replaceAll(/.{1,74}/g, '\r\n $&')}\r\n`;
  };
}

type SignerName = Pick<DkimConfig, 'domain' | 'selector'>;

/** A list of headers with spaces where its line may fold. */
const spaced = (names: readonly string[]) =>
  names.map((name, i) => (i > 0 && i % 4 === 0 ? ` ${name}` : name)).join(':');

/** Base64. */
function signText({ algorithm, privateKey }: DkimKey, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    signAside(digestOf(algorithm), messageOf(algorithm, text), privateKey, (error, signature) => {
      if (error) reject(error);
      else resolve(signature.toString('base64'));
    });
  });
}

const digestOf = (algorithm: DkimKey['algorithm']) =>
  algorithm === 'rsa-sha256' ? 'sha256' : null;

/** RFC 8463: Ed25519 signs the hash, where RSA hashes by itself. */
const messageOf = (algorithm: DkimKey['algorithm'], text: string) =>
  algorithm === 'rsa-sha256'
    ? Buffer.from(text, 'latin1')
    : createHash('sha256').update(text, 'latin1').digest();

interface Surroundings {
  log: Log;
  resolveTxt: ResolveTxt;
}

/**
 * The signer of this configuration, or undefined when there is none and the relay signs. Throws
 * `AppError` when the key cannot be read or does not sign. That DNS publishes another key, or none, is
 * said in the log as soon as DNS answers: mail waits for neither.
 */
export async function openDkim(
  config: DkimConfig | undefined,
  surroundings: Surroundings,
): Promise<DkimSigner | undefined> {
  if (!config) return undefined;
  const key = await openKey(config);
  if (key.advice !== undefined) surroundings.log.warn({}, `DKIM: ${key.advice}`);
  void tellPublication(key, config, surroundings);
  return createSigner(key, config);
}

/** The key of this configuration, tried out. Throws `AppError` when it cannot be read or does not sign. */
export async function openKey({ keyFile }: Pick<DkimConfig, 'keyFile'>): Promise<DkimKey> {
  const key = readDkimKey(await readKeyFile(keyFile));
  await testKey(key);
  return key;
}

async function readKeyFile(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new AppError('invalid', `DKIM_KEY_FILE: ${path} cannot be read.`, { cause });
  }
}

/** Signs something and checks it as a receiver would. */
async function testKey(key: DkimKey): Promise<void> {
  const text = 'DKIM self-test';
  const signature = Buffer.from(await signText(key, text), 'base64');
  const { algorithm, publicKey } = key;
  if (verify(digestOf(algorithm), messageOf(algorithm, text), publicKey, signature)) return;
  throw new AppError('invalid', 'DKIM_KEY_FILE: the key does not sign.');
}

async function tellPublication(
  key: DkimKey,
  config: SignerName,
  { log, resolveTxt }: Surroundings,
): Promise<void> {
  const name = recordName(config);
  const publication = await findPublication(key, name, resolveTxt);
  const facts = { name, record: publicRecord(key) };
  if (publication === 'published') {
    log.info({ name }, 'Mail is signed with DKIM.');
  } else if (publication === 'missing') {
    log.warn(facts, 'DKIM: the key is not published; publish this TXT record, or mail fails DKIM.');
  } else if (publication === 'different') {
    log.warn(
      facts,
      'DKIM: DNS publishes another key; publish this TXT record, or mail fails DKIM.',
    );
  } else {
    log.warn(facts, 'DKIM: DNS did not answer whether this TXT record is published.');
  }
}
