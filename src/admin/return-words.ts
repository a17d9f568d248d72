// What the codes of mail that was refused or came back mean, in a person's words (RFC 3463). Pure.

/** By enhanced status code; the longest beginning that fits counts. */
const meanings: Record<string, string> = {
  '5.1.1': 'There is no such mailbox',
  '5.1.2': 'There is no such mail domain',
  '5.1.3': 'The address is misspelt',
  '5.1.6': 'The mailbox has moved away',
  '5.1.10': 'The domain takes no mail',
  '5.1.': 'The address is not valid',
  '5.2.1': 'The mailbox is switched off',
  '5.2.2': 'The mailbox is full',
  '5.2.3': 'The message is too large for the mailbox',
  '5.4.': 'The mail system could not be reached',
  '5.7.': 'Refused by policy: about us, not about the address',
  '4.2.2': 'The mailbox is full',
  '4.4.': 'The mail system could not be reached',
  '4.7.': 'Refused for now by policy',
};

/** What an SMTP answer or a code says, or undefined when it says nothing that we know. */
export function codeWords(text: string): string | undefined {
  const code = /\b([245]\.\d{1,3}\.\d{1,3})\b/.exec(text)?.[1];
  if (code === undefined) return undefined;
  const exact = meanings[code];
  if (exact !== undefined) return exact;
  const [kind, subject] = code.split('.');
  return meanings[`${kind}.${subject}.`];
}
