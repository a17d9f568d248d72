// One conversation with an SMTP relay over nodemailer's connection, which stuffs dots and mends line ends.
// It looks the host up with queries of its own and asks the machine's only when they find nothing (T13).
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { Relay } from '../config/relays.ts';
import { seconds } from '../shared/clock.ts';
import { messageStream } from './message-stream.ts';
import { type Accepted, type Failure, type OutgoingMail, SendError } from './types.ts';

export interface Session {
  /** Connects, encrypts and signs in, as the relay wants it. Rejects with `SendError`. */
  open(): Promise<void>;
  isOpen(): boolean;
  /** Messages given to it so far. */
  given(): number;
  /** Rejects with `SendError`. One at a time. */
  deliver(mail: OutgoingMail): Promise<Accepted>;
  /** Says goodbye; only when nothing is under way. */
  quit(): void;
  /** Ends what is under way. */
  close(): void;
}

type Done = (error?: Error | null, result?: unknown) => void;

/** F-09. All of connecting, from the look-up to the end of STARTTLS, has to fit in the first. */
const patience = {
  connectionTimeout: seconds(10),
  dnsTimeout: seconds(10),
  greetingTimeout: seconds(10),
  socketTimeout: seconds(60),
  socketCloseTimeout: seconds(1),
};
const quitPatience = seconds(5);

export function createSession(relay: Relay): Session {
  const connection = new SMTPConnection({
    ...patience,
    host: relay.host,
    port: relay.port,
    secure: relay.isSecure,
    name: relay.ehlo,
    requireTLS: relay.startTls === 'required',
    ignoreTLS: relay.startTls === 'never',
    tls: { rejectUnauthorized: relay.checksCertificate, minVersion: 'TLSv1.2' },
  });
  let isOpen = false;
  let given = 0;
  let interrupt: ((error: Error) => void) | undefined;
  let cleared: Promise<unknown> | undefined;

  connection.on('error', (error) => interrupt?.(error));
  connection.on('end', () => {
    isOpen = false;
    // The connection forgets whom it owed an answer when it is closed. Where it has one it comes right after this.
    queueMicrotask(() => interrupt?.(hungUp()));
  });

  /** Makes one of the connection's calls; answers too when the connection ends instead. */
  function ask(call: (done: Done) => void): Promise<unknown> {
    return new Promise((resolve, reject) => {
      interrupt = reject;
      call((error, result) => {
        interrupt = undefined;
        if (error) reject(error);
        else resolve(result);
      });
    });
  }

  async function open(): Promise<void> {
    try {
      await ask((done) => connection.connect(done));
      const { user, password } = relay;
      if (user !== undefined && connection.allowsAuth) {
        await ask((done) => connection.login({ user, pass: password }, done));
      }
      isOpen = true;
    } catch (error) {
      connection.close();
      throw new SendError(readFailure(error, false));
    }
  }

  async function deliver(mail: OutgoingMail): Promise<Accepted> {
    const { from, to } = mail.envelope;
    const { stream, wasTaken } = messageStream(mail);
    given += 1;
    try {
      await cleared;
      const envelope = { from, to: [to], size: mail.raw.length };
      const result = await ask((done) => connection.send(envelope, stream, done));
      return readAnswer(result, to);
    } catch (error) {
      const failure = readFailure(error, wasTaken());
      if (isOpen) clearUp(failure);
      throw new SendError(failure);
    }
  }

  /** Makes the connection fit for the next message, or ends it where nobody knows how far the relay is. */
  function clearUp({ code, command, responseCode }: Failure): void {
    // Nothing was said.
    if (responseCode === null && (command === 'API' || command === 'MAIL FROM')) return;
    const refused = responseCode !== null && responseCode >= 400 && responseCode < 600;
    if (!refused || code !== 'EENVELOPE' || responseCode === 503) connection.close();
    // Where the sender was taken and nothing after it, the next sender would be one too many.
    else cleared = ask((done) => connection.reset(done)).catch(() => connection.close());
  }

  return {
    open,
    deliver,
    isOpen: () => isOpen,
    given: () => given,
    quit() {
      isOpen = false;
      connection.quit();
      setTimeout(() => connection.close(), quitPatience).unref();
    },
    close: () => connection.close(),
  };
}

/** The last look at the envelope: it was this one recipient, and nobody else (T6). */
function readAnswer(result: unknown, to: string): Accepted {
  const { accepted, response } = result as { accepted: string[]; response: string };
  if (accepted.length !== 1 || accepted[0] !== to) {
    throw Object.assign(new Error('It went to another recipient.'), { code: 'EENVELOPE' });
  }
  return { code: Number.parseInt(response, 10) };
}

const hungUp = () =>
  Object.assign(new Error('The connection was closed.'), { code: 'ECONNECTION', command: 'CONN' });

export function readFailure(error: unknown, bodyStarted: boolean): Failure {
  const { code, responseCode, command, response, message } = error as Record<string, unknown>;
  return {
    code: text(code),
    responseCode: typeof responseCode === 'number' ? responseCode : null,
    command: text(command),
    reply: text(response) ?? text(message) ?? 'No reply.',
    bodyStarted,
  };
}

const text = (value: unknown) => (typeof value === 'string' ? value : null);
