// After every publish the export is made anew, by a process of its own: the server's time belongs to its visitors.
import { spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import type { Log } from '../shared/log.ts';
import { packagePath } from '../shared/paths.ts';
import type { SnapshotSource } from '../status/service.ts';

/** Exports to `folder` now and whenever the snapshot changes, one at a time, the newest state last. Answers how to stop it. */
export function exportAfterPublish(
  folder: string,
  snapshots: Pick<SnapshotSource, 'onChange'>,
  log: Log,
): () => void {
  let child: ReturnType<typeof startExport> | undefined;
  let again = false;
  let stopped = false;

  function run(): void {
    if (stopped) return;
    if (child) {
      again = true;
      return;
    }
    again = false;
    child = startExport(folder);
    let complaint = '';
    child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString().slice(0, 1000)));
    child.once('error', (error) => log.error({ err: error }, 'The export could not be started.'));
    child.once('close', (code) => {
      child = undefined;
      if (code !== 0 && !stopped) log.error({ code, complaint }, 'The export of the site failed.');
      if (again) run();
    });
  }

  const stopListening = snapshots.onChange(run);
  run();
  return () => {
    stopped = true;
    stopListening();
    child?.kill('SIGTERM');
  };
}

function startExport(folder: string) {
  const child = spawn(process.execPath, [packagePath('dist', 'cli.js'), 'export', 'site', folder], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
  return child;
}
