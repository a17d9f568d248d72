// The links in mails: signed, for one purpose each, and nothing stored but what the signature covers (S-62).
import type { Clock } from '../shared/clock.ts';
import { hmac, publicIdPattern, sameSecret } from '../shared/ids.ts';
import { confirmLifetime, manageLifetime } from './rules.ts';

/** What a token says before anyone has looked whether it is true. */
export interface Claim {
  publicId: string;
  /** Milliseconds since 1970; null for tokens that last for ever. */
  expires: number | null;
  signature: string;
}

interface Signed {
  publicId: string;
  confirmNonce: string;
}

/** Good for 48 hours from `issued`, and until the nonce changes. The same each time for the same moment. */
export function confirmToken(secretKey: string, subscriber: Signed, issued: Date): string {
  const expires = issued.getTime() + confirmLifetime;
  return join(subscriber.publicId, expires, sign(secretKey, 'confirm', subscriber, expires));
}

/** Good for 30 days from `issued`. */
export function manageToken(secretKey: string, subscriber: Signed, issued: Date): string {
  const expires = issued.getTime() + manageLifetime;
  return join(subscriber.publicId, expires, sign(secretKey, 'manage', subscriber, expires));
}

/** Good for ever, and only for ending the subscription. */
export const unsubscribeToken = (secretKey: string, subscriber: Pick<Signed, 'publicId'>) =>
  `${subscriber.publicId}.${signUnsubscribe(secretKey, subscriber.publicId)}`;

/** Takes a token apart, or undefined when it has not the shape of one. */
export function readToken(token: string): Claim | undefined {
  if (token.length > 100) return undefined;
  const parts = token.split('.');
  const [publicId, second, third] = parts;
  if (!publicId || !publicIdPattern.test(publicId) || !second) return undefined;
  if (parts.length === 2) return { publicId, expires: null, signature: second };
  if (parts.length !== 3 || !third || !/^[0-9a-z]{1,10}$/.test(second)) return undefined;
  return { publicId, expires: Number.parseInt(second, 36), signature: third };
}

/** Whether a claim holds for this subscriber, this purpose and this moment. */
export function isGenuine(
  secretKey: string,
  purpose: 'confirm' | 'manage',
  claim: Claim,
  subscriber: Signed,
  clock: Clock,
): boolean {
  if (claim.expires === null || claim.publicId !== subscriber.publicId) return false;
  const expected = sign(secretKey, purpose, subscriber, claim.expires);
  return sameSecret(claim.signature, expected) && clock.now().getTime() < claim.expires;
}

/** Whether a claim may end the subscription of the public id that it names, known or erased. */
export const mayUnsubscribe = (secretKey: string, claim: Claim): boolean =>
  claim.expires === null && sameSecret(claim.signature, signUnsubscribe(secretKey, claim.publicId));

const join = (publicId: string, expires: number, signature: string) =>
  `${publicId}.${expires.toString(36)}.${signature}`;

/** Only a confirm link dies with its nonce; a manage link outlives a new confirmation. */
function sign(
  secretKey: string,
  purpose: 'confirm' | 'manage',
  { publicId, confirmNonce }: Signed,
  expires: number,
): string {
  const nonce = purpose === 'confirm' ? confirmNonce : '';
  return shorten(hmac(secretKey, `subscriber ${purpose}`, [publicId, expires, nonce].join('\n')));
}

const signUnsubscribe = (secretKey: string, publicId: string) =>
  shorten(hmac(secretKey, 'subscriber unsubscribe', publicId));

/** 192 bits: plenty, and short enough for a header line. */
const shorten = (signature: string) => signature.slice(0, 32);
