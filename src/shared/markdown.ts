// The one renderer of text that people write. No raw HTML, no images, http(s) and mailto links only.
import MarkdownIt from 'markdown-it';
import sanitizeHtml from 'sanitize-html';
import { cleanText } from './text.ts';

/** What an update's words may measure, in UTF-8 bytes. */
export const markdownLimit = 20_000;

// Tables may cost seconds: a short row is filled up to its head's width, and 20 KB hold a thousand rows.
const renderer = new MarkdownIt('default', {
  html: false,
  linkify: false,
  breaks: true,
  maxNesting: 20,
}).disable(['image', 'table']);

const allowed: sanitizeHtml.IOptions = {
  allowedTags: 'p br strong em s code pre blockquote ul ol li hr a h3 h4 h5 h6'.split(' '),
  allowedAttributes: { a: ['href', 'rel', 'title'], ol: ['start'] },
  allowedSchemes: ['http', 'https', 'mailto'],
  allowProtocolRelative: false,
  transformTags: {
    a: sanitizeHtml.simpleTransform('a', { rel: 'nofollow noopener' }),
    // The page owns h1 and h2; an author's headings start below them.
    h1: 'h3',
    h2: 'h4',
  },
};

/** Renders an author's Markdown to sanitised HTML. */
export const renderMarkdown = (source: string) =>
  sanitizeHtml(renderer.render(cleanText(source)), allowed).trim();

/** The same words as plain text: links keep their address, marks are dropped. */
export function markdownToText(source: string): string {
  const withAddresses = sanitizeHtml(renderMarkdown(source), {
    allowedTags: ['p', 'br', 'li', 'a', 'h3', 'h4', 'h5', 'h6', 'pre', 'blockquote'],
    allowedAttributes: { a: ['href'] },
  });
  return withAddresses
    .replaceAll('>\n', '>')
    .replaceAll(/<a href="([^"]*)">(.*?)<\/a>/gs, (_, href: string, label: string) =>
      label === href ? href : `${label} (${href})`,
    )
    .replaceAll('<li>', '- ')
    .replaceAll(/<br ?\/?>/g, '\n')
    .replaceAll(/<\/(p|h[3-6]|pre|blockquote)>/g, '\n\n')
    .replaceAll('</li>', '\n')
    .replaceAll(/<[^>]+>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replaceAll(/(?<![ \t])[ \t]+\n/g, '\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim();
}
