// The words of what comes back: a report as it is understood, before anything is done about it.
import type { DeliveryKey, DeliveryMarks } from '../notifications/delivery-mark.ts';
import type { RecipientKind, ReturnKind, ReturnSource } from '../shared/words.ts';

/** What a bounce or a provider's event says of one recipient. */
export interface ReturnFacts {
  /** `failed`, `delayed`, `delivered`, `relayed` or `expanded` (RFC 3464). */
  action?: string | undefined;
  /** Enhanced status code (RFC 3463), such as `5.1.1`. */
  code?: string | undefined;
  smtpCode?: number | undefined;
  /** The refusing server's own words. */
  diagnostic?: string | undefined;
  isComplaint?: boolean | undefined;
}

export interface Report {
  source: ReturnSource;
  kind: ReturnKind;
  /** The delivery whose mark it bears; undefined where no mark of ours was found. */
  delivery: DeliveryKey | undefined;
  code: string | null;
  /** Redacted. */
  detail: string;
  /** Names it: the same report counts once. */
  digest: string;
  /** It says that our mail is refused for what we are or send: the next copies would be too. */
  isOurFault: boolean;
}

/** How marks are recognised. */
export interface Marking {
  marks: DeliveryMarks;
  /** `config.bounceDomain`. */
  bounceDomain: string | undefined;
}

/** What became of a report: seen before, of no delivery of ours, or noted with all that follows from it. */
export type Outcome = 'known' | 'unattributed' | 'noted';

/** A message that was accepted and came back. */
export interface ReturnedRow {
  recipientKind: RecipientKind;
  recipientId: number;
  /** Null once the address is erased. */
  email: string | null;
  kind: ReturnKind;
  code: string | null;
  /** Why, redacted. */
  detail: string;
  source: ReturnSource;
  at: Date;
}

/** Fetches a small text from the outside. Rejects for anything but a good answer. */
export type GetText = (url: string) => Promise<string>;

/** A provider's request, as it came. */
export interface EventRequest {
  /** A header's value; empty where there is none. */
  header: (name: string) => string;
  body: Buffer;
}
