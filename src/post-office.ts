// The serving process's side of the sender: starts it, tells it of news, starts it again should it fall, ends it.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Kernel } from './db/kernel.ts';
import type { Sender } from './delivery/sender.ts';
import type { Order } from './sender-process.ts';
import { seconds } from './shared/clock.ts';
import { packagePath } from './shared/paths.ts';

export interface PostOffice extends Sender {
  /** False when no sender has been at work for a while. */
  isOpen: () => boolean;
}

/** Commits come by the hundred: one word is enough for those of a moment. */
const moment = 20;
const restartAfter = seconds(1);
/** It says every ten seconds that it works. */
const toleratedSilence = seconds(30);

export function createPostOffice(kernel: Kernel, environment: NodeJS.ProcessEnv): PostOffice {
  let sender: ChildProcess | undefined;
  /** When a sender last said that it works. */
  let heardAt = -Infinity;
  let isEnding = false;
  /** Until it has the last word, no more are piled up for a sender that is held up. */
  let isTelling = false;
  let hinted: NodeJS.Timeout | undefined;
  let restart: NodeJS.Timeout | undefined;
  let stopListening: (() => void) | undefined;

  function open(): void {
    const child = fork(packagePath('dist', 'sender-process.js'), { env: environment });
    sender = child;
    isTelling = false;
    // It says that it works, and goes on saying so.
    child.on('message', () => (heardAt = kernel.clock.monotonic()));
    child.once('exit', (code, signal) => hasEnded(child, { code, signal }));
    child.on('error', (error) => {
      // What could not be started does not exit either.
      if (child.pid === undefined) hasEnded(child, { err: error });
    });
  }

  function hasEnded(child: ChildProcess, how: object): void {
    if (sender !== child) return;
    sender = undefined;
    if (isEnding) return;
    kernel.log.error(how, 'The sender has ended; it is started again.');
    restart = setTimeout(open, restartAfter);
  }

  function say(order: Order, told = () => {}): void {
    // One that has just died cannot be told; its end is heard of in a moment.
    if (sender?.connected) sender.send(order, told);
  }

  function wake(): void {
    clearTimeout(hinted);
    hinted = undefined;
    if (isTelling || !sender?.connected) return;
    isTelling = true;
    say({ kind: 'wake' }, () => (isTelling = false));
  }

  return {
    start() {
      stopListening = kernel.db.onCommit(() => (hinted ??= setTimeout(wake, moment)));
      heardAt = kernel.clock.monotonic();
      open();
    },
    wake,
    async stop(graceMs) {
      isEnding = true;
      stopListening?.();
      clearTimeout(hinted);
      clearTimeout(restart);
      const last = sender;
      if (!last) return;
      const ended = once(last, 'exit');
      say({ kind: 'stop', graceMs });
      const cut = setTimeout(() => last.kill('SIGKILL'), graceMs + seconds(3));
      await ended;
      clearTimeout(cut);
    },
    isOpen: () => kernel.clock.monotonic() - heardAt < toleratedSilence,
  };
}
