#!/usr/bin/env node
// The command line. Every command works beside a running server, but `restore`, which refuses.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { createAccount, createToken } from './accounts/service.ts';
import { backUp, restore } from './backup.ts';
import { type Config, ConfigError, readConfig } from './config.ts';
import type { Kernel } from './db/kernel.ts';
import { databaseExists } from './db/open.ts';
import { verifyChain } from './events/service.ts';
import { systemActor } from './events/types.ts';
import { openHouse } from './house.ts';
import { importUsage, readImportCall } from './importer/call.ts';
import { outside } from './importer/fetch.ts';
import { type ImportCall, importStatuspage } from './importer/read.ts';
import { serve } from './run.ts';
import { resolveSecretKey } from './secret-key.ts';
import { seed } from './seed.ts';
import { systemClock } from './shared/clock.ts';
import { AppError } from './shared/errors.ts';
import { randomIds } from './shared/ids.ts';
import { silentLog } from './shared/log.ts';
import { isOneOf, type Role, roles } from './shared/words.ts';
import { exportSite } from './site-export/service.ts';

const usage = `Usage: forthright COMMAND

  serve                                     serve the page and the desk
  user add --email E --role R [--name N]    add an account; prints its password, or reads it
           [--password-stdin]               from standard input
  token create --name N --role R            make an API token; prints it alone
  seed --incidents N --subscribers N        add resolved incidents of the last two years and
                                            confirmed subscribers
  backup FILE                               copy the database, checked, beside a running server
  restore FILE                              replace the database; its unsent mail is held
${importUsage}
  export site DIR                           write the whole public side as files
  audit verify [--head SEQ:HASH]            check the record of events

Roles: ${roles.join(', ')}. The environment is the server's: DATA_DIR and the others of the README.`;

/** A call that cannot be understood: says how it should look. */
class UsageError extends Error {}

type Command = (args: string[], config: Config) => Promise<void>;

const commands: Record<string, Command> = {
  'user add': addUser,
  'token create': makeToken,
  seed: seedDatabase,
  backup: makeBackup,
  restore: restoreBackup,
  'audit verify': verifyAudit,
  'import statuspage': importPage,
  'export site': writeSite,
};

try {
  await run(process.argv.slice(2));
} catch (error) {
  process.exitCode = 1;
  if (error instanceof UsageError) {
    process.stderr.write(`${error.message}\n\n${usage}\n`);
    process.exitCode = 2;
  } else if (error instanceof ConfigError || error instanceof AppError) {
    process.stderr.write(`${[error.message, ...fieldLines(error)].join('\n')}\n`);
  } else {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  }
}

async function run(args: string[]): Promise<void> {
  const [first = '', second = ''] = args;
  if (['', 'help', '--help', '-h'].includes(first)) {
    process.stdout.write(`${usage}\n`);
    return;
  }
  if (first === 'serve') {
    await serve(process.env);
    return;
  }
  const name = `${first} ${second}` in commands ? `${first} ${second}` : first;
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) throw new UsageError(`There is no command "${name}".`);
  await command(args.slice(name.split(' ').length), readConfig(process.env));
}

function fieldLines(error: ConfigError | AppError): string[] {
  if (!(error instanceof AppError)) return [];
  return Object.entries(error.fields).map(([field, message]) => `  ${field}: ${message}`);
}

async function addUser(args: string[], config: Config): Promise<void> {
  const options = readOptions(args, ['email', 'role', 'name'], ['password-stdin']);
  const email = needed(options, 'email');
  const given = options['password-stdin'] ? readFileSync(0, 'utf8').trim() : undefined;
  const password = given ?? randomIds.secret();
  await withHouse(config, async (kernel) => {
    const name = typeof options['name'] === 'string' ? options['name'] : email.split('@')[0]!;
    await createAccount(kernel, systemActor, { email, name, role: neededRole(options), password });
  });
  if (given === undefined) process.stdout.write(`${password}\n`);
}

async function makeToken(args: string[], config: Config): Promise<void> {
  const options = readOptions(args, ['name', 'role']);
  const request = { name: needed(options, 'name'), role: neededRole(options) };
  await withHouse(config, async (kernel) => {
    const { token } = await createToken(kernel, systemActor, request);
    process.stdout.write(`${token}\n`);
  });
}

