// Marks: how each delivery came out, written before its lane goes on. The marks of a moment share one commit,
// which is what makes a durable mark for each message cheap.
import type { Kernel } from '../db/kernel.ts';
import type { Tx } from '../db/tx.ts';
import { type Mark, settleAll } from '../notifications/outbox.ts';
import { seconds } from '../shared/clock.ts';

export interface Marks {
  /** Resolves once the mark is in the database, however long that takes. */
  settle(mark: Mark): Promise<void>;
  /** Stops trying: the process is about to end. */
  abandon(): void;
}

/** Milliseconds between commits while there are many marks: nothing beside what a message takes, and half the commits. */
const moment = 1;
/** A consequence that cannot be written so often is left out rather than holding up its lane for ever. */
const mostTries = 3;

/** `also` is asked once for each commit what else goes into it; what it answered is kept until it is in. */
export function createMarks(
  kernel: Kernel,
  boot: string,
  also: () => (tx: Tx) => Promise<void>,
): Marks {
  let waiting: { mark: Mark; done: () => void }[] = [];
  const life = { isAbandoned: false };
  let flushedAt = -Infinity;

  function flushSoon(): void {
    if (kernel.clock.monotonic() - flushedAt < moment) setTimeout(() => void flush(), moment);
    else setImmediate(() => void flush());
  }

  async function flush(): Promise<void> {
    const batch = waiting;
    waiting = [];
    const marks = batch.map(({ mark }) => mark);
    const more = also();
    if (!(await written(marks, more))) {
      // One of them may be at fault: the others do not wait for it.
      await insist(
        () => settleAll(kernel, boot, [], more),
        () => settleAll(kernel, boot, []),
      );
      for (const mark of marks) {
        await insist(
          () => settleAll(kernel, boot, [mark]),
          () => settleAll(kernel, boot, [{ ...mark, also: undefined }]),
        );
      }
    }
    flushedAt = kernel.clock.monotonic();
    for (const { done } of batch) done();
  }

  async function written(marks: Mark[], more: (tx: Tx) => Promise<void>): Promise<boolean> {
    try {
      await settleAll(kernel, boot, marks, more);
      return true;
    } catch (error) {
      kernel.log.error({ err: error, marks: marks.length }, 'The database did not take the marks.');
      return false;
    }
  }

  /**
   * A message that was sent and not marked would be sent again: this waits as long as it takes. What cannot
   * be written although its `bareMark` can is at fault itself; a database that is away loses nothing.
   */
  async function insist(
    whole: () => Promise<unknown>,
    bareMark: () => Promise<unknown>,
  ): Promise<void> {
    for (let tries = 1; !life.isAbandoned; tries += 1) {
      try {
        await whole().catch((error: unknown) => {
          if (tries <= mostTries) throw error;
          return bareMark();
        });
        return;
      } catch (error) {
        kernel.log.error({ err: error }, 'The database did not take a mark; trying again.');
        await new Promise((resolve) => setTimeout(resolve, seconds(1)));
      }
    }
  }

  return {
    settle(mark) {
      return new Promise((done) => {
        if (waiting.length === 0) flushSoon();
        waiting.push({ mark, done });
      });
    },
    abandon: () => void (life.isAbandoned = true),
  };
}
