// What a trial's end means, in plain words, and what to do about it. Pure.
import { never } from '../shared/never.ts';
import { certificateWords } from './certificate-words.ts';
import { replyWords } from './reply-words.ts';
import type { TrialOutcome, Trial, TriedRelay, Trouble, Verdict } from './types.ts';

export interface Diagnosis {
  verdict: Verdict;
  headline: string;
  advice: string[];
}

export type Words = Omit<Diagnosis, 'verdict'>;

/** What came of a trial. */
export function diagnose(trial: Trial, outcome: TrialOutcome): Diagnosis {
  if (outcome.trouble) return { verdict: 'broken', ...explain(trial.relay, outcome.trouble) };
  const worries = worriesOf(trial.relay, outcome);
  return {
    verdict: worries.length > 0 ? 'look' : 'good',
    headline: headlines[trial.upTo],
    advice: [...worries, ...(trial.upTo === 'message' ? [afterwards] : [])],
  };
}

const headlines: Record<Trial['upTo'], string> = {
  capabilities: 'The relay answers.',
  recipient: 'The relay would take mail from this sender to this recipient. Nothing was sent.',
  message: 'The relay took the test message.',
};

const afterwards =
  'Taken is not delivered: look for it in the inbox and in the junk folder. In its source, the line “Authentication-Results” should say spf=pass, dkim=pass and dmarc=pass.';

function worriesOf(relay: TriedRelay, { encryption }: TrialOutcome): string[] {
  if (!encryption) {
    const isLocal = ['127.0.0.1', '::1', 'localhost'].includes(relay.host);
    if (isLocal) return [];
    return [
      relay.user === undefined
        ? 'Nothing was encrypted: everybody on the way could read the mail. Choose “STARTTLS, required” once the relay offers it.'
        : 'The password went over the line unencrypted. Choose “STARTTLS, required” or TLS; if the relay offers neither, use another.',
    ];
  }
  return [
    ...(relay.startTls === 'offered' && !relay.isSecure
      ? [
          'It is encrypted because the relay offered it. Choose “STARTTLS, required”, so that nobody on the way can take the offer out.',
        ]
      : []),
    ...(encryption.fault !== ''
      ? [
          `The certificate was not checked, and would not pass (${encryption.fault}): anybody on the way could be the relay.`,
        ]
      : []),
  ];
}

function explain(relay: TriedRelay, trouble: Trouble): Words {
  switch (trouble.kind) {
    case 'unknown_name':
      return {
        headline: `There is no host called ${relay.host}.`,
        advice: ['Look for a typing error. The provider’s help names the host for “SMTP”.'],
      };
    case 'name_trouble':
      return {
        headline: `The name ${relay.host} could not be looked up just now.`,
        advice: ['The name servers of this machine do not answer. Look at its DNS settings.'],
      };
    case 'forbidden_address':
      return {
        headline: 'This address is never connected to.',
        advice: [
          'It is link-local, multicast or where a cloud keeps its machines’ secrets. No relay lives there.',
        ],
      };
    case 'refused':
      return {
        headline: `${relay.host} refuses connections on port ${relay.port}.`,
        advice: [
          'Nothing listens there. Usual ports: 587 (STARTTLS), 465 (TLS), 25 between servers, 2525 with some providers.',
          'If the port is right, the relay is down, or its firewall turns this machine away.',
        ],
      };
    case 'unreachable':
      return {
        headline: `There is no way from here to ${relay.host}.`,
        advice: ['Look at this machine’s network, or at the route to a private network.'],
      };
    case 'timeout':
      return waited(relay, trouble);
    case 'cut':
      return cut(relay, trouble);
    case 'encryption':
      return notEncrypted(relay, trouble);
    case 'certificate':
      return certificateWords(trouble.code, relay.host);
    case 'no_sign_in':
      return noSignIn(relay);
    case 'reply':
      return replyWords(trouble);
    default:
      return never(trouble.kind);
  }
}

function waited(relay: TriedRelay, { step }: Trouble): Words {
  if (step === 'connect') {
    return {
      headline: `No answer from ${relay.host}, port ${relay.port}.`,
      advice: [
        'A firewall swallows the connection. Many hosting providers block port 25, some 465 and 587 too: try 587 or 2525, or ask them to open it.',
      ],
    };
  }
  if (step === 'greeting' && !relay.isSecure) {
    return {
      headline: 'Connected, but the relay says nothing.',
      advice: [
        'A port that waits for encryption first is silent like this: choose TLS (usual for 465).',
        'Some relays make strangers wait for their greeting: try again in a minute.',
      ],
    };
  }
  if (step === 'encryption' || (step === 'greeting' && relay.isSecure)) {
    return {
      headline: 'The encrypted connection did not come about in time.',
      advice: ['Choose STARTTLS, if this port begins in the clear (usual for 587 and 25).'],
    };
  }
  return {
    headline: 'The relay stopped answering in the middle of the talk.',
    advice: [
      'Its last words are below. It may be overloaded or looking something up; try again in a minute.',
    ],
  };
}

function cut(relay: TriedRelay, { step }: Trouble): Words {
  if (step === 'connect' || step === 'greeting') {
    return {
      headline: 'The relay hung up before it said a word.',
      advice: [
        relay.isSecure
          ? 'Choose STARTTLS, if this port begins in the clear (usual for 587 and 25).'
          : 'Choose TLS, if this port wants encryption from the first byte (usual for 465).',
        'Otherwise it turns this machine’s address away: ask who runs it to allow it.',
      ],
    };
  }
  return {
    headline: 'The relay hung up in the middle of the talk.',
    advice: ['Its last words are below. If there is no reason among them, ask who runs it.'],
  };
}

function notEncrypted(relay: TriedRelay, { code }: Trouble): Words {
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH|RECORD_LAYER|UNEXPECTED_MESSAGE/.test(code)) {
    return {
      headline: 'This port does not begin with encryption.',
      advice: [
        relay.isSecure
          ? 'Choose “STARTTLS, required” instead of TLS (usual for 587 and 25), or port 465.'
          : 'The relay announced STARTTLS, then did not speak it. Ask who runs it.',
      ],
    };
  }
  if (/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|NO_PROTOCOLS|INAPPROPRIATE/.test(code)) {
    return {
      headline: 'The relay speaks only encryption that is out of date.',
      advice: ['It has to offer TLS 1.2 or newer.'],
    };
  }
  if (/HANDSHAKE_FAILURE|NO_SHARED_CIPHER|DH_KEY_TOO_SMALL|CA_MD_TOO_WEAK/.test(code)) {
    return {
      headline: 'The relay’s encryption is too weak, or not to be agreed upon.',
      advice: ['It needs a certificate and ciphers of this decade. Ask who runs it.'],
    };
  }
  return {
    headline: 'The encrypted connection failed.',
    advice: [
      `The fault is called ${code === '' ? 'nothing: the relay hung up' : code}. If this port begins in the clear, choose STARTTLS.`,
    ],
  };
}

const noSignIn = ({ isSecure, startTls }: TriedRelay): Words => ({
  headline: 'The relay offers no sign-in here.',
  advice: [
    ...(isSecure || startTls === 'required'
      ? []
      : ['Many offer it only once encrypted: choose “STARTTLS, required”.']),
    'Port 25 is for servers among themselves; sign-in is usual on 587 and 465.',
    'If the relay knows this machine by its address, leave the user empty.',
  ],
});
