// The page's logo: a picture that an admin uploaded, kept in the database and served under its content's hash.
import type { Kernel } from '../db/kernel.ts';
import type { Reader, Tx } from '../db/tx.ts';
import type { Actor } from '../events/types.ts';
import { invalid } from '../shared/errors.ts';
import { sha256 } from '../shared/ids.ts';
import { deleteFile, type FileRow, readFile, storeFile } from './file-store.ts';
import { readPicture } from './image.ts';
import { replaceSettings } from './service.ts';

/** The logo's row in `page_files`. */
export const logoFile = 'logo';

const mostBytes = 200_000;
/** Wider or higher than any header needs, and far from what a small file can blow up to. */
const mostWidth = 2000;
const mostHeight = 800;

const endings: Record<string, string> = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/webp': 'webp',
};

/** A path that carries the content's hash, so that it may be kept for ever. */
export const logoPath = ({ contentType, sha256: hash }: { contentType: string; sha256: string }) =>
  `/logo/${hash.slice(0, 16)}.${endings[contentType] ?? 'png'}`;

export interface Logo {
  path: string;
  contentType: string;
  bytes: Buffer<ArrayBuffer>;
  width: number;
  height: number;
}

/** The logo with its content, or undefined. */
export async function readLogo(reader: Reader): Promise<Logo | undefined> {
  const row = await readFile(reader, logoFile);
  if (!row) return undefined;
  const { contentType, content, width, height } = row;
  return { path: logoPath(row), contentType, bytes: Buffer.from(content, 'base64'), width, height };
}

/** Saves an upload as the logo over version `version` of the settings. `invalid` at `logo` names what is wrong. */
export async function saveLogo(
  kernel: Kernel,
  actor: Actor,
  version: number,
  bytes: Buffer,
): Promise<void> {
  const { contentType, width, height } = checkedPicture(bytes);
  const file: FileRow = {
    name: logoFile,
    contentType,
    content: bytes.toString('base64'),
    sha256: sha256(bytes),
    width,
    height,
    updatedAt: kernel.clock.now(),
  };
  await kernel.db.write(async (tx) => {
    await note(tx, kernel, actor, version, file.sha256);
    await storeFile(tx, file);
  });
}

/** Takes the logo away, over version `version` of the settings. */
export const removeLogo = (kernel: Kernel, actor: Actor, version: number): Promise<void> =>
  kernel.db.write(async (tx) => {
    await note(tx, kernel, actor, version, null);
    await deleteFile(tx, logoFile);
  });

async function note(tx: Tx, kernel: Kernel, actor: Actor, version: number, after: string | null) {
  const before = (await readFile(tx, logoFile))?.sha256 ?? null;
  const noted = { before: { logo: before }, after: { logo: after } };
  await replaceSettings(tx, kernel, actor, version, {}, noted);
}

function checkedPicture(bytes: Buffer) {
  if (bytes.length === 0) throw invalid('logo', 'Please choose a picture.');
  if (bytes.length > mostBytes) {
    throw invalid('logo', `This file is too large: at most ${mostBytes / 1000} KB, please.`);
  }
  const picture = readPicture(bytes);
  if (!picture) {
    throw invalid('logo', 'Please choose a PNG, JPEG or WebP picture. SVG is not taken.');
  }
  const { width, height, isAnimated } = picture;
  if (isAnimated) throw invalid('logo', 'Please choose a picture that does not move.');
  if (width < 1 || height < 1 || width > mostWidth || height > mostHeight) {
    throw invalid(
      'logo',
      `This picture is ${width} × ${height} pixels: at most ${mostWidth} × ${mostHeight}, please.`,
    );
  }
  return picture;
}
