// Links that an operator stores: http and https alone, checked when they are saved and when they are shown (S-33). Pure.

/** The address as it may be linked to, or undefined for anything but http(s). */
export function linkTo(url: string): string | undefined {
  if (!/^https?:\/\//i.test(url)) return undefined;
  try {
    const parsed = new URL(url);
    const isPlain = parsed.username === '' && parsed.password === '' && parsed.hostname !== '';
    return isPlain && /^https?:$/.test(parsed.protocol) ? parsed.href : undefined;
  } catch {
    return undefined;
  }
}
