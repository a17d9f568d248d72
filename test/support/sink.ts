// An SMTP server that keeps what it takes, byte for byte, for tests that count.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { onEnd } from './kernel.ts';

export interface Sink {
  /** For `SMTP_URL`. */
  url: string;
  /** The address of each accepted message, in order of arrival. */
  recipients(): string[];
  /** Addresses that got two different messages under one Message-ID, or two under different ones. */
  contradictions(): string[];
}

/** Starts one on a free port; each message is accepted after `delay` milliseconds. */
export async function startSink({ delay = 0 } = {}): Promise<Sink> {
  const accepted: { to: string; bytes: string }[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        setTimeout(() => {
          const [recipient] = session.envelope.rcptTo;
          accepted.push({ to: recipient?.address ?? '', bytes: Buffer.concat(chunks).toString() });
          callback();
        }, delay);
      });
    },
  });
  // A killed client resets its connection; that is what these tests are about.
  server.on('error', () => {});
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  onEnd(() => server.close());
  const { port } = server.server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}`,
    recipients: () => accepted.map(({ to }) => to),
    contradictions() {
      const first = new Map<string, string>();
      return accepted
        .filter(({ to, bytes }) => (first.get(to) ?? first.set(to, bytes).get(to)) !== bytes)
        .map(({ to }) => to);
    },
  };
}
