// Mail to an SMTP relay, over nodemailer's pool: one for bulk, one connection apart for direct mail.
import type { Readable } from 'node:stream';
import { createTransport, type Transporter } from 'nodemailer';
import SMTPPool from 'nodemailer/lib/smtp-pool';
import { seconds } from '../shared/clock.ts';
import { type Accepted, type Failure, type Mailer, type OutgoingMail, SendError } from './types.ts';

const defaultConnections = 5;

/** `url` is `smtp[s]://user:password@host:port`; nodemailer's options may follow as its query. */
export function createSmtpMailer(url: string): Mailer {
  const connections = connectionsOf(url);
  const lanes = { bulk: openPool(url, connections), direct: openPool(url, 1) };
  return {
    connections,
    send: (mail, lane) => lanes[lane].send(mail),
    close() {
      lanes.bulk.close();
      lanes.direct.close();
    },
  };
}

function connectionsOf(url: string): number {
  const wanted = Number(new URL(url).searchParams.get('maxConnections') ?? defaultConnections);
  return Number.isInteger(wanted) && wanted >= 1 && wanted <= 50 ? wanted : defaultConnections;
}

function openPool(url: string, maxConnections: number) {
  const pool = new SMTPPool({
    url,
    maxConnections,
    // A connection that the relay closed while idle is replaced, once; the rest is our own schedule.
    maxRequeues: 1,
    connectionTimeout: seconds(10),
    greetingTimeout: seconds(10),
    socketTimeout: seconds(60),
  });
  const transport = createTransport(pool);
  const streams = watchBodies(transport);
  return {
    async send({ envelope, raw }: OutgoingMail): Promise<Accepted> {
      try {
        const { response } = await transport.sendMail({
          envelope,
          raw,
          disableFileAccess: true,
          disableUrlAccess: true,
        });
        const code = Number.parseInt(response, 10);
        return { code: Number.isNaN(code) ? null : code };
      } catch (error) {
        throw new SendError(readFailure(error, streams.get(raw)?.readableDidRead ?? false));
      }
    },
    close: () => transport.close({ force: true }),
  };
}

/**
 * Keeps each message's body stream. A connection that breaks looks the same before and after the
 * relay took the message; only whether the body was read tells them apart. Also the last look at the
 * envelope: one recipient, or nothing is sent.
 */
function watchBodies(transport: Transporter<unknown, object>): WeakMap<object, Readable> {
  const streams = new WeakMap<object, Readable>();
  transport.use('stream', (mail, next) => {
    if (mail.message.getEnvelope().to.length !== 1) {
      next(new Error('A message must have one recipient.'));
      return;
    }
    const createReadStream = mail.message.createReadStream.bind(mail.message);
    mail.message.createReadStream = (options) => {
      const stream = createReadStream(options);
      if (Buffer.isBuffer(mail.data.raw)) streams.set(mail.data.raw, stream);
      return stream;
    };
    next();
  });
  return streams;
}

function readFailure(error: unknown, bodyStarted: boolean): Failure {
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
