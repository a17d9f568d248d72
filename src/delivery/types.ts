// What a channel must do, and how it tells what went wrong.
import type { Lane } from '../shared/words.ts';

/** Webhooks have a lane of their own, which no mailer serves. */
export type MailLane = Exclude<Lane, 'webhook'>;

/** One message to one address, as bytes. */
export interface OutgoingMail {
  /** With angle brackets, as in the header. */
  messageId: string;
  envelope: { from: string; to: string };
  raw: Buffer;
  /** Also in the header; names the captured file. */
  date: Date;
}

export interface Accepted {
  /** SMTP code, or null where there is none. */
  code: number | null;
}

/** Where mail goes: a relay, or a folder. `send` rejects with `SendError`, never with anything else. */
export interface Mailer {
  /** Bulk messages it takes at once; there is one more for the direct lane. */
  readonly connections: number;
  send: (mail: OutgoingMail, lane: MailLane) => Promise<Accepted>;
  /** Ends what is still under way. */
  close: () => void;
}

/** A refusal or a breakdown, in nodemailer's terms. */
export interface Failure {
  /** `ESOCKET`, `EENVELOPE`, … or null. */
  code: string | null;
  /** Three digits, or null when there was no reply. */
  responseCode: number | null;
  /** The command that was answered, such as `RCPT TO`; `CONN` for the connection itself. */
  command: string | null;
  /** The reply as the relay wrote it, or the error's own words. May quote addresses. */
  reply: string;
  /** True once the first byte of the message was on its way: it may have been accepted. */
  bodyStarted: boolean;
}

export class SendError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super('The message was not accepted.');
    this.name = 'SendError';
    this.failure = failure;
  }
}

/** Whether the relay takes mail, as far as the last attempt told. */
export type RelayHealth = { up: true } | { up: false; since: Date };
