// SPF: may the addresses that send do so for the envelope sender's domain?
import type { DnsReader } from './dns.ts';
import { worst } from './judged.ts';
import type { Senders } from './senders.ts';
import { evaluateSpf, mostLookups, type SpfReport, type SpfResult } from './spf.ts';
import type { DomainSubject, Finding, RecordToPublish, Verdict } from './types.ts';

export async function findSpf(
  dns: DnsReader,
  subject: DomainSubject,
  senders: Senders,
): Promise<Finding> {
  const domain = subject.bounceDomain;
  if (senders.addresses.length === 0)
    return judgeRecord(domain, await evaluateSpf(dns, domain, undefined), senders);
  const reports = await Promise.all(
    senders.addresses.map(async (address) => ({
      address,
      report: await evaluateSpf(dns, domain, address),
    })),
  );
  return judgeAddresses(domain, reports);
}

const base = (report: SpfReport, domain: string): string[] => [
  report.record === undefined ? `${domain} has no SPF record.` : `${domain}: ${report.record}`,
  ...(report.includes.length > 0 ? [`It leads to ${report.includes.join(', ')}.`] : []),
  ...(report.record === undefined
    ? []
    : [`${report.lookups} of ${mostLookups} look-ups are used.`]),
];

// Addresses known

interface Judged {
  address: string;
  report: SpfReport;
}

const verdictOf: Record<SpfResult, Verdict> = {
  pass: 'good',
  fail: 'broken',
  softfail: 'broken',
  neutral: 'broken',
  none: 'broken',
  permerror: 'broken',
  temperror: 'unknown',
  unclear: 'unknown',
};

function judgeAddresses(domain: string, reports: Judged[]): Finding {
  const [first] = reports;
  const verdict = worst(reports.map(({ report }) => verdictOf[report.result]));
  const faults = [...new Set(reports.map(({ report }) => report.fault).filter(Boolean))];
  const missing = reports
    .filter(({ report }) => report.result !== 'pass')
    .map((one) => one.address);
  const found = first ? base(first.report, domain) : [];
  const lines = reports.map(({ address, report }) => `${address}: ${report.result}`);
  const isOpen = first !== undefined && letsEverybody(first.report);
  return {
    id: 'spf',
    verdict: isOpen ? 'broken' : verdict,
    headline: isOpen ? everybody : headlineOf(verdict, faults),
    found: [...found, ...lines, ...faults],
    advice: isOpen
      ? ['End the record in ~all or -all, after the terms that name your own senders.']
      : adviceOf(verdict, faults),
    records:
      verdict === 'broken' && faults.length === 0
        ? [suggestion(domain, first?.report.record, missing.map(network))]
        : [],
  };
}

const everybody = 'SPF lets everybody send for this domain.';
const letsEverybody = ({ ending }: SpfReport) => ending === 'all' || ending === '?all';

function headlineOf(verdict: Verdict, faults: string[]): string {
  if (verdict === 'good') return 'SPF lets the sending addresses send.';
  if (verdict === 'unknown') return 'SPF could not be followed to its end.';
  return faults.length > 0
    ? 'The SPF record is broken.'
    : 'SPF does not let the sending addresses send.';
}

function adviceOf(verdict: Verdict, faults: string[]): string[] {
  if (verdict === 'good') return [];
  if (verdict === 'unknown') {
    return [
      'Try again in a minute. Where the record holds macros (%), only a real message tells: send one and read its Authentication-Results.',
    ];
  }
  if (faults.length > 0) {
    return [
      'Receivers treat a broken record like none. Leave out what is not needed, and have one record only.',
    ];
  }
  return ['Publish this record; if there is one already, in its place.'];
}

const network = (address: string) => `${address.includes(':') ? 'ip6' : 'ip4'}:${address}`;

function suggestion(domain: string, present: string | undefined, terms: string[]): RecordToPublish {
  const added = terms.join(' ');
  const value =
    present === undefined
      ? `v=spf1 ${added} ~all`
      : /\s[+?~-]?all\b/i.test(present)
        ? present.replace(/\s([+?~-]?all)\b/i, ` ${added} $1`)
        : present.replace(/^(v=spf1)\s*/i, `$1 ${added} `).trim();
  return { name: domain, type: 'TXT', value };
}

// Addresses unknown

