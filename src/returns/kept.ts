// Messages that could not be read, kept as files for a person to look at: the newest 200.
import { mkdir, readdir, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../shared/ids.ts';

const mostKept = 200;

/** Writes a message below `dataDir/returned`, readable by this user alone. The same one is kept once. */
export async function keepUnreadable(dataDir: string, raw: Buffer): Promise<void> {
  const folder = join(dataDir, 'returned');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(folder, `${sha256(raw).slice(0, 32)}.eml`), raw, { mode: 0o600 });
  const files = (await readdir(folder)).filter((name) => name.endsWith('.eml'));
  if (files.length <= mostKept) return;
  const aged = await Promise.all(
    files.map(async (name) => ({ name, at: (await stat(join(folder, name))).mtimeMs })),
  );
  const oldest = aged.toSorted((a, b) => a.at - b.at).slice(0, files.length - mostKept);
  for (const { name } of oldest) await unlink(join(folder, name));
}
