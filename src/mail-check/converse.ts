// One talk with a relay, over nodemailer's connection: the same greeting, encryption and sign-in as the sender's.
// The envelope goes command by command, so that each stands beside its answer.
import { TLSSocket } from 'node:tls';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { seconds } from '../shared/clock.ts';
import { dial } from './dial.ts';
import { readEncryption } from './encryption.ts';
import { recordTalk, type TalkRecord } from './talk.ts';
import { readTrouble, Stop } from './trouble.ts';
import type { EncryptionFacts, Trial, TrialOutcome, TriedRelay } from './types.ts';

export interface TalkOptions {
  monotonic: () => number;
  /** For each step; the whole talk may take three times as long. */
  timeout?: number;
  /** A certificate authority to trust instead of the usual, as PEM: for tests. */
  ca?: string;
}

const stepTime = seconds(10);
const farewell = seconds(2);
const longestReply = 64 * 1024;

/** Tries a relay. Resolves whatever happens. */
export async function converse(trial: Trial, options: TalkOptions): Promise<TrialOutcome> {
  const { relay } = trial;
  const began = options.monotonic();
  const record = recordTalk(options.monotonic, secretsOf(relay));
  const outcome: TrialOutcome = {
    lines: record.lines,
    address: '',
    encryption: null,
    trouble: null,
    ms: 0,
  };
  try {
    const timeout = options.timeout ?? stepTime;
    record.note(`Connecting to ${relay.host}, port ${relay.port}.`);
    const socket = await dial(relay.host, relay.port, timeout);
    outcome.address = socket.remoteAddress ?? '';
    record.note(`Connected to ${outcome.address}.`);
    record.enter(relay.isSecure ? 'encryption' : 'greeting');
    const line = openLine(relay, socket, { ...options, timeout }, record, (facts) => {
      outcome.encryption = facts;
    });
    await within(timeout * 3, line, () => talk(line, trial, record));
  } catch (error) {
    outcome.trouble = readTrouble(record.step(), error);
  }
  outcome.ms = Math.round(options.monotonic() - began);
  return outcome;
}

/** The password, alone and as AUTH PLAIN carries it. */
const secretsOf = ({ user, password }: TriedRelay) =>
  password === undefined ? [] : [password, `\u0000${user ?? ''}\u0000${password}`];

function openLine(
  relay: TriedRelay,
  connection: NonNullable<SMTPConnection.Options['connection']>,
  { timeout, ca }: Pick<Required<TalkOptions>, 'timeout'> & TalkOptions,
  record: TalkRecord,
  onEncrypted: (facts: EncryptionFacts) => void,
): SMTPConnection {
  let isEncrypted = false;
  /** Encryption makes no line of its own: it is noted before the first one under it. */
  const lookForEncryption = () => {
    const facts = encryptionOf(line);
    if (isEncrypted || !facts) return;
    isEncrypted = true;
    onEncrypted(facts);
    record.note(`Encrypted from here: ${facts.version}, ${facts.cipher}.`);
    if (record.step() === 'encryption') record.enter('greeting');
  };
  const line: SMTPConnection = new SMTPConnection({
    host: relay.host,
    port: relay.port,
    connection,
    secure: relay.isSecure,
    requireTLS: relay.startTls === 'required',
    ignoreTLS: relay.startTls === 'never',
    name: relay.ehlo,
    connectionTimeout: timeout,
    greetingTimeout: timeout,
    socketTimeout: timeout,
    socketCloseTimeout: farewell,
    maxResponseSize: longestReply,
    // Looked at by us, before anything secret is said: so that a bad certificate can be shown.
    tls: { rejectUnauthorized: false, minVersion: 'TLSv1.2', ...(ca !== undefined && { ca }) },
    transactionLog: true,
    logger: listener(record, lookForEncryption),
    customAuth: {},
  });
  return line;
}

function encryptionOf(line: SMTPConnection): EncryptionFacts | undefined {
  // Documented as public, though it does not look it.
  // oxlint-disable-next-line no-underscore-dangle
  const socket = line._socket;
  return socket instanceof TLSSocket ? readEncryption(socket) : undefined;
}

