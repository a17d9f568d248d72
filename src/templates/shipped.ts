// The templates that come with the program: `emails/NAME.mjml` and `emails/NAME.txt`, whose first
// line is the subject. `{{> part}}` in them stands for `emails/parts/part.*`: only here, so that a
// template in anyone's hands is one complete document.
import { readFile } from 'node:fs/promises';
import { packagePath } from '../shared/paths.ts';
import { stages, type Stage } from '../shared/words.ts';
import type { MailSource } from './types.ts';

const otherMails = [
  'confirmation',
  'already-subscribed',
  'manage-link',
  'clock-warning',
  'record-head',
  'maintenance',
  'webhook-confirmation',
  'webhook-trouble',
] as const;
export type ShippedName = Stage | (typeof otherMails)[number];

const cache = new Map<ShippedName, Promise<MailSource>>();

/** The template of a stage as it was shipped. Read once. */
export const shippedTemplate = (stage: Stage): Promise<MailSource> => shippedMail(stage);

/** A shipped template by its file name. Read once; after a failure, again. */
export function shippedMail(name: ShippedName): Promise<MailSource> {
  const known = cache.get(name);
  if (known) return known;
  const loaded = load(name);
  cache.set(name, loaded);
  loaded.catch(() => cache.delete(name));
  return loaded;
}

async function load(name: ShippedName): Promise<MailSource> {
  const [mjml, text] = await Promise.all([compose(`${name}.mjml`), compose(`${name}.txt`)]);
  const [first = '', ...lines] = text.split('\n');
  return {
    subject: first.replace(/^Subject:\s*/, ''),
    mjml,
    plain: lines.join('\n').trim() + '\n',
  };
}

/** The file with its parts put in. Parts hold no parts. */
async function compose(file: string): Promise<string> {
  const text = await readFile(packagePath('emails', file), 'utf8');
  const ending = file.slice(file.lastIndexOf('.'));
  const pieces = text.split(/^\{\{> ([a-z]+)\}\}\n/m);
  const composed = await Promise.all(
    pieces.map((piece, index) =>
      index % 2 === 0
        ? Promise.resolve(piece)
        : readFile(packagePath('emails/parts', piece + ending), 'utf8'),
    ),
  );
  return composed.join('');
}

let styles: Promise<ReadonlySet<string>> | undefined;

/** The style blocks of all shipped templates. */
export function shippedStyles(): Promise<ReadonlySet<string>> {
  if (styles) return styles;
  styles = readStyles();
  styles.catch(() => (styles = undefined));
  return styles;
}

async function readStyles(): Promise<ReadonlySet<string>> {
  const sources = await Promise.all([...stages, ...otherMails].map(shippedMail));
  const blocks = sources.flatMap(({ mjml }) =>
    [...mjml.matchAll(/<mj-style[^>]*>([\s\S]*?)<\/mj-style>/g)].map((match) => match[1] ?? ''),
  );
  return new Set(blocks.map((block) => block.trim()));
}
