// Passwords: which are accepted (S-02) and how they are kept (S-01), two hashes at a time (T13).
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { AppError, invalid } from '../shared/errors.ts';
import { commonPasswords } from './common-passwords.ts';

/** scrypt's work: N as a power of two, and r; p is always 1. */
export interface Cost {
  ln: number;
  r: number;
}

export const standardCost: Cost = { ln: 17, r: 8 };

const shortest = 12;
const longest = 1024;
/** As a form sends it: what the sign-in form's body limit leaves for the password. */
const longestEncoded = 1500;
const maxmem = 256 * 1024 * 1024;

/** Throws `invalid` at `field` unless `password` is one we accept. Costs no hashing. */
export function assertAcceptable(field: string, password: string): void {
  const settled = settle(password);
  const { length } = Array.from(settled);
  if (length < shortest) throw invalid(field, `Please use at least ${shortest} characters.`);
  if (length > longest || encodeURIComponent(settled).length > longestEncoded) {
    throw invalid(field, 'This password is too long. Please use a shorter one.');
  }
  if (isCommon(settled)) {
    throw invalid(
      field,
      'This password is among the first that a guesser tries. Please use another.',
    );
  }
}

/** The password as it is stored: `$scrypt$ln=17,r=8,p=1$salt$hash`. Throws `too_many` when too many wait. */
export async function hash(password: string, cost: Cost = standardCost): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt, cost);
  const parameters = `ln=${cost.ln},r=${cost.r},p=1`;
  return ['', 'scrypt', parameters, salt.toString('base64url'), key.toString('base64url')].join(
    '$',
  );
}

/** Whether `password` is the stored one. Without a stored one it works as long and says no (S-06). */
export async function verify(
  password: string,
  stored: string | undefined,
  cost: Cost = standardCost,
): Promise<boolean> {
  const known = stored === undefined ? undefined : readStored(stored);
  const salt = known?.salt ?? Buffer.alloc(16);
  const key = await derive(password, salt, known?.cost ?? cost);
  return known !== undefined && timingSafeEqual(key, known.key);
}

/** True when a stored password was hashed with other work than is asked today. */
export function isOutdated(stored: string, cost: Cost = standardCost): boolean {
  const known = readStored(stored);
  return known.cost.ln !== cost.ln || known.cost.r !== cost.r;
}

const storedPattern = /^\$scrypt\$ln=(\d+),r=(\d+),p=1\$([\w-]+)\$([\w-]+)$/;

function readStored(stored: string): { cost: Cost; salt: Buffer; key: Buffer } {
  const [, ln, r, salt, key] = storedPattern.exec(stored) ?? [];
  if (salt === undefined || key === undefined) throw new Error('A stored password is unreadable.');
  return {
    cost: { ln: Number(ln), r: Number(r) },
    salt: Buffer.from(salt, 'base64url'),
    key: Buffer.from(key, 'base64url'),
  };
}

/** One spelling for what different keyboards send for the same letters. */
const settle = (password: string) => password.toWellFormed().normalize('NFKC');

let common: Set<string> | undefined;

function isCommon(password: string): boolean {
  common ??= new Set(commonPasswords.trim().split(/\s+/));
  return common.has(password.toLowerCase());
}

// scrypt shares libuv's four threads with name look-ups and file access, and takes 128 MB a hash.
const atOnce = 2;
const mayWait = 20;
let running = 0;
const waiting: (() => void)[] = [];

async function derive(password: string, salt: Buffer, cost: Cost): Promise<Buffer> {
  await takeTurn();
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      const options = { N: 2 ** cost.ln, r: cost.r, p: 1, maxmem };
      scrypt(settle(password), salt, 32, options, (error, key) =>
        error ? reject(error) : resolve(key),
      );
    });
  } finally {
    passTurn();
  }
}

async function takeTurn(): Promise<void> {
  if (running < atOnce) {
    running += 1;
    return;
  }
  if (waiting.length >= mayWait) {
    throw new AppError('too_many', 'Too many people are signing in. Please try again shortly.', {
      retryAfter: 5,
    });
  }
  await new Promise<void>((resolve) => waiting.push(resolve));
}

/** Hands the turn to the next in line, so that nobody newer slips in between. */
function passTurn(): void {
  const next = waiting.shift();
  if (next) next();
  else running -= 1;
}
