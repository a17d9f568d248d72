// Who did not get a message, as the desk says it: an address as far as its reader may see it, and why.
import { can } from '../accounts/rules.ts';
import type { Undelivered } from '../notifications/types.ts';
import { maskAddress } from '../shared/text.ts';
import type { Context } from '../web/types.ts';
import type { ReturnedRow } from '../returns/types.ts';
import { codeWords } from './return-words.ts';

export interface AddressShown {
  mayRead: boolean;
  show: (email: string | null) => string;
}

/** Only admins see addresses in full. */
export function addressShown(c: Context): AddressShown {
  const account = c.get('account');
  const mayRead = account !== undefined && can(account.role, 'configure');
  return {
    mayRead,
    show: (email) => (email === null ? 'erased' : mayRead ? email : maskAddress(email)),
  };
}

/** Why, in words, and the mail server's own answer where there was one. */
export function reasonWords({ state, reason }: Pick<Undelivered, 'state' | 'reason'>): {
  words: string;
  answer: string;
} {
  const said = reason.replace(/^[a-z_]+: /, '');
  if (state === 'failed')
    return { words: codeWords(said) ?? 'The mail server refused it', answer: said };
  if (state === 'cancelled') return { words: 'Cancelled before it went out', answer: '' };
  return { words: `${said.charAt(0).toUpperCase()}${said.slice(1)}`, answer: '' };
}

/** The same for what was accepted and came back later. */
export const returnWords = ({
  code,
  detail,
  kind,
}: ReturnedRow): { words: string; answer: string } => ({
  words: codeWords(code ?? '') ?? (kind === 'policy' ? 'Refused by policy' : 'It came back'),
  answer: detail,
});
