// Compresses documents one after another in another thread, so that hardly anybody has to wait for it.
import type { Log } from '../shared/log.ts';
import { complete, type Prepared } from './documents.ts';

export interface Completion {
  /** Takes up a new set; what was waiting of the older one is nobody's concern any more. */
  begin(documents: Iterable<Prepared>): void;
  /** One more; when there are too many, whoever asks for it first has it compressed. */
  add(document: Prepared): void;
}

const mostWaiting = 200;

export function createCompletion(log: Log): Completion {
  let waiting: Prepared[] = [];
  let isWorking = false;

  async function work(): Promise<void> {
    isWorking = true;
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      try {
        await complete(next);
      } catch (error) {
        log.error({ err: error }, 'A public document could not be compressed.');
      }
    }
    isWorking = false;
  }

  const start = () => {
    if (!isWorking) void work();
  };
  return {
    begin(documents) {
      waiting = [...documents];
      start();
    },
    add(document) {
      if (waiting.length < mostWaiting) waiting.push(document);
      start();
    },
  };
}
