// A real Dovecot on loopback ports of this test, with one mailbox that messages are put into as files.
import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { BounceMailbox } from '../../src/config/mail.ts';
import { onEnd, temporaryFolder } from '../support/kernel.ts';
import { freePort } from '../support/process.ts';

const binary = ['/usr/sbin/dovecot', '/usr/local/sbin/dovecot'].find(existsSync);

/** Why there is no Dovecot to test with; undefined where there is one. */
export function missingDovecot(): string | undefined {
  if (!binary) return 'Dovecot is not installed (dovecot-imapd, dovecot-pop3d)';
  const version = execFileSync(binary, ['--version'], { encoding: 'utf8' });
  return version.startsWith('2.3.') ? undefined : `Dovecot ${version.trim()} is not 2.3`;
}

export interface Dovecot {
  mailbox(protocol: BounceMailbox['protocol'], more?: Partial<BounceMailbox>): BounceMailbox;
  secure(protocol: BounceMailbox['protocol'], more?: Partial<BounceMailbox>): BounceMailbox;
  /** Puts a message into the mailbox. */
  deliver(raw: Buffer): void;
  /** How many messages a folder holds. */
  count(folder?: string): number;
}

const isRoot = process.getuid?.() === 0;
const nobody = 65_534;

/** A port that was free may be taken by the time it is used: then once more with others. */
export async function startDovecot(): Promise<Dovecot> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await startOnce();
    } catch (error) {
      if (tries === 3) throw error;
    }
  }
}

async function startOnce(): Promise<Dovecot> {
  const folder = temporaryFolder();
  chmodSync(folder, 0o755);
  const ports = {
    imap: await freePort(),
    imaps: await freePort(),
    pop3: await freePort(),
    pop3s: await freePort(),
  };
  makeCertificate(folder);
  writeFileSync(join(folder, 'users'), 'bounces:{PLAIN}a password of this test\n');
  const home = join(folder, 'home');
  for (const path of [home, ...['', 'cur', 'new', 'tmp'].map((name) => join(home, 'mail', name))]) {
    mkdirSync(path, { recursive: true });
    if (isRoot) chownSync(path, nobody, nobody);
  }
  writeFileSync(join(folder, 'dovecot.conf'), configuration(folder, home, ports));
  const child = spawn(binary ?? '', ['-F', '-c', join(folder, 'dovecot.conf')]);
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const over = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  onEnd(async () => {
    child.kill('SIGTERM');
    await over;
  });
  const isOver = () => child.exitCode !== null;
  for (const port of Object.values(ports)) {
    if (await listening(port, isOver)) continue;
    const log = join(folder, 'log');
    const logged = existsSync(log) ? readFileSync(log, 'utf8') : '';
    throw new Error(`Dovecot did not come up.\n${said}\n${logged}`);
  }
  return handle(home, ports);
}

const messagesIn = (path: string) =>
  ['cur', 'new'].flatMap((name) =>
    existsSync(join(path, name)) ? readdirSync(join(path, name)) : [],
  );

type Ports = Record<'imap' | 'imaps' | 'pop3' | 'pop3s', number>;

function handle(home: string, ports: Ports): Dovecot {
  let delivered = 0;
  const base: Omit<BounceMailbox, 'protocol' | 'port'> = {
    host: '127.0.0.1',
    isSecure: false,
    checksCertificate: false,
    user: 'bounces',
    password: 'a password of this test',
    folder: 'INBOX',
  };
  return {
    mailbox: (protocol, more) => ({ ...base, protocol, port: ports[protocol], ...more }),
    secure: (protocol, more) => ({
      ...base,
      protocol,
      port: ports[`${protocol}s`],
      isSecure: true,
      ...more,
    }),
    deliver(raw) {
      delivered += 1;
      const path = join(
        home,
        'mail',
        'new',
        `1795356000.${String(delivered).padStart(6, '0')}.test`,
      );
      writeFileSync(path, raw);
      if (isRoot) chownSync(path, nobody, nobody);
    },
    count: (name) =>
      messagesIn(name === undefined ? join(home, 'mail') : join(home, 'mail', `.${name}`)).length,
  };
}

const makeCertificate = (folder: string) =>
  execFileSync(
    'openssl',
    `req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout ${join(folder, 'key')} -out ${join(folder, 'cert')}`.split(
      ' ',
    ),
    { stdio: 'ignore' },
  );

function configuration(folder: string, home: string, ports: Ports): string {
  const { username } = userInfo();
  const people = isRoot
    ? `mail_uid = ${nobody}\nmail_gid = ${nobody}`
    : `default_internal_user = ${username}\ndefault_login_user = ${username}\ndefault_internal_group = ${execFileSync('id', ['-gn'], { encoding: 'utf8' }).trim()}`;
  const chroot = isRoot ? '' : 'chroot =';
  return `
base_dir = ${join(folder, 'run')}
state_dir = ${join(folder, 'run')}
log_path = ${join(folder, 'log')}
protocols = imap pop3
listen = 127.0.0.1
ssl = yes
ssl_cert = <${join(folder, 'cert')}
ssl_key = <${join(folder, 'key')}
disable_plaintext_auth = no
first_valid_uid = 1
first_valid_gid = 1
${people}
mail_location = maildir:${join(home, 'mail')}
passdb {
  driver = passwd-file
  args = ${join(folder, 'users')}
}
userdb {
  driver = static
  args = home=${home}
}
service imap-login {
  ${chroot}
  inet_listener imap {
    port = ${ports.imap}
  }
  inet_listener imaps {
    port = ${ports.imaps}
    ssl = yes
  }
}
service pop3-login {
  ${chroot}
  inet_listener pop3 {
    port = ${ports.pop3}
  }
  inet_listener pop3s {
    port = ${ports.pop3s}
    ssl = yes
  }
}
service anvil {
  ${chroot}
}
service stats {
  ${chroot}
}
`;
}

async function listening(port: number, isOver: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < 150 && !isOver(); tries += 1) {
    const isUp = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true));
      socket.on('error', () => resolve(false));
      socket.on('connect', () => socket.destroy());
    });
    if (isUp) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}