function judgeRecord(domain: string, report: SpfReport, senders: Senders): Finding {
  const provider = senders.hosts.map(providerOf).find((one) => one !== undefined);
  const isNamed = provider !== undefined && report.includes.includes(provider.include);
  const found = [...base(report, domain), ...(report.fault === '' ? [] : [report.fault])];
  const plain = { id: 'spf' as const, found, records: [] };
  if (letsEverybody(report)) {
    const advice = ['End the record in ~all or -all, after the terms that name your own senders.'];
    return { ...plain, verdict: 'broken', headline: everybody, advice };
  }
  if (report.result === 'permerror') {
    return {
      ...plain,
      verdict: 'broken',
      headline: 'The SPF record is broken.',
      advice: adviceOf('broken', [report.fault]),
    };
  }
  if (report.result === 'temperror') {
    return {
      ...plain,
      verdict: 'unknown',
      headline: 'SPF could not be followed to its end.',
      advice: adviceOf('unknown', []),
    };
  }
  if (report.record === undefined) return noRecord(domain, senders, found);
  if (isNamed) {
    const headline = `SPF lets ${provider.name} send.`;
    return { ...plain, verdict: 'good', headline, advice: [] };
  }
  const records = provider
    ? [suggestion(domain, report.record, [`include:${provider.include}`])]
    : [];
  return {
    ...plain,
    verdict: provider ? 'broken' : 'look',
    headline: provider
      ? `SPF does not name ${provider.name}.`
      : 'There is an SPF record; whether it names what sends cannot be seen from here.',
    advice: provider
      ? [
          `Add what ${provider.name} asks for, if it is to use your domain as envelope sender; its help has the last word.`,
        ]
      : askFor(senders),
    records,
  };
}

function noRecord(domain: string, senders: Senders, found: string[]): Finding {
  const provider = senders.hosts.map(providerOf).find((one) => one !== undefined);
  return {
    id: 'spf',
    verdict: 'broken',
    headline: 'There is no SPF record.',
    found,
    advice: [
      'Gmail, Yahoo and Microsoft ask for one from everybody who sends in bulk.',
      ...(provider ? [`This one is for ${provider.name}.`] : askFor(senders)),
    ],
    records: provider ? [suggestion(domain, undefined, [`include:${provider.include}`])] : [],
  };
}

function askFor({ kind }: Senders): string[] {
  if (kind === 'inside') {
    return [
      'The relay is inside your network. Find out from which public address its mail leaves, and type it below.',
    ];
  }
  if (kind === 'nowhere')
    return [
      'No relay is set: mail is captured. Type the addresses it will leave from, or set SMTP_URL first.',
    ];
  return [
    'The relay hands the mail to machines of its own. Ask the provider: “What do we put into SPF, and can the bounce address be on our own domain?”',
  ];
}

// What the well-known providers' own help says to put into SPF, by the host mail is handed to

interface Provider {
  name: string;
  include: string;
}

const known: [RegExp, Provider][] = [
  [/\.amazonaws\.com$/, { name: 'Amazon SES', include: 'amazonses.com' }],
  [/(^|\.)mailgun\.(org|com)$/, { name: 'Mailgun', include: 'mailgun.org' }],
  [/(^|\.)sendgrid\.(net|com)$/, { name: 'SendGrid', include: 'sendgrid.net' }],
  [/(^|\.)(postmarkapp|mtasv)\.(com|net)$/, { name: 'Postmark', include: 'spf.mtasv.net' }],
  [/(^|\.)mailjet\.com$/, { name: 'Mailjet', include: 'spf.mailjet.com' }],
  [/(^|\.)(brevo|sendinblue)\.com$/, { name: 'Brevo', include: 'spf.brevo.com' }],
  [/(^|\.)sparkpostmail\.com$/, { name: 'SparkPost', include: 'sparkpostmail.com' }],
  [/(^|\.)mandrillapp\.com$/, { name: 'Mandrill', include: 'spf.mandrillapp.com' }],
  [/(^|\.)(gmail|googlemail|google)\.com$/, { name: 'Google', include: '_spf.google.com' }],
  [
    /(^|\.)(office365|outlook)\.com$/,
    { name: 'Microsoft 365', include: 'spf.protection.outlook.com' },
  ],
  [/(^|\.)fastmail\.com$/, { name: 'Fastmail', include: 'spf.messagingengine.com' }],
];

const providerOf = (host: string): Provider | undefined =>
  known.find(([pattern]) => pattern.test(host.toLowerCase()))?.[1];
