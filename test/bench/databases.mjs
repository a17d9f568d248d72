// Databases with a past, made once a day by the product's own seed and copied for every use.
import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchFolder, root } from './processes.mjs';
import { say } from './report.mjs';

const kept = join(tmpdir(), 'forthright-bench');

/** Another seed, another schema or another day, and the databases are made anew. */
function edition() {
  const hash = createHash('sha256').update(new Date().toISOString().slice(0, 10));
  const migrations = join(root, 'drizzle/sqlite');
  for (const name of readdirSync(migrations).filter((one) => one.endsWith('.sql'))) {
    hash.update(readFileSync(join(migrations, name)));
  }
  hash.update(readFileSync(join(root, 'dist/seed.js')));
  return hash.digest('hex').slice(0, 16);
}

const used = [];
process.on('exit', () => {
  for (const folder of used) rmSync(folder, { recursive: true, force: true });
});

/** A folder of its own with a database of that many past incidents. */
export async function databaseWith(incidents) {
  const original = join(kept, edition(), String(incidents));
  if (!existsSync(original)) await make(original, incidents);
  const copy = mkdtempSync(join(tmpdir(), 'forthright-bench-use-'));
  used.push(copy);
  cpSync(original, copy, { recursive: true });
  return copy;
}

async function make(original, incidents) {
  const began = performance.now();
  say(`making a database with ${incidents} past incidents …`);
  const draft = `${original}.${process.pid}`;
  mkdirSync(draft, { recursive: true });
  const child = spawn(process.execPath, [join(benchFolder, 'seed.mjs'), draft, String(incidents)], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error('The database could not be made.');
  renameSync(draft, original);
  say(`  took ${((performance.now() - began) / 1000).toFixed(0)} s`);
}
