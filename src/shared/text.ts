// Text that people type, before it means anything.

// Control characters except tab, newline and carriage return: never wanted, and fatal to XML.
// oxlint-disable-next-line no-control-regex
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffe\uffff]/g;

/** Drops control characters and lone surrogates, and settles newlines to `\n`. */
export const cleanText = (text: string) =>
  text.toWellFormed().replaceAll('\r\n', '\n').replaceAll('\r', '\n').replaceAll(controls, '');

/** True when a text stays on its line: no newline of any kind, no control character (S-51). */
export const isSingleLine = (text: string) =>
  // oxlint-disable-next-line no-control-regex
  !/[\u0000-\u001f\u007f\u0085\u2028\u2029]/.test(text);

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escapes text for HTML content and quoted attributes. */
export const escapeHtml = (text: string) => text.replaceAll(/[&<>"']/g, (c) => entities[c] ?? c);

/** Shows who an address belongs to without giving it away in a log: `j…@example.com` (S-45). */
export function maskAddress(address: string): string {
  const at = address.lastIndexOf('@');
  return at < 1 ? '…' : `${address[0]}…${address.slice(at)}`;
}
