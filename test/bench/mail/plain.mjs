// What one would write first: nodemailer's pool and `sendMail`, on the product's own outbox, a settlement for each
// message. Also the outbox alone, without any sending. A process of its own.
import { createTransport } from 'nodemailer';
import { claim, expandNext, readContent, settleAll } from '../../../dist/notifications/outbox.js';
import { setPriority } from 'node:os';
import { answerQuestions } from '../processes.mjs';
import { open } from './database.mjs';

// As the sender does.
setPriority(10);
answerQuestions(({ kind, ...options }) => (kind === 'outbox' ? outbox(options) : plain(options)));

const sent = { state: 'sent', charge: true, code: 250, note: null };
const batch = 500;

async function plain({ dataDir, port, connections, count, dkim }) {
  const kernel = await open(dataDir);
  while (await expandNext(kernel));
  const transport = createTransport({
    pool: true,
    maxConnections: connections,
    maxMessages: Infinity,
    host: '127.0.0.1',
    port,
    ...(dkim && { dkim }),
  });
  let settled = 0;
  const mailOne = async (claimed) => {
    const content = await readContent(kernel.db.read, claimed.notification.contentSha256);
    await transport.sendMail(messageFor(claimed, content));
    settled += await settleAll(kernel, 'plain', [{ claimed, settlement: sent }]);
  };
  const result = await timed(count, () => lanes(kernel, connections, count, mailOne));
  transport.close();
  kernel.db.close();
  if (settled < count) throw new Error(`${settled} of ${count} were settled.`);
  return result;
}

function messageFor({ recipient, notification }, { subject, html, plain: text }) {
  const link = (name) =>
    `https://status.example.test/${name}/${recipient.publicId}${'x'.repeat(60)}`;
  const fill = (words) =>
    words
      .replaceAll('{{unsubscribe_url}}', link('unsubscribe'))
      .replaceAll('{{manage_url}}', link('manage'));
  return {
    from: 'Acme <status@example.test>',
    to: recipient.email,
    subject,
    html: fill(html),
    text: fill(text),
    date: notification.createdAt,
    references: `<incident-${notification.incidentPublicId}@example.test>`,
    list: { unsubscribe: link('unsubscribe'), id: 'incidents.example.test' },
    headers: {
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
      'Auto-Submitted': 'auto-generated',
      Precedence: 'bulk',
    },
  };
}

/** So many at once, fed from claims of five hundred. */
async function lanes(kernel, width, count, work) {
  let queue = [];
  let begun = 0;
  let fetching;
  const next = async () => {
    while (queue.length === 0) {
      fetching ??= claim(kernel, 'plain', 'bulk', batch).finally(() => (fetching = undefined));
      const found = await fetching;
      if (queue.length > 0) break;
      if (found.length === 0) return undefined;
      queue = found;
    }
    return queue.shift();
  };
  await Promise.all(
    Array.from({ length: width }, async () => {
      while (begun < count) {
        begun += 1;
        const claimed = await next();
        if (!claimed) return;
        await work(claimed);
      }
    }),
  );
}

/** Claims and marks as the sender does, marks of a turn in one commit, and nothing between. */
async function outbox({ dataDir, connections, count }) {
  const kernel = await open(dataDir);
  while (await expandNext(kernel));
  const result = await timed(count, async () => {
    let done = 0;
    while (done < count) {
      const claimed = await claim(kernel, 'bench', 'bulk', batch);
      if (claimed.length === 0) throw new Error('The outbox ran dry.');
      for (let at = 0; at < claimed.length; at += connections) {
        const marks = claimed
          .slice(at, at + connections)
          .map((one) => ({ claimed: one, settlement: sent }));
        done += await settleAll(kernel, 'bench', marks);
      }
    }
  });
  kernel.db.close();
  return result;
}

async function timed(count, work) {
  const began = performance.now();
  const before = process.cpuUsage();
  await work();
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(before);
  return { seconds, perSecond: count / seconds, microseconds: (user + system) / count };
}
