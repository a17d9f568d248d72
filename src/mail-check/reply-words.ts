// What a relay's refusal means, by where it came and what it says. Pure. Most specific first.
import type { Words } from './diagnosis.ts';
import type { Step, Trouble } from './types.ts';

interface Row {
  at: Step[];
  /** Against the whole reply, code and all. */
  reply: RegExp;
  headline: string;
  advice: string[];
}

const envelope: Step[] = ['sender', 'recipient', 'data', 'message'];
const anywhere: Step[] = ['greeting', 'hello', 'encryption', 'sign_in', ...envelope];

const rows: Row[] = [
  {
    at: ['sign_in'],
    reply: /5\.7\.139|SmtpClientAuthentication|basic authentication is disabled/i,
    headline: 'Microsoft has switched off sign-in with a password for this mailbox.',
    advice: [
      'Allow “Authenticated SMTP” for the mailbox in the admin centre, or better: use a relay made for sending.',
    ],
  },
  {
    at: ['sign_in'],
    reply: /application-specific|app password|5\.7\.9|BadCredentials/i,
    headline: 'The provider wants an app password.',
    advice: [
      'Make one in the account’s security settings and use it instead of the usual password.',
    ],
  },
  {
    at: ['sign_in', ...envelope],
    reply: /^(530|538)\b.*(starttls|encrypt)|must issue a starttls/i,
    headline: 'The relay wants encryption first.',
    advice: ['Choose “STARTTLS, required” (587), or TLS (465).'],
  },
  {
    at: ['sign_in'],
    reply: /^(535|534|501|525|454 4\.7\.0)/,
    headline: 'The relay does not know this user and password.',
    advice: [
      'Type the password again; look for a space copied along with it. With many providers the user is not an address: “apikey”, an access key, or a name of its own.',
      'In SMTP_URL, characters such as @ : / # % have to be percent-encoded.',
    ],
  },
  {
    at: ['sign_in'],
    reply: /^4/,
    headline: 'The relay cannot check the password just now.',
    advice: ['Try again in a minute. After many wrong tries some lock the account for a while.'],
  },
  {
    at: ['sign_in'],
    reply: /^50[0-4]/,
    headline: 'The relay and we share no way of signing in.',
    advice: ['We speak PLAIN, LOGIN and CRAM-MD5. The relay’s list stands after AUTH below.'],
  },
  {
    at: ['encryption'],
    reply: /^/,
    headline: 'The relay does not offer STARTTLS.',
    advice: ['Choose TLS with port 465, or, on a private network only, “STARTTLS, if offered”.'],
  },
  {
    at: anywhere,
    reply: /^421|^4\d\d.*(too many|rate|throttl)/i,
    headline: 'The relay has no time for us now.',
    advice: [
      'It limits how much or how often. Wait, and set perSecond, perHour and maxConnections in SMTP_URL to what it allows.',
    ],
  },
  {
    at: ['greeting', 'hello'],
    reply: /block|black|spamhaus|dnsbl|listed|reputation/i,
    headline: 'This machine’s address is on a block list.',
    advice: [
      'Look it up where the reply says, have it taken off, or send through a provider’s relay.',
    ],
  },
  {
    at: ['hello'],
    reply: /^5/,
    headline: 'The relay does not like how we introduce ourselves.',
    advice: ['Set name= in SMTP_URL to this machine’s full host name, as its reverse DNS has it.'],
  },
  {
    at: ['greeting', 'hello'],
    reply: /^/,
    headline: 'The relay turns this machine away.',
    advice: ['Ask who runs it to allow this machine’s address.'],
  },
  {
    at: envelope,
    reply: /^530|5\.7\.0.*auth|authentication required|5\.5\.1 auth/i,
    headline: 'The relay wants us to sign in.',
    advice: ['Fill in user and password.'],
  },
  {
    at: ['sender', 'recipient', 'message', 'data'],
    reply: /not verified|MessageRejected/i,
    headline: 'The provider does not know this sender yet.',
    advice: [
      'Verify the domain with the provider. In a sandbox, such as a new Amazon SES account, the recipient has to be verified too: ask for production access.',
    ],
  },
  {
    at: ['sender', 'data', 'message'],
    reply: /5\.7\.60|SendAsDenied|not owned|not allowed to send|sender address rejected|5\.1\.8/i,
    headline: 'This user may not send from this address.',
    advice: [
      'Use an address that belongs to the user, or have the relay allow this one (“send as”).',
    ],
  },
  {
    at: ['message'],
    reply: /5\.7\.(26|515|1[56]|2[0-9])|SPF|DKIM|DMARC|unauthenticated/i,
    headline: 'The message was refused for want of authentication.',
    advice: [
      'SPF, DKIM or DMARC do not hold for this sender. “Check the domain” below says which.',
    ],
  },
  {
    at: ['recipient', 'message'],
    reply: /grey|gray|4\.7\.1.*later|try again later/i,
    headline: 'The relay wants us to come again later (greylisting).',
    advice: [
      'That is no fault: real mail is tried again by itself. A relay of your own should not do this to you.',
    ],
  },
  {
    at: ['recipient'],
    reply: /relay|5\.7\.1|^554|^551|^571|not permitted/i,
    headline: 'The relay does not send for us to the outside.',
    advice: [
      'It takes mail for its own domains only, as long as it does not know us: sign in, or have this machine’s address allowed as a client.',
    ],
  },
  {
    at: ['recipient'],
    reply: /5\.1\.[1236]|^550.*(unknown|no such|does not exist|not found)/i,
    headline: 'The relay says that there is no such recipient.',
    advice: ['Try another address. The relay itself is fine.'],
  },
  {
    at: envelope,
    reply: /^552|5\.3\.4|5\.2\.2|^452/,
    headline: 'The relay or the mailbox has no room.',
    advice: ['Try another recipient, or try later.'],
  },
  {
    at: ['sender'],
    reply: /^5/,
    headline: 'The relay does not take mail from this sender.',
    advice: [
      'Use a From address of a domain that the relay or provider knows as yours. The domain has to exist in the DNS.',
    ],
  },
  {
    at: ['message', 'data'],
    reply: /spam|content|policy|5\.7\.1|^554/i,
    headline: 'The relay refused the message as unwanted.',
    advice: ['Its policy stands in the reply. Check the domain below, then ask the provider.'],
  },
  {
    at: envelope,
    reply: /^4/,
    headline: 'The relay says: not now.',
    advice: ['Try again in a few minutes. Real mail is tried again by itself.'],
  },
];

/** What a reply of 4xx or 5xx means. */
export function replyWords({ step, reply }: Trouble): Words {
  const row = rows.find((one) => one.at.includes(step) && one.reply.test(reply));
  if (row) return { headline: row.headline, advice: row.advice };
  return {
    headline: 'The relay said no.',
    advice: ['Its reason stands in its last reply below. Whoever runs it can say more.'],
  };
}
