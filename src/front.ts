// The part of the application that visitors meet first: the snapshot, its bytes, and the server that answers with
// them. It starts before everything else is loaded; what it cannot answer waits for the router.
import { createServer, type Server } from 'node:http';
import type { Kernel } from './db/kernel.ts';
import { createPublicBytes, type PublicBytes } from './public/bytes.ts';
import { type AnswerFirst, createWire } from './public/wire.ts';
import { seconds } from './shared/clock.ts';
import { createSnapshotSource, type SnapshotSource } from './status/service.ts';
import { createHits, type Hits } from './web/hits.ts';
import { type Listener, takingTurns } from './web/turns.ts';
import { cutUnread, patience } from './web/unread.ts';

export interface Front {
  snapshots: SnapshotSource;
  bytes: PublicBytes;
  hits: Hits;
  server: Server;
  /** Hands over whatever the wire does not answer, also what has been waiting. */
  routeTo(router: Listener): void;
  stop(): void;
}

/** Builds the front on an open house; its documents are ready when it resolves. */
export async function createFront(kernel: Kernel): Promise<Front> {
  const snapshots = await createSnapshotSource(kernel);
  const bytes = createPublicBytes(kernel, snapshots);
  const hits = createHits(kernel);
  let routeTo!: (router: Listener) => void;
  const router = new Promise<Listener>((resolve) => (routeTo = resolve));
  const listener = listenerOf(createWire(kernel, bytes, hits), router);
  const server = serverWith(takingTurns(listener, kernel.clock));
  await bytes.settled();
  return {
    snapshots,
    bytes,
    hits,
    server,
    routeTo,
    stop() {
      bytes.stop();
      snapshots.stop();
    },
  };
}

/** Asks the wire and, where that has no answer, the router. */
const listenerOf =
  (first: AnswerFirst, router: Promise<Listener>): Listener =>
  (request, response) => {
    if (first(request, response)) return;
    request.socket.setTimeout(patience);
    void router.then((listener) => listener(request, response));
  };

/**
 * Slow clients are cut (S-71). What the wire answers sets no timer of its own: on every request it would
 * cost a tenth of the answer.
 */
function serverWith(listener: Listener): Server {
  const timeouts = {
    headersTimeout: seconds(10),
    requestTimeout: seconds(20),
    connectionsCheckingInterval: seconds(2),
    keepAliveTimeout: seconds(20),
  };
  const server = createServer(timeouts, listener);
  server.maxConnections = 12_000;
  cutUnread(server);
  return server;
}
