// The signing key: what we can sign with, the record that tells others, and whether that is published.
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { AppError } from '../shared/errors.ts';

export interface DkimKey {
  /** DKIM's name for how it signs (RFC 6376; RFC 8463). */
  algorithm: 'rsa-sha256' | 'ed25519-sha256';
  privateKey: KeyObject;
  publicKey: KeyObject;
  /** What is better done otherwise, though it works. */
  advice: string | undefined;
}

/**
 * The key in a PEM file. Throws `AppError` for anything that mail could not be signed with: mail that goes
 * out unsigned without a word is what nobody would notice.
 */
export function readDkimKey(pem: string | Buffer): DkimKey {
  const privateKey = parse(pem);
  const publicKey = createPublicKey(privateKey);
  if (privateKey.asymmetricKeyType === 'ed25519') {
    const advice =
      'Many receivers cannot check Ed25519 signatures yet (Gmail and Microsoft among them): RSA with 2,048 bits reaches all.';
    return { algorithm: 'ed25519-sha256', privateKey, publicKey, advice };
  }
  if (privateKey.asymmetricKeyType !== 'rsa') {
    throw unfit(`is of the kind ${privateKey.asymmetricKeyType}; DKIM knows RSA and Ed25519`);
  }
  const bits = privateKey.asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits < 1024) throw unfit(`has ${bits} bits; below 1,024 no receiver accepts a signature`);
  return { algorithm: 'rsa-sha256', privateKey, publicKey, advice: adviceOn(bits) };
}

function parse(pem: string | Buffer): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw unfit('is no private key in PEM without a passphrase', cause);
  }
}

const unfit = (fault: string, cause?: unknown) =>
  new AppError('invalid', `DKIM_KEY_FILE: the key ${fault}.`, { cause });

function adviceOn(bits: number): string | undefined {
  if (bits < 2048) return `The key has ${bits} bits: 2,048 are the rule today.`;
  return bits > 4096
    ? `The key has ${bits} bits: above 4,096 receivers need not check.`
    : undefined;
}

/** Where the record of a selector is published. */
export const recordName = ({ selector, domain }: { selector: string; domain: string }) =>
  `${selector}._domainkey.${domain}`;

/** The TXT record to publish. */
export function publicRecord({ algorithm, publicKey }: DkimKey): string {
  const der = publicKey.export({ type: 'spki', format: 'der' });
  if (algorithm === 'rsa-sha256') return `v=DKIM1; k=rsa; p=${der.toString('base64')}`;
  // RFC 8463 wants the 32 bytes of the key alone, which end its DER.
  return `v=DKIM1; k=ed25519; p=${der.subarray(-32).toString('base64')}`;
}

/** How DNS answers a TXT question: chunks per record. Rejects as `node:dns/promises` does. */
export type ResolveTxt = (name: string) => Promise<string[][]>;

/**
 * `missing`: there is no such record. `different`: receivers will find our signatures wrong. `unknown`:
 * DNS gave no answer.
 */
export type Publication = 'published' | 'missing' | 'different' | 'unknown';

/** What DNS says about this key. */
export async function findPublication(
  key: DkimKey,
  name: string,
  resolveTxt: ResolveTxt,
): Promise<Publication> {
  try {
    return compareRecords(key, await resolveTxt(name));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return code === 'ENOTFOUND' || code === 'ENODATA' ? 'missing' : 'unknown';
  }
}

/** Receivers may take any of several records (RFC 6376, section 3.6.2.2), so all must be ours. */
function compareRecords(key: DkimKey, records: string[][]): Publication {
  const found = records.map((chunks) => tagsOf(chunks.join(''))).filter((tags) => tags.has('p'));
  if (found.length === 0) return 'missing';
  const wanted = tagsOf(publicRecord(key));
  const isOurs = (tags: Map<string, string>) =>
    tags.get('p') === wanted.get('p') && (tags.get('k') ?? 'rsa') === wanted.get('k');
  return found.every(isOurs) ? 'published' : 'different';
}

const tagsOf = (record: string) =>
  new Map(
    record.split(';').flatMap((tag) => {
      const [name = '', ...value] = tag.split('=');
      const entry: [string, string] = [name.trim(), value.join('=').replaceAll(/\s/g, '')];
      return value.length === 0 ? [] : [entry];
    }),
  );
