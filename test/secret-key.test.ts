// The signing key in the data folder: made once, whole, and kept.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { resolveSecretKey } from '../src/secret-key.ts';
import { randomIds } from '../src/shared/ids.ts';
import { temporaryFolder } from './support/kernel.ts';

it('is made once, for its owner only, and leaves nothing else behind', () => {
  const folder = temporaryFolder();
  const key = resolveSecretKey(undefined, folder, randomIds);
  expect(resolveSecretKey(undefined, folder, randomIds)).toBe(key);
  expect(readdirSync(folder)).toEqual(['secret.key']);
  expect(statSync(join(folder, 'secret.key')).mode & 0o777).toBe(0o600);
});

it('keeps the key that is there', () => {
  const folder = temporaryFolder();
  const key = 'k'.repeat(40);
  writeFileSync(join(folder, 'secret.key'), key);
  expect(resolveSecretKey(undefined, folder, randomIds)).toBe(key);
});

it('takes the key of whoever was faster', () => {
  const folder = temporaryFolder();
  const theirs = 't'.repeat(40);
  const slow = {
    ...randomIds,
    secret: () => {
      writeFileSync(join(folder, 'secret.key'), theirs);
      return randomIds.secret();
    },
  };
  expect(resolveSecretKey(undefined, folder, slow)).toBe(theirs);
  expect(readdirSync(folder)).toEqual(['secret.key']);
});

it('refuses an empty file and leaves it as it is', () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'secret.key'), '');
  expect(() => resolveSecretKey(undefined, folder, randomIds)).toThrow('holds no usable key');
  expect(readFileSync(join(folder, 'secret.key'), 'utf8')).toBe('');
});
