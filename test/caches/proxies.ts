// The README's example configurations, run as printed by the real nginx and Varnish in front of a real server.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packagePath } from '../../src/shared/paths.ts';
import { onEnd, temporaryFolder } from '../support/kernel.ts';

const run = promisify(execFile);

export const binaries = {
  nginx: ['/usr/sbin/nginx', '/usr/bin/nginx', '/usr/local/sbin/nginx'].find(existsSync),
  varnish: ['/usr/sbin/varnishd', '/usr/bin/varnishd'].find(existsSync),
};

/** The fenced block of a language in the README. */
function exampleOf(language: string): string {
  const readme = readFileSync(packagePath('README.md'), 'utf8');
  const block = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(readme)?.[1];
  if (!block) throw new Error(`The README has no ${language} example.`);
  return block;
}

/** The example with the ports of this test. */
const moved = (example: string, { port, upstream }: Ports, folder: string) =>
  example
    .replaceAll('127.0.0.1:3000', `127.0.0.1:${upstream}`)
    .replaceAll('"3000"', `"${upstream}"`)
    .replace('listen 80;', `listen 127.0.0.1:${port};`)
    .replace('server_name status.example.com;', 'server_name localhost;')
    .replace('/var/cache/nginx/forthright', join(folder, 'cache'));

export interface Ports {
  /** Where the proxy listens. */
  port: number;
  /** Where the server listens. */
  upstream: number;
}

export async function startNginx(ports: Ports): Promise<void> {
  const folder = temporaryFolder();
  const file = join(folder, 'nginx.conf');
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${join(folder, name)};`)
    .join('\n');
  writeFileSync(
    file,
    `daemon off; pid ${join(folder, 'pid')}; error_log ${join(folder, 'error.log')}; worker_processes 1;
${process.getuid?.() === 0 ? 'user root;' : ''}
events { worker_connections 512; }
http { access_log off; ${paths}
${moved(exampleOf('nginx'), ports, folder)} }`,
  );
  const nginx = binaries.nginx ?? '';
  await run(nginx, ['-t', '-c', file, '-e', join(folder, 'error.log')]);
  endLater(spawn(nginx, ['-c', file, '-e', join(folder, 'error.log')], { stdio: 'ignore' }));
  await listening(ports.port);
}

export async function startVarnish(ports: Ports): Promise<void> {
  const folder = temporaryFolder();
  const file = join(folder, 'default.vcl');
  const workDir = join(folder, 'work');
  mkdirSync(workDir);
  writeFileSync(file, moved(exampleOf('vcl'), ports, folder));
  const args = ['-F', '-a', `127.0.0.1:${ports.port}`, '-f', file, '-n', workDir];
  // Without a jail the test may run as any user, in any container.
  endLater(
    spawn(binaries.varnish ?? '', [...args, '-j', 'none', '-s', 'malloc,32m'], { stdio: 'ignore' }),
  );
  await listening(ports.port);
}

const endLater = (child: ChildProcess) => onEnd(() => void child.kill('SIGTERM'));

async function listening(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const answer = await fetch(`http://localhost:${port}/`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('The proxy did not come up.');
}
