import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { holdServeLock, LockedError } from '../../src/db/serve-lock.ts';
import { packagePath } from '../../src/shared/paths.ts';
import { temporaryFolder } from '../support/kernel.ts';

/** A process of its own that takes the lock and keeps it until it is killed. */
async function holderProcess(dataDir: string) {
  const script = `
    import { holdServeLock } from ${JSON.stringify(packagePath('dist', 'db', 'serve-lock.js'))};
    holdServeLock(${JSON.stringify(dataDir)});
    console.log('held');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
  await once(child.stdout, 'data');
  return child;
}

describe('the serve lock (F-25)', () => {
  it('refuses a second process and names the first', async () => {
    const dataDir = temporaryFolder();
    const child = await holderProcess(dataDir);
    expect(() => holdServeLock(dataDir)).toThrow(new LockedError(`process ${child.pid}`));
    child.kill('SIGKILL');
    await once(child, 'exit');
    holdServeLock(dataDir)();
  });

  it('can be given back and taken again', () => {
    const dataDir = temporaryFolder();
    holdServeLock(dataDir)();
    holdServeLock(dataDir)();
  });
});
