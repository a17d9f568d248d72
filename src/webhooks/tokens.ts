// A webhook's secrets: the links in its mails and messages, and what its messages are signed with. None is stored.
import type { Clock } from '../shared/clock.ts';
import { hmac, publicIdPattern, sameSecret } from '../shared/ids.ts';
import { confirmLifetime, manageLifetime } from './rules.ts';

interface Signed {
  publicId: string;
  nonce: string;
}

/** What a token says before anyone has looked whether it is true. */
export interface Claim {
  publicId: string;
  /** Milliseconds since 1970; null for tokens that last for ever. */
  expires: number | null;
  signature: string;
}

/** What the holder verifies our messages with, as standard-webhooks writes it. A new nonce makes a new one. */
export function signingSecret(secretKey: string, { publicId, nonce }: Signed): string {
  const key = hmac(secretKey, 'webhook signing', `${publicId}\n${nonce}`);
  return `whsec_${Buffer.from(key, 'base64url').toString('base64')}`;
}

/** Good for 48 hours, and until the nonce changes. The same each time for the same moment. */
export const confirmToken = (secretKey: string, webhook: Signed, issued: Date) =>
  timed(secretKey, 'confirm', webhook, issued.getTime() + confirmLifetime);

/** Good for 30 days. */
export const manageToken = (secretKey: string, webhook: Signed, issued: Date) =>
  timed(secretKey, 'manage', webhook, issued.getTime() + manageLifetime);

/** Good for ever, and only for ending it. */
export const unsubscribeToken = (secretKey: string, { publicId }: Pick<Signed, 'publicId'>) =>
  `${publicId}.${signUnsubscribe(secretKey, publicId)}`;

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

type Purpose = 'confirm' | 'manage';

/** Whether a claim holds for this webhook, this purpose and this moment. */
export function isGenuine(
  secretKey: string,
  purpose: Purpose,
  claim: Claim,
  webhook: Signed,
  clock: Clock,
): boolean {
  if (claim.expires === null || claim.publicId !== webhook.publicId) return false;
  const expected = sign(secretKey, purpose, webhook, claim.expires);
  return sameSecret(claim.signature, expected) && clock.now().getTime() < claim.expires;
}

export const mayUnsubscribe = (secretKey: string, claim: Claim): boolean =>
  claim.expires === null && sameSecret(claim.signature, signUnsubscribe(secretKey, claim.publicId));

const timed = (secretKey: string, purpose: Purpose, webhook: Signed, expires: number) =>
  `${webhook.publicId}.${expires.toString(36)}.${sign(secretKey, purpose, webhook, expires)}`;

/** Only a confirm link dies with its nonce; a manage link outlives a rotated secret. */
function sign(secretKey: string, purpose: Purpose, { publicId, nonce }: Signed, expires: number) {
  const covered = purpose === 'confirm' ? nonce : '';
  return shorten(hmac(secretKey, `webhook ${purpose}`, [publicId, expires, covered].join('\n')));
}

const signUnsubscribe = (secretKey: string, publicId: string) =>
  shorten(hmac(secretKey, 'webhook unsubscribe', publicId));

/** 192 bits. */
const shorten = (signature: string) => signature.slice(0, 32);
