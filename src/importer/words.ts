// Statuspage keeps an author's words with HTML in them; ours are Markdown. Words without HTML stay as they are. Pure.
import { Parser } from 'htmlparser2';
import { cleanText } from '../shared/text.ts';

const known =
  'a b blockquote br code del div em font h1 h2 h3 h4 h5 h6 hr i img li ol p pre s span strong strike table tbody td th thead tr u ul';
const tag = new RegExp(`</?(?:${known.split(' ').join('|')})(?:\\s[^<>]*)?/?>`, 'i');

/** An author's words as Markdown. Nothing that is not text, a link or plain emphasis comes through. */
export function wordsFromHtml(source: string): string {
  const text = cleanText(source);
  return tag.test(text) ? converted(text) : text.trim();
}

const dropped = new Set(['script', 'style', 'iframe', 'object', 'noscript', 'template']);
const blocks = new Set('p div blockquote h1 h2 h3 h4 h5 h6 ul ol pre table tr hr'.split(' '));
const marks: Record<string, string> = {
  b: '**',
  strong: '**',
  i: '*',
  em: '*',
  code: '`',
  del: '~~',
  s: '~~',
  strike: '~~',
};

interface List {
  isOrdered: boolean;
  count: number;
}

function converted(html: string): string {
  let out = '';
  let silent = 0;
  const links: (string | undefined)[] = [];
  const lists: List[] = [];
  const blankLine = () => void (out = out.trimEnd() === '' ? '' : `${out.trimEnd()}\n\n`);
  const startItem = () => {
    const isFirst = lists.length <= 1 && (lists.at(-1)?.count ?? 0) === 0;
    out = isFirst ? out : `${out.trimEnd()}\n`;
    out += bullet(lists);
  };
  const open = (name: string, attributes: Record<string, string>) => {
    if (dropped.has(name)) silent += 1;
    if (silent > 0) return;
    if (blocks.has(name) && lists.length === 0) blankLine();
    if (name === 'br') out += '\n';
    if (name === 'hr') out += '---\n\n';
    if (/^h[1-6]$/.test(name)) out += '### ';
    if (name === 'ul' || name === 'ol') lists.push({ isOrdered: name === 'ol', count: 0 });
    if (name === 'li') startItem();
    if (name === 'a') links.push(attributes['href']);
    if (name === 'a' && linkable(attributes['href'])) out += '[';
    out += marks[name] ?? '';
  };
  const close = (name: string) => {
    if (dropped.has(name)) silent = Math.max(0, silent - 1);
    if (silent > 0) return;
    out += marks[name] ?? '';
    if (name === 'a') {
      const href = links.pop();
      if (linkable(href)) out += `](${destination(href)})`;
    }
    if (name === 'ul' || name === 'ol') lists.pop();
    if (name === 'td' || name === 'th') out += ' ';
    if (blocks.has(name) && lists.length === 0) blankLine();
  };
  const parser = new Parser(
    {
      onopentag: (name, attributes) => open(name, attributes),
      onclosetag: (name) => close(name),
      ontext: (text) => {
        if (silent > 0) return;
        out += links.length > 0 ? text.replaceAll(/[[\]]/g, String.raw`\$&`) : text;
      },
    },
    { decodeEntities: true },
  );
  parser.end(html);
  return cleanText(out)
    .replaceAll('\u00a0', ' ')
    .replaceAll(/[ \t]+\n/g, '\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim();
}

function bullet(lists: List[]): string {
  const list = lists.at(-1);
  if (list) list.count += 1;
  const indent = '   '.repeat(Math.max(0, lists.length - 1));
  return `${indent}${list?.isOrdered ? `${list.count}.` : '-'} `;
}

/** Only addresses that the page's own renderer would let through become links. */
const linkable = (href: string | undefined): href is string =>
  href !== undefined && /^(https?:\/\/|mailto:)[^\s]+$/i.test(href.trim());

const destination = (href: string) =>
  href.trim().replaceAll(/[()<>\\]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
