// Which addresses an email may link to or load from (S-33).

/** `http`, `https` and `mailto`, parsed, without a user name before the host. */
export function isSafeLink(address: string): boolean {
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u0020\u007f"'<>\\]/.test(address)) return false;
  const url = URL.parse(address);
  if (!url || url.username || url.password) return false;
  return ['http:', 'https:', 'mailto:'].includes(url.protocol);
}

/** Pictures come over https. */
export const isSafePicture = (address: string) =>
  isSafeLink(address) && URL.parse(address)?.protocol === 'https:';

/** CSS that fetches, runs or hides what it does behind escapes. */
export const isUnsafeCss = (css: string) =>
  /url\s*\(|image-set\s*\(|@import|@font-face|expression\s*\(|behavior\s*:|-moz-binding|javascript:|[\\<]/i.test(
    css,
  );