async function seedDatabase(args: string[], config: Config): Promise<void> {
  const options = readOptions(args, ['incidents', 'subscribers']);
  const request = {
    incidents: count(options, 'incidents'),
    subscribers: count(options, 'subscribers'),
  };
  await withHouse(config, (kernel) => seed(kernel, request));
  process.stderr.write(
    `Added ${request.incidents} incidents and ${request.subscribers} subscribers.\n`,
  );
}

async function importPage(args: string[], config: Config): Promise<void> {
  const call = understood(() => readImportCall(args, process.env));
  const progress = outside((line) => void process.stderr.write(`${line}\n`));
  await withHouse(config, async (kernel) => {
    process.stdout.write(`${await importStatuspage(kernel, progress, call)}\n`);
  });
}

/** A call whose fault is shown with how it should look. */
function understood(read: () => ImportCall): ImportCall {
  try {
    return read();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

async function makeBackup(args: string[], config: Config): Promise<void> {
  const { file, head } = await backUp(config.dataDir, onlyFile(args));
  process.stdout.write(`${JSON.stringify({ file, head: `${head.seq}:${head.hash}` })}\n`);
}

async function restoreBackup(args: string[], config: Config): Promise<void> {
  const kernel = {
    clock: systemClock,
    ids: randomIds,
    log: silentLog,
    publicUrl: config.publicUrl,
    secretKey: resolveSecretKey(config.secretKey, config.dataDir, randomIds),
  };
  const { head, held, aside } = await restore(kernel, config.dataDir, onlyFile(args));
  process.stdout.write(
    `${JSON.stringify({ head: `${head.seq}:${head.hash}`, heldNotifications: held, formerDatabase: aside ?? null })}\n`,
  );
}

async function writeSite(args: string[], config: Config): Promise<void> {
  const folder = onlyFile(args);
  await withHouse(config, async (kernel) => {
    process.stdout.write(`${JSON.stringify(await exportSite(kernel, resolve(folder)))}\n`);
  });
}

async function verifyAudit(args: string[], config: Config): Promise<void> {
  const options = readOptions(args, ['head']);
  const noted = /^(\d+):([0-9a-f]{64})$/.exec(String(options['head'] ?? ''));
  if (options['head'] !== undefined && !noted) throw new UsageError('--head takes SEQ:HASH.');
  const expected = noted ? { seq: Number(noted[1]), hash: noted[2]! } : undefined;
  // A mistyped folder would be furnished anew, and its record of course be whole.
  if (!databaseExists(config.dataDir))
    throw new Error(`There is no database in ${config.dataDir}.`);
  await withHouse(config, async (kernel) => {
    const { fault, head } = await verifyChain(kernel.db.read, expected);
    if (fault) throw new Error(`The record is not whole: ${fault}.`);
    process.stdout.write(
      `The record is whole: ${head.seq} events, head ${head.seq}:${head.hash}\n`,
    );
  });
}

/** Opens the database with patience: a running server may be writing. */
async function withHouse(config: Config, work: (kernel: Kernel) => Promise<void>): Promise<void> {
  const kernel = await openHouse(config, { log: silentLog, busyTimeout: 5000 });
  try {
    await work(kernel);
  } finally {
    kernel.db.close();
  }
}

type Options = Record<string, string | boolean | undefined>;

function readOptions(args: string[], texts: string[], flags: string[] = []): Options {
  const options = Object.fromEntries([
    ...texts.map((name) => [name, { type: 'string' as const }]),
    ...flags.map((name) => [name, { type: 'boolean' as const }]),
  ]) as Record<string, { type: 'string' | 'boolean' }>;
  try {
    return parseArgs({ args, options, strict: true }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function needed(options: Options, name: string): string {
  const value = options[name];
  if (typeof value === 'string' && value.trim() !== '') return value;
  throw new UsageError(`--${name} is missing.`);
}

function neededRole(options: Options): Role {
  const role = needed(options, 'role');
  if (isOneOf(roles, role)) return role;
  throw new UsageError(`--role is one of ${roles.join(', ')}.`);
}

function count(options: Options, name: string): number {
  const value = Number(options[name] ?? 0);
  if (Number.isInteger(value) && value >= 0) return value;
  throw new UsageError(`--${name} is a whole number.`);
}

function onlyFile(args: string[]): string {
  if (args.length === 1 && args[0] && !args[0].startsWith('-')) return args[0];
  throw new UsageError('Name one file or folder.');
}
