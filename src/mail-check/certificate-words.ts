// What is wrong with a certificate, in plain words. Pure.
import type { Words } from './diagnosis.ts';

const headlines: [RegExp, string, string][] = [
  [
    /CERT_HAS_EXPIRED/,
    'The relay’s certificate has run out.',
    'Whoever runs it has to renew it. If this machine’s clock is wrong, set that.',
  ],
  [
    /CERT_NOT_YET_VALID/,
    'The relay’s certificate is not valid yet.',
    'Look at the clocks of both machines.',
  ],
  [
    /SELF_SIGNED/,
    'The relay’s certificate is of its own making.',
    'Give the relay a certificate from an authority, or name its own in NODE_EXTRA_CA_CERTS.',
  ],
  [
    /ISSUER|LEAF_SIGNATURE|UNTRUSTED|CERT_CHAIN/,
    'Nobody we know vouches for the relay’s certificate.',
    'Mostly the relay leaves out the certificate in between: it has to send the whole chain. An authority of your own goes into NODE_EXTRA_CA_CERTS.',
  ],
  [/REVOKED/, 'The relay’s certificate was withdrawn.', 'Whoever runs it has to get a new one.'],
];

/** `code` is OpenSSL's or Node's. */
export function certificateWords(code: string, host: string): Words {
  if (/ALTNAME/.test(code)) {
    return {
      headline: `The relay’s certificate is for another name than ${host}.`,
      advice: [
        'Use the host name that it is for: it stands among the facts below. Nothing secret was said.',
      ],
    };
  }
  const [, headline, advice] = headlines.find(([pattern]) => pattern.test(code)) ?? [
    undefined,
    'The relay’s certificate is not to be trusted.',
    'Ask who runs the relay.',
  ];
  return {
    headline,
    advice: [
      advice,
      `The fault is called ${code}. Nothing secret was said. “Accept any certificate” goes past it, and past whoever might stand in between.`,
    ],
  };
}
