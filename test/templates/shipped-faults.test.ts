// A template that could not be read once is read again: a busy moment must not last until the restart.
import type * as files from 'node:fs/promises';
import { readFile } from 'node:fs/promises';
import { beforeEach, expect, it, vi } from 'vitest';
import { shippedStyles, shippedTemplate } from '../../src/templates/shipped.ts';

vi.mock('node:fs/promises', async (importOriginal) => {
  const real = await importOriginal<typeof files>();
  return { ...real, readFile: vi.fn<typeof real.readFile>(real.readFile) };
});

const tooManyFiles = new Error('EMFILE: too many open files');
const failOnce = () => vi.mocked(readFile).mockRejectedValueOnce(tooManyFiles);
beforeEach(() => void vi.mocked(readFile).mockClear());

it('reads a template again after a failure, and then no more', async () => {
  failOnce();
  await expect(shippedTemplate('monitoring')).rejects.toThrow('EMFILE');
  expect((await shippedTemplate('monitoring')).mjml).toContain('<mjml');
  const reads = vi.mocked(readFile).mock.calls.length;
  await shippedTemplate('monitoring');
  expect(vi.mocked(readFile).mock.calls).toHaveLength(reads);
});

it('reads the styles again after a failure', async () => {
  failOnce();
  await expect(shippedStyles()).rejects.toThrow('EMFILE');
  expect((await shippedStyles()).size).toBeGreaterThan(0);
});
