// The addresses of a webhook's own pages, as its mails and messages carry them.
import { confirmToken, manageToken, unsubscribeToken } from './tokens.ts';

interface Signed {
  publicId: string;
  nonce: string;
}

/** All three, by the slots of mails. Their lifetimes start at `issued`, so that a retry repeats them. */
export const webhookLinks = (
  publicUrl: string,
  secretKey: string,
  webhook: Signed,
  issued: Date,
) => ({
  unsubscribe_url: unsubscribeUrl(publicUrl, secretKey, webhook),
  manage_url: `${publicUrl}/subscriptions/webhook/manage/${manageToken(secretKey, webhook, issued)}`,
  confirm_url: `${publicUrl}/subscriptions/webhook/confirm/${confirmToken(secretKey, webhook, issued)}`,
});

export const unsubscribeUrl = (
  publicUrl: string,
  secretKey: string,
  webhook: Pick<Signed, 'publicId'>,
) => `${publicUrl}/subscriptions/webhook/unsubscribe/${unsubscribeToken(secretKey, webhook)}`;
