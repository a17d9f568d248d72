// One look into an IMAP folder: each message taken, then deleted, or moved aside when it cannot be read.
import { ImapFlow } from 'imapflow';
import type { BounceMailbox } from '../config/mail.ts';
import { seconds } from '../shared/clock.ts';
import type { Take } from './mailbox.ts';
import { mostRead } from './report.ts';

/** Messages between two deletions. */
const batch = 50;
/** Messages in one look: the rest has its turn in the next. */
const mostAtOnce = 2000;
const asideFolder = 'Unreadable';
const patience = seconds(30);

/** Answers how many messages were taken. Rejects when the server cannot be reached, or says no. */
export async function readImap(
  mailbox: BounceMailbox,
  take: Take,
  isStopping: () => boolean,
): Promise<number> {
  const client = new ImapFlow({
    host: mailbox.host,
    port: mailbox.port,
    secure: mailbox.isSecure,
    auth: { user: mailbox.user, pass: mailbox.password },
    tls: { rejectUnauthorized: mailbox.checksCertificate },
    logger: false,
    disableAutoIdle: true,
    connectionTimeout: patience,
    greetingTimeout: patience,
    socketTimeout: patience,
    // What a broken server may make us hold.
    maxLiteralSize: 4 * mostRead,
    maxResponseSize: 8 * mostRead,
    maxLineLength: 4 * mostRead,
  });
  // Faults reach us through the calls; without a listener they would end the process.
  client.on('error', () => {});
  try {
    await client.connect();
    await client.mailboxOpen(mailbox.folder);
    return await takeAll(client, take, isStopping);
  } finally {
    await client.logout().catch(() => client.close());
  }
}

async function takeAll(client: ImapFlow, take: Take, isStopping: () => boolean): Promise<number> {
  const uids = await client.search({ deleted: false }, { uid: true });
  if (!uids) throw new Error('The folder could not be searched.');
  let taken = 0;
  const chosen = uids.slice(0, mostAtOnce);
  for (let at = 0; at < chosen.length && !isStopping(); at += batch) {
    taken += await takeBatch(client, chosen.slice(at, at + batch), take, isStopping);
  }
  return taken;
}

async function takeBatch(
  client: ImapFlow,
  uids: number[],
  take: Take,
  isStopping: () => boolean,
): Promise<number> {
  const done: number[] = [];
  const aside: number[] = [];
  try {
    for (const uid of uids) {
      if (isStopping()) break;
      const source = { maxLength: mostRead };
      const message = await client.fetchOne(String(uid), { source }, { uid: true });
      // Gone meanwhile: somebody else reads this folder too.
      if (!message || !message.source) continue;
      const outcome = await take(message.source);
      (outcome === 'done' ? done : aside).push(uid);
    }
  } finally {
    // Also what was taken before a fault.
    if (done.length > 0) await client.messageDelete(done.join(','), { uid: true });
    if (aside.length > 0) await putAside(client, aside);
  }
  return done.length + aside.length;
}

async function putAside(client: ImapFlow, uids: number[]): Promise<void> {
  const { path } = await client.mailboxCreate(asideFolder);
  const moved = await client.messageMove(uids.join(','), path, { uid: true });
  if (!moved) throw new Error('Messages could not be moved to the folder Unreadable.');
}
