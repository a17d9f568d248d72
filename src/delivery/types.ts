// What a channel must do, and how it tells what went wrong.
import type { RelayLimits } from '../config/relays.ts';
import type { Lane } from '../shared/words.ts';

/** Webhooks have a lane of their own, which no mailer serves. */
export type MailLane = Exclude<Lane, 'webhook'>;

/** One message to one address, as bytes. */
export interface OutgoingMail {
  /** With angle brackets, as in the header. */
  messageId: string;
  envelope: { from: string; to: string };
  raw: Buffer;
  /**
   * The same with SMTP's end of a message behind it, where every line of it ends in CRLF and none begins with
   * a dot: then there is nothing to stuff or to mend on its way. Undefined where that is not known.
   */
  wire?: Buffer;
  /** Also in the header; names the captured file. */
  date: Date;
}

export interface Accepted {
  /** SMTP code, or null where there is none. */
  code: number | null;
}

/**
 * One connection's worth of sending: messages one after another, each answered before the next. It connects
 * when it must, hangs up when idle, and connects again after a fault.
 */
export interface Line {
  /** Rejects with `SendError`, never with anything else. */
  send(mail: OutgoingMail): Promise<Accepted>;
  /** Ends what is under way and hangs up. */
  close(): void;
}

/** Where mail goes: a relay, or a folder. */
export interface Mailer {
  /** The relay's name. */
  readonly name: string;
  /** Lines that bulk mail may use at once; direct mail has its own. */
  readonly connections: number;
  /** Its share of the mail against other mailers'. */
  readonly weight: number;
  readonly limits: RelayLimits;
  openLine(): Line;
  /** Holds from the next message on. */
  setLimits(changed: Pick<Mailer, 'limits' | 'connections'>): void;
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
