// Copies of the database: who may read them, and what they never overwrite.
import { existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { backUp } from '../src/backup.ts';
import { databaseFile } from '../src/db/open.ts';
import { temporaryFolder, testKernel } from './support/kernel.ts';

it('a copy is for its owner alone: it holds addresses and password hashes', async () => {
  const { dataDir } = await testKernel();
  const file = join(temporaryFolder(), 'copies', 'copy.db');
  await backUp(dataDir, file);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(join(file, '..')).mode & 0o777).toBe(0o700);
  expect(existsSync(`${file}.partial`)).toBe(false);
});

it('replaces an older copy, whoever could read that one', async () => {
  const { dataDir } = await testKernel();
  const file = join(temporaryFolder(), 'copy.db');
  writeFileSync(file, 'old', { mode: 0o644 });
  await backUp(dataDir, file);
  expect(readFileSync(file).subarray(0, 15).toString()).toBe('SQLite format 3');
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

it.each([
  ['by its own name', (live: string) => live],
  [
    'through a link',
    (live: string) => {
      const link = join(temporaryFolder(), 'link.db');
      symlinkSync(live, link);
      return link;
    },
  ],
])('never puts a copy over the live file, %s', async (_, target) => {
  const { dataDir } = await testKernel();
  const live = databaseFile(dataDir);
  const { ino } = statSync(live);
  await expect(backUp(dataDir, target(live))).rejects.toThrow(/is the database itself/);
  expect(statSync(live).ino).toBe(ino);
});
