// Reads the mailbox that bounces and complaints come to, once a minute. A message is deleted only after what
// it says is committed; a crash in between brings it again, and the same report counts once.
import type { BounceMailbox } from '../config/mail.ts';
import type { Kernel } from '../db/kernel.ts';
import { deliveryMarks } from '../notifications/delivery-mark.ts';
import { minutes, seconds } from '../shared/clock.ts';
import { redacted } from '../shared/redact.ts';
import { readImap } from './imap.ts';
import { keepUnreadable } from './kept.ts';
import { readPop3 } from './pop3.ts';
import { readReport } from './report.ts';
import { noteReturn } from './service.ts';

export interface MailboxReader {
  start(): void;
  /** Lets a look that is under way finish its message. */
  stop(): Promise<void>;
  /** Looks now; answers how many messages were taken. Rejects when the mailbox cannot be read. */
  poll(): Promise<number>;
}

/** What becomes of a message at its server: deleted, or first put aside for a person. */
export type Take = (raw: Buffer) => Promise<'done' | 'unreadable'>;

interface Parts {
  kernel: Kernel;
  mailbox: BounceMailbox;
  bounceDomain: string | undefined;
  /** Messages that cannot be read are kept below it where the server has no folders. */
  dataDir: string;
}

const interval = seconds(60);
const longestPause = minutes(15);

/** How long the mailbox is left alone after so many failures in a row. */
export const pauseAfter = (failures: number) =>
  Math.min(interval * 2 ** (failures - 1), longestPause);

export function createBounceMailbox(parts: Parts): MailboxReader {
  const { kernel, mailbox, bounceDomain, dataDir } = parts;
  const marking = { marks: deliveryMarks(kernel.secretKey), bounceDomain };
  const life = { isStopping: false };
  const isStopping = () => life.isStopping;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<number> | undefined;
  let failures = 0;
  let notBefore = 0;

  const take: Take = async (raw) => {
    const report = await readReport(raw, 'mailbox', marking);
    await kernel.db.write((tx) => noteReturn(tx, kernel, report));
    return report.kind === 'unreadable' ? 'unreadable' : 'done';
  };

  function poll(): Promise<number> {
    looking ??= (
      mailbox.protocol === 'imap'
        ? readImap(mailbox, take, isStopping)
        : readPop3(mailbox, take, isStopping, (raw) => keepUnreadable(dataDir, raw))
    ).finally(() => (looking = undefined));
    return looking;
  }

  /** One line when it begins to fail and one when it is over, however long it lasts. */
  async function beat(): Promise<void> {
    if (kernel.clock.monotonic() >= notBefore) {
      try {
        const taken = await poll();
        if (failures > 0) kernel.log.info({ failures }, 'The bounce mailbox can be read again.');
        if (taken > 0) kernel.log.info({ taken }, 'Read what came back.');
        failures = 0;
      } catch (error) {
        failures += 1;
        notBefore = kernel.clock.monotonic() + pauseAfter(failures);
        const reason = redacted(error instanceof Error ? error.message : String(error));
        if (failures === 1) kernel.log.warn({ reason }, 'The bounce mailbox cannot be read.');
      }
    }
    if (!life.isStopping) timer = setTimeout(() => void beat(), interval);
  }

  return {
    start: () => void beat(),
    poll,
    async stop() {
      life.isStopping = true;
      clearTimeout(timer);
      await looking?.catch(() => {});
    },
  };
}
