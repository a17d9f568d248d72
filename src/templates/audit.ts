// The last look at finished HTML, values and all: whatever came through MJML or a value, only the
// elements of an email are in it (SECURITY T9, S-30). Outlook's conditional comments are read too.
import { Parser } from 'htmlparser2';
import { isSafeLink, isSafePicture, isUnsafeCss } from './links.ts';

const list = (names: string) => new Set(names.split(' '));

const elements = list(
  'html head title meta style body div table thead tbody tr td th p br hr h1 h2 h3 h4 h5 h6 ' +
    'ul ol li a span strong b em i s code pre blockquote img noscript xml ' +
    'o:officedocumentsettings o:allowpng o:pixelsperinch',
);
const metaNames = ['viewport', 'color-scheme', 'supported-color-schemes'];
const metaEquivalents = ['X-UA-Compatible', 'Content-Type'];
const slotLink = /^\{\{[a-z_]+\}\}/;

/** What does not belong in an email's HTML; nothing when all is well. */
export function auditHtml(html: string): string[] {
  const shown = html.replaceAll(/<!--\[if [^\]]*\](?:><!--)?>|<!(?:--<!)?\[endif\]-->/g, '');
  const declared = shown.replace(/^\s*<!doctype html>/, '');
  const hidden = /<[!?]/.test(declared) ? ['Comments are not possible in emails.'] : [];
  return [...new Set([...hidden, ...faultsOf(html), ...faultsOf(shown)])];
}

function faultsOf(html: string): string[] {
  const faults: string[] = [];
  let inStyle = false;
  const parser = new Parser({
    onopentag(name, attributes) {
      inStyle = name === 'style';
      if (!elements.has(name)) faults.push(`<${name}> is not possible in emails.`);
      for (const [key, value] of Object.entries(attributes)) {
        const fault = attributeFault(name, key, value);
        if (fault) faults.push(fault);
      }
    },
    ontext(text) {
      if (inStyle && isUnsafeCss(text)) faults.push('Styles may not load anything.');
    },
    onclosetag: () => void (inStyle = false),
  });
  parser.end(html);
  return faults;
}

function attributeFault(tag: string, key: string, value: string): string | undefined {
  if (key.startsWith('on')) return 'Scripts are not possible in emails.';
  if (key === 'href' && !isSafeLink(value.trim()) && !slotLink.test(value.trim()) && value !== '') {
    return 'A link leads to an address that is not possible in emails.';
  }
  if (['src', 'background', 'srcset'].includes(key) && !isSafePicture(value)) {
    return 'A picture needs an address that begins with https://.';
  }
  if (key === 'style' && isUnsafeCss(value)) return 'Styles may not load anything.';
  if (tag === 'meta' && key === 'name' && !metaNames.includes(value))
    return '<meta> is not possible.';
  if (tag === 'meta' && key === 'http-equiv' && !metaEquivalents.includes(value)) {
    return '<meta> is not possible in emails.';
  }
  if (['action', 'formaction', 'srcdoc', 'data', 'xlink:href'].includes(key)) {
    return `The attribute ${key} is not possible in emails.`;
  }
  return undefined;
}
