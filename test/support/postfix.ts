// Debian's Postfix as a relay on the loopback: a real MTA with the strictest manners, whose users share one mailbox.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onEnd } from './kernel.ts';
import { freePort, pause } from './process.ts';

const postfix = '/usr/sbin/postfix';

/** Postfix runs as root or not at all. Undefined: it can be run here. */
export function whyNoPostfix(): string | undefined {
  if (!existsSync(postfix)) return 'Postfix is not installed';
  return process.getuid?.() === 0 ? undefined : 'Postfix needs root';
}

export interface Postfix {
  url: string;
  /** What was delivered so far, as it lies in the mailbox. */
  delivered(): string[];
  /** Messages delivered so far. */
  count(): number;
  /** Messages that Postfix has taken and not delivered yet. */
  waiting(): number;
  /** What it logged. */
  log(): string;
}

/** Whoever the virtual mailbox belongs to: anybody but root. */
const nobody = 65534;

export async function startPostfix(): Promise<Postfix> {
  const folder = mkdtempSync(join(tmpdir(), 'forthright-postfix-'));
  // Its own users have to get in.
  chmodSync(folder, 0o755);
  const [config, queue, data, mail] = ['etc', 'queue', 'data', 'mail'].map((name) => {
    const path = join(folder, name);
    mkdirSync(path);
    return path;
  }) as [string, string, string, string];
  chmodSync(mail, 0o777);
  // As the installed one's: it belongs to Postfix's own user.
  const { uid, gid } = statSync('/var/lib/postfix');
  chownSync(data, uid, gid);
  const log = join(folder, 'log');
  const port = await freePort();
  writeFileSync(join(config, 'main.cf'), mainFile({ queue, data, mail, log }));
  writeFileSync(join(config, 'master.cf'), masterFile(port));
  const child = spawn(postfix, ['-c', config, 'start-fg'], { stdio: 'ignore' });
  onEnd(async () => {
    await end(child, join(queue, 'pid', 'master.pid'));
    rmSync(folder, { recursive: true, force: true });
  });
  const logged = () => (existsSync(log) ? readFileSync(log, 'utf8') : '');
  await listening(port, logged);
  const inbox = join(mail, 'all', 'new');
  const names = () => (existsSync(inbox) ? readdirSync(inbox) : []);
  return {
    url: `smtp://127.0.0.1:${port}`,
    delivered: () => names().map((name) => readFileSync(join(inbox, name), 'latin1')),
    count: () => names().length,
    waiting: () =>
      ['incoming', 'active', 'deferred', 'maildrop'].reduce(
        (sum, part) => sum + readdirSync(join(queue, part), { recursive: true }).length,
        0,
      ),
    log: logged,
  };
}

const mainFile = (paths: Record<'queue' | 'data' | 'mail' | 'log', string>) => `
compatibility_level = 3.6
queue_directory = ${paths.queue}
data_directory = ${paths.data}
maillog_file = ${paths.log}
maillog_file_prefixes = ${tmpdir()}, /tmp, /var
myhostname = relay.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
local_recipient_maps =
virtual_mailbox_domains = static:all
virtual_mailbox_maps = static:all/
virtual_mailbox_base = ${paths.mail}
virtual_uid_maps = static:${nobody}
virtual_gid_maps = static:${nobody}
smtpd_recipient_restrictions = permit_mynetworks, reject
in_flow_delay = 0
# Nothing passes that a strict receiver would not take.
smtpd_helo_required = yes
strict_rfc821_envelopes = yes
strict_7bit_headers = yes
strict_8bitmime = yes
strict_mime_encoding_domain = yes
smtpd_forbid_bare_newline = reject
smtpd_forbid_bare_newline_exclusions =
smtpd_forbid_unauth_pipelining = yes
`;

const masterFile = (port: number) => `
127.0.0.1:${port} inet n - n - 100 smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`;

async function listening(port: number, log: () => string): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await greets(port)) return;
    await pause(100);
  }
  throw new Error(`Postfix did not come up: ${log()}`);
}

function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const answer = (value: boolean) => {
      socket.destroy();
      resolve(value);
    };
    socket.once('data', (chunk) => answer(chunk.toString().startsWith('220')));
    socket.once('error', () => answer(false));
    socket.setTimeout(2000, () => answer(false));
  });
}

/** What was started is a script, which ends with the master it waits for. */
async function end(child: ChildProcess, pidFile: string): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  if (existsSync(pidFile)) process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGTERM');
  else child.kill('SIGTERM');
  await ended;
}
