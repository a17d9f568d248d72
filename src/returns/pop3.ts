// One look into a POP3 mailbox: each message taken, then deleted; one that cannot be read is kept by us first.
import { isIP } from 'node:net';
import Pop3 from 'node-pop3';
import type { BounceMailbox } from '../config/mail.ts';
import { seconds } from '../shared/clock.ts';
import type { Take } from './mailbox.ts';
import { mostRead } from './report.ts';

/** Messages in one look: deletions count only at its end. */
const mostAtOnce = 200;
const patience = seconds(30);
/** Lines asked of a message that is larger than what is looked at. */
const linesOfLarge = 3000;

/** Answers how many messages were taken. Rejects when the server cannot be reached, or says no. */
export async function readPop3(
  mailbox: BounceMailbox,
  take: Take,
  isStopping: () => boolean,
  keep: (raw: Buffer) => Promise<void>,
): Promise<number> {
  const session = open(mailbox);
  try {
    await session.signIn();
    const listed = await session.say('LIST');
    let taken = 0;
    for (const line of linesOf(listed).slice(0, mostAtOnce)) {
      if (isStopping()) break;
      const [number = 0, size = 0] = line.split(' ').map(Number);
      const raw = await (size > mostRead
        ? session.say('TOP', number, linesOfLarge)
        : session.say('RETR', number));
      if ((await take(raw)) === 'unreadable') await keep(raw);
      await session.say('DELE', number);
      taken += 1;
    }
    await session.say('QUIT');
    return taken;
  } finally {
    session.cut();
  }
}

const linesOf = (listed: Buffer) => listed.toString('latin1').split('\r\n').filter(Boolean);

interface Session {
  signIn(): Promise<void>;
  /** Sends a command; answers its multi-line reply, or nothing. */
  say(...words: (string | number)[]): Promise<Buffer>;
  cut(): void;
}

function open(mailbox: BounceMailbox): Session {
  const client = new Pop3({
    user: mailbox.user,
    password: mailbox.password,
    host: mailbox.host,
    port: mailbox.port,
    tls: mailbox.isSecure,
    timeout: patience,
    tlsOptions: {
      rejectUnauthorized: mailbox.checksCertificate,
      // An address is no server name.
      ...(isIP(mailbox.host) !== 0 && { servername: '' }),
    },
  });
  // Faults reach us through the calls; without a listener they would end the process.
  client.on('error', () => {});
  // The library has no other way to hang up at once.
  // oxlint-disable-next-line eslint/no-underscore-dangle
  const cut = () => void client._socket?.destroy();
  return {
    async signIn() {
      await within(client.connect(), cut);
      await within(client.command('USER', mailbox.user), cut);
      await within(client.command('PASS', mailbox.password), cut);
    },
    async say(...words) {
      return within(converse(client, words), cut);
    },
    cut,
  };
}

/** The library waits for ever where a line is cut in between: then we cut it too. */
async function within<T>(work: Promise<T>, cut: () => void): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('The POP3 server does not answer.')), patience);
  });
  try {
    return await Promise.race([work, late]);
  } catch (error) {
    cut();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function converse(client: Pop3, words: (string | number)[]): Promise<Buffer> {
  const [, stream] = await client.command(...words);
  return stream ? gather(client, stream) : Buffer.alloc(0);
}

const end = Buffer.from('\r\n.\r\n');

/**
 * The bytes of a multi-line reply, with the doubled dots (RFC 1939) undone. The library finds the end only
 * where it comes in one piece, so it is looked for here as well.
 */
function gather(client: Pop3, stream: NodeJS.ReadableStream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  return new Promise((resolve, reject) => {
    stream.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      const tail = Buffer.concat(chunks.slice(-end.length)).subarray(-end.length);
      // oxlint-disable-next-line eslint/no-underscore-dangle
      if (tail.equals(end)) client._endStream();
      else if (size > 16 * mostRead)
        reject(new Error('A message is larger than it was said to be.'));
    });
    stream.on('error', reject);
    stream.on('end', () => resolve(undotted(Buffer.concat(chunks))));
  });
}

/** Line ends at the very end come and go with how the reply was cut: without them one message is one digest. */
function undotted(raw: Buffer): Buffer {
  const text = raw.toString('latin1').replace(/\r\n\.\r\n$/, '');
  return Buffer.from(text.replace(/(\r\n)+$/, '').replaceAll(/(^|\r\n)\.\./g, '$1.'), 'latin1');
}
