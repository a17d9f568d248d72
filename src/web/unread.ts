// Cuts clients that ask and do not read: what they were answered would lie in memory for as long as they please (S-71).
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { seconds } from '../shared/clock.ts';

/** How long a client may take nothing of its answer. */
export const patience = seconds(20);

interface Stall {
  /** Bytes that the client's side had taken when it was last seen to take any. */
  taken: number;
  rounds: number;
}

/**
 * Looks over the connections now and then: a timer for each request would cost a tenth of an answer, and
 * Node forgets one where requests are sent without waiting for answers. Ends with the server.
 */
export function cutUnread(
  server: Server,
  { every = seconds(5), patience: most = patience } = {},
): void {
  const open = new Set<Socket>();
  const stalls = new WeakMap<Socket, Stall>();
  server.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });

  function lookOver(socket: Socket): void {
    if (socket.writableLength === 0) {
      stalls.delete(socket);
      return;
    }
    const taken = socket.bytesWritten - socket.writableLength;
    const before = stalls.get(socket);
    const rounds = before?.taken === taken ? before.rounds + 1 : 0;
    stalls.set(socket, { taken, rounds });
    // A mere end would wait behind all that is not read.
    if (rounds * every >= most) socket.resetAndDestroy();
  }

  const timer = setInterval(() => open.forEach(lookOver), every);
  timer.unref();
  server.once('close', () => clearInterval(timer));
}
