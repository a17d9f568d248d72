// The words of set-up help: a talk with a relay and what it means, and what the DNS says of a sending domain.
import type { Relay } from '../config/relays.ts';

// Trying a relay

/** What a trial knows of a relay: as typed, saved nowhere. */
export type TriedRelay = Pick<
  Relay,
  'host' | 'port' | 'ehlo' | 'isSecure' | 'startTls' | 'checksCertificate' | 'user' | 'password'
>;

/** How far a trial goes. `capabilities` signs in nowhere and names nobody. */
type TrialEnd = 'capabilities' | 'recipient' | 'message';

export interface Trial {
  relay: TriedRelay;
  upTo: TrialEnd;
  from: string;
  to: string;
  /** The whole message, lines ended by CRLF. */
  message: string;
}

/** `us` and `relay` speak; a `note` says what cannot be heard, such as that encryption began. */
export interface TalkLine {
  /** Milliseconds since the trial began. */
  at: number;
  side: 'us' | 'relay' | 'note';
  text: string;
}

/** Where in the talk we are. */
export type Step =
  | 'connect'
  | 'greeting'
  | 'hello'
  | 'encryption'
  | 'sign_in'
  | 'sender'
  | 'recipient'
  | 'data'
  | 'message';

export type TroubleKind =
  | 'unknown_name'
  | 'name_trouble'
  | 'forbidden_address'
  | 'refused'
  | 'unreachable'
  | 'timeout'
  | 'cut'
  | 'encryption'
  | 'certificate'
  | 'no_sign_in'
  | 'reply';

export interface Trouble {
  step: Step;
  kind: TroubleKind;
  /** The error's code, or the reply's three digits. */
  code: string;
  /** What the relay said, its lines joined; empty where it said nothing. */
  reply: string;
}

export interface EncryptionFacts {
  /** Such as `TLSv1.3`. */
  version: string;
  cipher: string;
  /** Null where the relay showed none. */
  certificate: CertificateFacts | null;
  /** Why the certificate is not to be trusted, as OpenSSL or Node call it; empty when it is. */
  fault: string;
}

export interface CertificateFacts {
  name: string;
  /** The host names it is for. */
  names: string[];
  issuer: string;
  validTo: Date | null;
}

export interface TrialOutcome {
  lines: TalkLine[];
  /** The address that answered; empty when none did. */
  address: string;
  encryption: EncryptionFacts | null;
  trouble: Trouble | null;
  ms: number;
}

// Checking a domain

/** Worst last, but for `unknown`, which says that nobody could tell. */
export type Verdict = 'good' | 'look' | 'broken' | 'unknown';

export type FindingId =
  'spf' | 'dkim' | 'dmarc' | 'alignment' | 'bounces' | 'reverse' | 'encryption' | 'unsubscribe';

/** A record to publish, as a DNS provider's form asks for it. */
export interface RecordToPublish {
  name: string;
  type: 'TXT' | 'MX' | 'PTR';
  value: string;
}

export interface Finding {
  id: FindingId;
  verdict: Verdict;
  /** One sentence. */
  headline: string;
  /** What was seen, a line each. */
  found: string[];
  /** What to do, a sentence or two each. */
  advice: string[];
  records: RecordToPublish[];
}

/** Our own DKIM key, where we sign. */
export interface OwnSigning {
  domain: string;
  selector: string;
  /** The TXT record that belongs to it. */
  record: string;
}

export interface DomainSubject {
  /** Domain of the From address. */
  domain: string;
  /** Domain of the envelope sender. */
  bounceDomain: string;
  /** Null: the relay signs, if anybody does. */
  signing: OwnSigning | null;
  /** The relay's DKIM selector, where it is known; else empty. */
  relaySelector: string;
  relays: TriedRelay[];
  /** Addresses that the mail is known to leave from; none: the relays' own are looked at where that makes sense. */
  sendingAddresses: string[];
  /** Whether every bulk mail's unsubscribe link is https. */
  publicUrl: string;
}
