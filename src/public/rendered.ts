// Authors' words rendered once: a publication changes one text of hundreds, and Markdown is what a page costs most.
import { markdownToText, renderMarkdown } from '../shared/markdown.ts';
import type { PublicSnapshot } from '../status/types.ts';

/** Characters of results kept, twice: those asked for lately, and those of the while before. */
const kept = 2 * 1024 * 1024;

/** The same function of a text, made once for as long as it is asked for now and then. */
export function remembered(make: (text: string) => string): (text: string) => string {
  let young = new Map<string, string>();
  let old = new Map<string, string>();
  let size = 0;
  return (text) => {
    const known = young.get(text);
    if (known !== undefined) return known;
    const made = old.get(text) ?? make(text);
    size += text.length + made.length;
    if (size > kept) {
      old = young;
      young = new Map();
      size = text.length + made.length;
    }
    young.set(text, made);
    return made;
  };
}

/** Something made of a snapshot, once. */
export function oncePerSnapshot<T>(make: (snapshot: PublicSnapshot) => T) {
  const known = new WeakMap<PublicSnapshot, { made: T }>();
  return (snapshot: PublicSnapshot): T => {
    let entry = known.get(snapshot);
    if (!entry) known.set(snapshot, (entry = { made: make(snapshot) }));
    return entry.made;
  };
}

/** An author's Markdown as sanitised HTML. */
export const wordsToHtml = remembered(renderMarkdown);

/** The same words as plain text. */
export const wordsToText = remembered(markdownToText);
