// What the page of set-up help shows: verdicts in words and shapes, a talk line by line.
import type { Relay } from '../config/relays.ts';
import { diagnose } from '../mail-check/diagnosis.ts';
import type { Demand } from '../mail-check/bulk.ts';
import { type Security, securityOf } from '../mail-check/trial-form.ts';
import type { Tried } from '../mail-check/trials.ts';
import type { CertificateFacts, Finding, FindingId, Verdict } from '../mail-check/types.ts';
import { hours, minutes, seconds } from '../shared/clock.ts';

/** `status` picks the shape and colour, as components have them; not knowing has a shape of its own. */
const verdictViews: Record<Verdict, { label: string; status: string; icon: string }> = {
  good: { label: 'Good', status: 'operational', icon: 'operational' },
  look: { label: 'Look at it', status: 'degraded_performance', icon: 'degraded_performance' },
  broken: { label: 'Broken', status: 'major_outage', icon: 'major_outage' },
  unknown: { label: 'Could not be told', status: 'unknown', icon: 'investigating' },
};

const findingTitles: Record<FindingId, string> = {
  spf: 'SPF',
  dkim: 'DKIM',
  dmarc: 'DMARC',
  alignment: 'Alignment',
  bounces: 'Taking mail',
  reverse: 'Reverse DNS',
  encryption: 'Encryption',
  unsubscribe: 'Unsubscribing',
};

export const findingView = (finding: Finding) => ({
  ...finding,
  title: findingTitles[finding.id],
  verdict: verdictViews[finding.verdict],
});

export const demandView = ({ what, by, verdict }: Demand) => ({
  what,
  by,
  verdict: verdictViews[verdict],
});

export const securityChoices: { value: Security; label: string; hint: string }[] = [
  {
    value: 'required',
    label: 'STARTTLS, required',
    hint: 'begins in the clear, must encrypt; usual for 587',
  },
  { value: 'tls', label: 'TLS', hint: 'encrypted from the first byte; usual for 465' },
  { value: 'offered', label: 'STARTTLS, if offered', hint: 'encrypts when the relay offers it' },
  { value: 'never', label: 'No encryption', hint: 'only for a relay on this machine' },
];

/** What the form begins with. The password is never among it. */
export function relayValues(
  relay: Relay | undefined,
  from: string,
  to: string,
): Record<string, string> {
  const rest = { user: relay?.user ?? '', password: '', from, to, upTo: 'message' };
  if (!relay) return { ...rest, host: '', port: '587', security: 'required', anyCertificate: '' };
  return {
    ...rest,
    host: relay.host,
    port: String(relay.port),
    security: securityOf(relay),
    anyCertificate: relay.checksCertificate ? '' : 'on',
  };
}

const sides = { us: 'C:', relay: 'S:', note: '' };

export function trialView({ trial, outcome }: Tried) {
  const { verdict, headline, advice } = diagnose(trial, outcome);
  const { encryption, address, ms } = outcome;
  return {
    tone: { good: 'notice-ok', look: 'notice-warn', broken: 'notice-bad', unknown: 'notice-warn' }[
      verdict
    ],
    isBad: verdict === 'broken',
    headline,
    advice,
    lines: outcome.lines.map(({ at, side, text }) => ({
      at: (at / 1000).toFixed(3),
      side: sides[side],
      text,
    })),
    facts: [
      ...(address === '' ? [] : [{ label: 'Answered by', value: address }]),
      { label: 'Time', value: `${(ms / 1000).toFixed(2)} s` },
      ...(encryption
        ? [
            { label: 'Encryption', value: `${encryption.version}, ${encryption.cipher}` },
            ...certificateFacts(encryption.certificate),
            {
              label: 'Trusted',
              value: encryption.fault === '' ? 'yes' : `no (${encryption.fault})`,
            },
          ]
        : [{ label: 'Encryption', value: 'none' }]),
    ],
  };
}

function certificateFacts(certificate: CertificateFacts | null) {
  if (!certificate) return [];
  const { name, names, issuer, validTo } = certificate;
  return [
    { label: 'Certificate for', value: names.length > 0 ? names.join(', ') : name },
    { label: 'Issued by', value: issuer },
    { label: 'Valid to', value: validTo?.toISOString().slice(0, 10) ?? 'unknown' },
  ];
}

/** A stretch of time to plan by, not to measure. */
export function spanWords(time: number): string {
  if (time < seconds(90)) return time === 0 ? 'at once' : `${Math.ceil(time / 1000)} s`;
  if (time < minutes(90)) return `${Math.ceil(time / minutes(1))} min`;
  return time < hours(48)
    ? `${(time / hours(1)).toFixed(1)} h`
    : `${(time / hours(24)).toFixed(1)} days`;
}