/** nodemailer's log: what it says and hears. */
function listener(record: TalkRecord, before: () => void) {
  const hear = (entry: { tnx?: unknown } | undefined, text: unknown) => {
    before();
    // Commands of ours are noted where they are made.
    if (typeof text !== 'string' || text === masked) return;
    if (entry?.tnx === 'client') record.us(text);
    if (entry?.tnx === 'server') record.relay(text);
  };
  return {
    trace: ignore,
    debug: hear,
    info: ignore,
    warn: ignore,
    error: ignore,
    fatal: ignore,
    level: ignore,
  };
}

const ignore = () => {};

/** How nodemailer logs a command that is sent for us. */
const masked = '/* secret */';

/** Runs the talk; a fault of the line or the end of all patience ends it. */
async function within(
  patience: number,
  line: SMTPConnection,
  work: () => Promise<void>,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const broken = new Promise<never>((_resolve, reject) => {
    line.on('error', reject);
    const tooLong = Object.assign(new Error('It took too long.'), { code: 'ETIMEDOUT' });
    timer = setTimeout(() => reject(tooLong), patience);
  });
  try {
    await Promise.race([work(), broken]);
  } finally {
    clearTimeout(timer);
    await sayGoodbye(line);
  }
}

async function sayGoodbye(line: SMTPConnection): Promise<void> {
  if (line.destroyed) return;
  const ended = new Promise<void>((resolve) => line.once('end', resolve));
  const timer = setTimeout(() => line.close(), farewell);
  line.quit();
  await ended;
  clearTimeout(timer);
}

async function talk(line: SMTPConnection, trial: Trial, record: TalkRecord): Promise<void> {
  const { relay, upTo } = trial;
  await new Promise<void>((resolve, reject) =>
    line.connect((error) => (error ? reject(error) : resolve())),
  );
  assertTrusted(line, relay);
  if (upTo === 'capabilities') return;
  if (relay.user !== undefined) await signIn(line, relay, record);
  await speak(line, record, async (say) => {
    await say(`MAIL FROM:<${trial.from}>`);
    await say(`RCPT TO:<${trial.to}>`);
    if (upTo === 'recipient') return;
    await say('DATA');
    const size = Buffer.byteLength(trial.message);
    record.enter('message');
    await say(`${stuffed(trial.message)}.`, `(the test message, ${size} bytes) .`);
  });
}

/** Nothing secret is said to a relay that cannot show who it is. */
function assertTrusted(line: SMTPConnection, relay: TriedRelay): void {
  const fault = encryptionOf(line)?.fault ?? '';
  if (relay.checksCertificate && fault !== '') {
    throw new Stop('certificate', fault, '', 'encryption');
  }
}

async function signIn(line: SMTPConnection, relay: TriedRelay, record: TalkRecord): Promise<void> {
  record.enter('sign_in');
  if (!line.allowsAuth) throw new Stop('no_sign_in', '', '', 'sign_in');
  const { user, password: pass } = relay;
  await new Promise<void>((resolve, reject) =>
    line.login({ user, pass: pass ?? '' }, (error) => (error ? reject(error) : resolve())),
  );
}

type Say = (command: string, shown?: string) => Promise<void>;

/** nodemailer lets a sign-in of one's own send commands and read their answers: that is how these are sent. */
function speak(
  line: SMTPConnection,
  record: TalkRecord,
  words: (say: Say) => Promise<void>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    line.customAuth.set('OWN WORDS', (session) => {
      const say: Say = async (command, shown = command) => {
        record.us(shown);
        const { response } = await session.sendCommand(command);
        if (!/^[23]/.test(response)) throw new Stop('reply', response.slice(0, 3), response);
      };
      words(say).then(resolve, reject);
    });
    line.login({ method: 'OWN WORDS' }, () => {});
  });
}

/** A dot at a line's start would end the message (RFC 5321, 4.5.2). */
const stuffed = (message: string) => message.replaceAll(/^\./gm, '..');
