// The key that signs tokens: given by the environment, or made once and kept in the data folder.
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ids } from './shared/ids.ts';

/** The configured key, or the one in `dataDir/secret.key`, which is made when missing. */
export function resolveSecretKey(
  configured: string | undefined,
  dataDir: string,
  ids: Ids,
): string {
  if (configured !== undefined) return configured;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const file = join(dataDir, 'secret.key');
  if (!existsSync(file)) makeKey(file, ids);
  const key = readFileSync(file, 'utf8').trim();
  if (key.length < 32) throw new Error(`${file} holds no usable key. Restore it from a backup.`);
  return key;
}

/** Whole or not at all: written under another name first. Of two processes at once, one's key counts and both read it. */
function makeKey(file: string, ids: Ids): void {
  const partial = `${file}.${ids.publicId()}.partial`;
  try {
    writeFileSync(partial, `${ids.secret()}\n`, { flag: 'wx', mode: 0o600, flush: true });
    linkSync(partial, file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    rmSync(partial, { force: true });
  }
}
