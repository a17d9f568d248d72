// A folder that mirrors the public side: only what changed is written, whole files at a time, and only
// files that an earlier export wrote are ever removed.
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const manifestName = '.forthright-export.json';

/** File by file, the hash of what was written. */
type Manifest = Record<string, string>;

export interface Mirror {
  put(file: string, bytes: Buffer): Promise<void>;
  /** Removes what is no longer there and notes what is. Answers how many files there are and how many changed. */
  finish(): Promise<{ files: number; changed: number }>;
}

export async function openMirror(folder: string): Promise<Mirror> {
  await mkdir(folder, { recursive: true });
  const before = await readManifest(folder);
  const now: Manifest = {};
  let changed = 0;
  return {
    async put(file, bytes) {
      const hash = createHash('sha256').update(bytes).digest('base64url');
      if (now[file] === hash) return;
      now[file] = hash;
      if (before[file] === hash) return;
      await replaceFile(join(folder, file), bytes);
      changed += 1;
    },
    async finish() {
      const gone = Object.keys(before).filter((file) => !(file in now) && isInside(file));
      for (const file of gone) await rm(join(folder, file), { force: true });
      await replaceFile(join(folder, manifestName), Buffer.from(JSON.stringify(now)));
      return { files: Object.keys(now).length, changed: changed + gone.length };
    },
  };
}

/** A reader of the folder meets the old file or the new one, never half of one. */
async function replaceFile(path: string, bytes: Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const half = `${path}.${process.pid}.half`;
  await writeFile(half, bytes);
  await rename(half, path);
}

async function readManifest(folder: string): Promise<Manifest> {
  try {
    return JSON.parse(await readFile(join(folder, manifestName), 'utf8')) as Manifest;
  } catch {
    // The first export, or a manifest that was lost: everything is written anew.
    return {};
  }
}

const isInside = (file: string) => !file.startsWith('/') && !file.split('/').includes('..');
