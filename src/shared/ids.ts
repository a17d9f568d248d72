// Randomness as a parameter, and the two shapes of identifier we hand out.
import {
  createHash,
  createHmac,
  createSecretKey,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';

export interface Ids {
  /** 12 characters of digits and consonants, the shape of Statuspage's ids: unguessable, no gaps. */
  publicId(): string;
  /** 256 bits, base64url: for sessions, API tokens, one-time links. */
  secret(): string;
}

const alphabet = '0123456789bcdfghjklmnpqrstvwxyz';

export const randomIds: Ids = {
  publicId: () => spell(randomBytes(32)),
  secret: () => randomBytes(32).toString('base64url'),
};

/** Spells bytes in the id alphabet without bias: bytes past the last whole multiple are skipped. */
function spell(bytes: Uint8Array): string {
  const limit = 256 - (256 % alphabet.length);
  const letters = [...bytes].filter((byte) => byte < limit).slice(0, 12);
  if (letters.length < 12) return spell(randomBytes(32));
  return letters.map((byte) => alphabet[byte % alphabet.length]).join('');
}

/** An id in the same shape that follows from a text: the same each time, and telling nothing of it. */
export const derivedId = (text: string) => spell(createHash('sha256').update(text).digest());

export const publicIdPattern = /^[0-9b-df-hj-np-tv-z]{12}$/;

/** How a secret is stored: SHA-256, hex. Fit for random secrets only, never for passwords. */
export const sha256 = (text: string | Uint8Array) =>
  createHash('sha256').update(text).digest('hex');

/** A purpose-bound signature, base64url, 256 bits. */
export const hmac = (key: string, purpose: string, message: string) =>
  createHmac('sha256', keyObject(key)).update(`${purpose}\n${message}`).digest('base64url');

let lastKey = '';
let lastObject = createSecretKey(Buffer.alloc(0));

/** A process has one key nearly always, and making it ready takes as long as signing. */
function keyObject(key: string): KeyObject {
  if (key !== lastKey) {
    lastKey = key;
    lastObject = createSecretKey(Buffer.from(key));
  }
  return lastObject;
}

/** Compares secrets without telling by time where they differ. */
export const sameSecret = (a: string, b: string) => timingSafeEqual(digest(a), digest(b));

const digest = (text: string) => createHash('sha256').update(text).digest();
