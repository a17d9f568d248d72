// Keeps the event loop turning in a flood. Node takes up whatever the sockets hold before it looks at anything
// else, tens of thousands of requests if they keep coming: timers, publishing and the snapshot would stand still.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../shared/clock.ts';

export type Listener = (request: IncomingMessage, response: ServerResponse) => unknown;

/** How often it is looked whether others are waiting: rarely enough to cost nothing. */
const lookEvery = 64;
/** Milliseconds that requests may keep everybody else waiting. */
const mostInARow = 25;
/** Requests answered before others get their turn, once they had to wait. */
const share = 256;
/** More than there can be connections: only who sends many at once on each gets past it. */
const mostWaiting = 20_000;

/** The same listener, which lets others have their turn when requests do not end. Nobody is forgotten. */
export function takingTurns(listener: Listener, clock: Pick<Clock, 'monotonic'>): Listener {
  let waiting: [IncomingMessage, ServerResponse][] = [];
  let taken = 0;
  let turnAskedAt: number | undefined;
  let isCrowded = false;

  function look(): void {
    if (turnAskedAt === undefined) {
      turnAskedAt = clock.monotonic();
      setImmediate(turn);
    } else if (clock.monotonic() - turnAskedAt > mostInARow) {
      isCrowded = true;
    }
  }

  /** The others have had theirs. */
  function turn(): void {
    turnAskedAt = undefined;
    const now = waiting.slice(0, share);
    waiting = waiting.slice(share);
    for (const [request, response] of now) void listener(request, response);
    isCrowded = waiting.length > 0;
    if (isCrowded) look();
  }

  return (request, response) => {
    if (isCrowded && waiting.length < mostWaiting) {
      waiting.push([request, response]);
      return;
    }
    taken += 1;
    if (taken % lookEvery === 0) look();
    void listener(request, response);
  };
}
