// Reading a DKIM key record (RFC 6376, 3.6.1; RFC 8463) and holding it against the key we sign with. Pure.
import { createPublicKey } from 'node:crypto';

export interface DkimKey {
  type: string;
  /** Base64 without blanks; empty: withdrawn. */
  key: string;
  isTesting: boolean;
  /** Bits of an RSA key; null where it is none, or cannot be read. */
  bits: number | null;
}

/** The tags of `v=DKIM1; k=rsa; p=…` and of DMARC's records. */
export function readTags(text: string): Map<string, string> {
  const tags = new Map<string, string>();
  for (const part of text.split(';')) {
    const equals = part.indexOf('=');
    if (equals < 1) continue;
    const name = part.slice(0, equals).trim().toLowerCase();
    if (!tags.has(name)) tags.set(name, part.slice(equals + 1).trim());
  }
  return tags;
}

/** A key, or undefined where the text is no DKIM record. */
export function parseDkim(text: string): DkimKey | undefined {
  const tags = readTags(text);
  const key = tags.get('p')?.replaceAll(/\s+/g, '');
  const version = tags.get('v');
  if (key === undefined || (version !== undefined && version !== 'DKIM1')) return undefined;
  const type = (tags.get('k') ?? 'rsa').toLowerCase();
  return {
    type,
    key,
    isTesting: (tags.get('t') ?? '').split(':').some((flag) => flag.trim() === 'y'),
    bits: type === 'rsa' ? bitsOf(key) : null,
  };
}

function bitsOf(key: string): number | null {
  try {
    const der = Buffer.from(key, 'base64');
    return (
      createPublicKey({ key: der, format: 'der', type: 'spki' }).asymmetricKeyDetails
        ?.modulusLength ?? null
    );
  } catch {
    return null;
  }
}

/** True where both records hold the same key. */
export function sameKey(a: string, b: string): boolean {
  const [one, other] = [parseDkim(a), parseDkim(b)];
  return one !== undefined && one.key !== '' && one.key === other?.key && one.type === other.type;
}
