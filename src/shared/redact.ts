// What other servers write, made fit to be kept: such texts quote addresses, links and ids, at any length (S-45).

/** One line without addresses, links and long ids, at most `longest` characters. */
export const redacted = (text: string, longest = 300) =>
  text
    .replaceAll(/https?:\/\/\S+/gi, '<link>')
    .replaceAll(/"[^"\n]{1,64}"@[^\s<>"'(),;:]+/g, '<address>')
    .replaceAll(/[^\s<>"'(),;:]+/g, withoutAddress)
    .replaceAll(/[A-Za-z0-9_-]{24,}/g, '<id>')
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, longest);

/** Word by word: one search for an address in the whole text takes the square of its longest word. */
const withoutAddress = (word: string) => (/.(?:@|%40|=40)./i.test(word) ? '<address>' : word);
