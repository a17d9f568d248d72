// The product's real sender process, watched from outside: by its database and by what the system knows of it.
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Driver } from '../../../dist/db/driver.js';
import { databaseFile } from '../../../dist/db/open.js';
import {
  benchFolder,
  end,
  pause,
  processorTime,
  residentMemory,
  root,
  serverCore,
  start,
} from '../processes.mjs';
import { say } from '../report.mjs';

const home = mkdtempSync(join(tmpdir(), 'forthright-bench-mail-'));
process.on('exit', () => rmSync(home, { recursive: true, force: true }));
let copies = 0;

/** Runs `prepare.mjs` and answers what it printed. */
export function prepare(dataDir, subscribers, then = '') {
  const script = join(benchFolder, 'mail/prepare.mjs');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [script, dataDir, String(subscribers), then],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`The database could not be made: ${stderr}`);
  return stdout;
}

/** A folder of its own with subscribers, and a mail to all of them released unless told otherwise. */
export function databaseOf(subscribers, { released = true } = {}) {
  const original = join(home, `${subscribers}-${released}`);
  if (!existsSync(original)) {
    say(`making a database with ${subscribers} subscribers …`);
    mkdirSync(original);
    prepare(original, subscribers, released ? 'release' : '');
  }
  copies += 1;
  const copy = join(home, `copy-${copies}`);
  cpSync(original, copy, { recursive: true });
  return copy;
}

export const forget = (folder) => rmSync(folder, { recursive: true, force: true });

/** An RSA key of 2,048 bits: its PEM, the file it is in, and the variables that make the product sign. */
export function dkimKey() {
  const privateKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
    type: 'pkcs8',
    format: 'pem',
  });
  const file = join(home, 'dkim.pem');
  writeFileSync(file, privateKey);
  return {
    privateKey,
    environment: { DKIM_DOMAIN: 'example.test', DKIM_SELECTOR: 'bench', DKIM_KEY_FILE: file },
  };
}

export const mailEnvironment = (dataDir, port, connections, more = {}) => ({
  DATA_DIR: dataDir,
  PUBLIC_URL: 'https://status.example.test',
  SMTP_URL: `smtp://127.0.0.1:${port}/?ignoreTLS=true&maxConnections=${connections}`,
  MAIL_FROM: 'Acme <status@example.test>',
  BOUNCE_DOMAIN: 'bounce.example.test',
  LOG_LEVEL: 'fatal',
  ...more,
});

/** The sender alone, as the serving process forks it. */
export const startSender = (environment) =>
  start(join(root, 'dist/sender-process.js'), { core: serverCore, env: environment });

/** How far the newest mail to subscribers is, read beside the sender. */
export function watchOutbox(dataDir) {
  const connection = new Driver(databaseFile(dataDir), { readonly: true });
  const query = connection.prepare(
    "select state, sent, failed, suppressed, cancelled from notifications where lane = 'bulk' order by id desc limit 1",
  );
  return { read: () => query.get(), close: () => connection.close() };
}

const glance = 20;

/**
 * Runs a sender on a database until all is sent: seconds from the first claim to the last mark, processor
 * time a message, and the sender's memory at each fifth of the way.
 */
export async function sendAll(dataDir, count, environment) {
  const outbox = watchOutbox(dataDir);
  const child = startSender(environment);
  const curve = [];
  let began;
  let used = 0;
  let peak = 0;
  try {
    for (;;) {
      if (child.exitCode !== null) throw new Error(`The sender ended (${child.exitCode}).`);
      const now = outbox.read();
      if (now.failed + now.suppressed + now.cancelled > 0 || now.state === 'paused') {
        throw new Error(`Not everything was sent: ${JSON.stringify(now)}`);
      }
      if (began === undefined && now.state !== 'queued') {
        began = performance.now();
        used = processorTime(child);
      }
      const memory = residentMemory(child);
      peak = Math.max(peak, memory);
      while (curve.length < 5 && now.sent >= (count * (curve.length + 1)) / 5) curve.push(memory);
      if (now.sent >= count) break;
      await pause(glance);
    }
    const seconds = (performance.now() - began) / 1000;
    const microseconds = (processorTime(child) - used) / 1000 / count;
    return { seconds, perSecond: count / seconds, microseconds, curve, peak };
  } finally {
    outbox.close();
    await end(child, 'SIGKILL');
  }
}
