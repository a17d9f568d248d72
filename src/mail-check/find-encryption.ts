// Whether the way to the relays is encrypted, and whether unsubscribing is safe to offer with one click.
import { type Judged, worst } from './judged.ts';
import type { DomainSubject, Finding, TrialOutcome, TriedRelay } from './types.ts';

/** How a relay presents itself, without signing in. */
export type LookAtRelay = (relay: TriedRelay) => Promise<TrialOutcome>;

export async function findEncryption(subject: DomainSubject, look: LookAtRelay): Promise<Finding> {
  const plain = { id: 'encryption' as const, records: [] };
  if (subject.relays.length === 0) {
    const headline = 'No relay is set: mail is captured.';
    return { ...plain, verdict: 'unknown', headline, found: [], advice: ['Try one below.'] };
  }
  const all = await Promise.all(
    subject.relays.map(async (relay) => judgeRelay(relay, await look(relay))),
  );
  const verdict = worst(all.map((one) => one.verdict));
  return {
    ...plain,
    verdict,
    headline:
      verdict === 'good'
        ? 'The relay encrypts, and shows who it is.'
        : verdict === 'unknown'
          ? 'The relay did not answer.'
          : 'The way to the relay is not protected as it should be.',
    found: all.flatMap((one) => one.found),
    advice: all.flatMap((one) => one.advice),
  };
}

function judgeRelay(relay: TriedRelay, { encryption, trouble }: TrialOutcome): Judged {
  const place = `${relay.host}:${relay.port}`;
  if (encryption) {
    const { version, fault, certificate } = encryption;
    const found = [
      `${place}: ${version}, certificate for ${certificate?.names.join(', ') || certificate?.name || 'nobody'}`,
    ];
    if (fault !== '') {
      const advice = [`The certificate does not pass (${fault}). “Try the relay” says what to do.`];
      return { verdict: relay.checksCertificate ? 'broken' : 'look', found, advice };
    }
    return { verdict: 'good', found, advice: [] };
  }
  if (trouble) {
    const advice = ['“Try the relay” below shows the whole talk and says why.'];
    return {
      verdict: 'unknown',
      found: [`${place}: ${trouble.kind.replaceAll('_', ' ')}`],
      advice,
    };
  }
  const isLocal = ['127.0.0.1', '::1', 'localhost'].includes(relay.host);
  return {
    verdict: isLocal ? 'good' : 'look',
    found: [isLocal ? `${place}: on this machine, in the clear` : `${place}: in the clear`],
    advice: isLocal
      ? []
      : ['Everybody on the way could read the mail, and the password. Use TLS or STARTTLS.'],
  };
}

// Unsubscribing

/** The headers are ours, on every bulk mail; where they lead depends on PUBLIC_URL. */
export function findUnsubscribe({ publicUrl, signing }: DomainSubject): Finding {
  const plain = { id: 'unsubscribe' as const, records: [] };
  const found = [
    'Every customer email carries List-Unsubscribe and List-Unsubscribe-Post (RFC 8058).',
    `They lead to ${publicUrl}/unsubscribe/…`,
  ];
  if (!publicUrl.startsWith('https:')) {
    return {
      ...plain,
      verdict: 'broken',
      headline: 'One-click unsubscribing needs https.',
      found,
      advice: [
        'Put https in front of the page and set PUBLIC_URL to it. Gmail and Yahoo ask for one-click in bulk mail.',
      ],
    };
  }
  return {
    ...plain,
    verdict: signing ? 'good' : 'look',
    headline: signing
      ? 'One-click unsubscribing is in place, and signed.'
      : 'One-click unsubscribing is in place; the relay has to sign its headers.',
    found,
    advice: signing
      ? []
      : [
          'In the source of a message that arrived, h= of DKIM-Signature has to name list-unsubscribe and list-unsubscribe-post.',
        ],
  };
}
