// What providers send about mail that came back: checked, read, and noted like everything else.
import type { MailEventSecrets } from '../config/mail.ts';
import type { Kernel } from '../db/kernel.ts';
import { hit } from '../db/windows.ts';
import { deliveryMarks } from '../notifications/delivery-mark.ts';
import { minutes } from '../shared/clock.ts';
import { AppError, notFound } from '../shared/errors.ts';
import { sha256 } from '../shared/ids.ts';
import { getText } from './get.ts';
import { checkGeneric, readGeneric } from './providers/generic.ts';
import { checkMailgun, readMailgun } from './providers/mailgun.ts';
import { checkPostmark, readPostmark } from './providers/postmark.ts';
import { checkSendgrid, readSendgrid } from './providers/sendgrid.ts';
import { readSes } from './providers/ses.ts';
import { type Certificates, confirmSubscription, openEnvelope } from './providers/sns.ts';
import { noteReturn } from './service.ts';
import type { EventRequest, GetText, Marking, Outcome, Report } from './types.ts';

export interface Intake {
  /**
   * Notes what a provider tells. Throws `not_found` where that intake is not set up, `unauthenticated` or
   * `forbidden` for what is not theirs, `invalid` for what cannot be read. The same again changes nothing.
   */
  take(provider: string, request: EventRequest): Promise<Record<Outcome, number>>;
}

interface Parts {
  kernel: Kernel;
  config: { mailEvents: MailEventSecrets; bounceDomain: string | undefined };
  /** Fetches Amazon's certificates and confirmations. */
  get?: GetText;
}

/** What a request amounts to; with `once`, a token that may not be used again. */
interface Taken {
  reports: Report[];
  once?: string;
}

type Taker = (request: EventRequest, marking: Marking) => Promise<Taken>;

export function createIntake({ kernel, config, get = (url) => getText(url) }: Parts): Intake {
  const { bounceDomain, mailEvents } = config;
  const marking = { marks: deliveryMarks(kernel.secretKey), bounceDomain };
  const takers = takersOf(kernel, mailEvents, get);
  return {
    async take(provider, request) {
      const taker = takers.get(provider);
      if (!taker) throw notFound('page');
      return noteAll(kernel, provider, await taker(request, marking));
    },
  };
}

/** One for each intake that is set up. */
function takersOf(kernel: Kernel, secrets: MailEventSecrets, get: GetText): Map<string, Taker> {
  const now = () => kernel.clock.now();
  const { generic, sesTopic, mailgunKey, postmarkLogin, sendgridKey } = secrets;
  const takers = new Map<string, Taker>();
  if (generic !== undefined) {
    takers.set('generic', async (request, marking) => {
      checkGeneric(generic, request, now());
      return { reports: await readGeneric(request, marking) };
    });
  }
  if (sesTopic !== undefined) takers.set('ses', sesTaker(kernel, sesTopic, get));
  if (mailgunKey !== undefined) {
    takers.set('mailgun', async (request, marking) => {
      const once = checkMailgun(mailgunKey, request, now());
      return { reports: readMailgun(request, marking), once };
    });
  }
  if (postmarkLogin !== undefined) {
    takers.set('postmark', async (request, marking) => {
      checkPostmark(postmarkLogin, request);
      return { reports: readPostmark(request, marking) };
    });
  }
  if (sendgridKey !== undefined) {
    takers.set('sendgrid', async (request, marking) => {
      checkSendgrid(sendgridKey, request, now());
      return { reports: readSendgrid(request, marking) };
    });
  }
  return takers;
}

function sesTaker(kernel: Kernel, topic: string, get: GetText): Taker {
  const certificates: Certificates = new Map();
  return async (request, marking) => {
    const now = kernel.clock.now();
    const envelope = await openEnvelope(topic, request, { get, certificates, now });
    if (envelope.type === 'Notification') {
      const report = readSes(envelope.message, envelope.messageId, marking);
      return { reports: report ? [report] : [] };
    }
    if (envelope.type === 'SubscriptionConfirmation') {
      await confirmSubscription(envelope.subscribeUrl, topic, get);
      kernel.log.info({ topic }, 'Amazon SNS will send bounces and complaints.');
    } else {
      kernel.log.warn({ topic }, 'Amazon SNS was told to send no more bounces and complaints.');
    }
    return { reports: [] };
  };
}

/** Reports in one transaction: enough to be quick, few enough that nobody waits for them. */
const chunk = 100;
/** Longer than a signed time is believed. */
const tokenLifetime = minutes(15);

async function noteAll(
  kernel: Kernel,
  provider: string,
  { reports, once }: Taken,
): Promise<Record<Outcome, number>> {
  const counts = { noted: 0, known: 0, unattributed: 0 };
  for (let at = 0; at < Math.max(reports.length, 1); at += chunk) {
    const outcomes = await kernel.db.write(async (tx) => {
      if (once !== undefined && at === 0) {
        const key = `mail-event:${provider}:${sha256(once)}`;
        if ((await hit(tx, key, kernel.clock.now(), tokenLifetime)) > 1) throw usedUp();
      }
      const noted: Outcome[] = [];
      for (const report of reports.slice(at, at + chunk)) {
        noted.push(await noteReturn(tx, kernel, report));
      }
      return noted;
    });
    for (const outcome of outcomes) counts[outcome] += 1;
  }
  return counts;
}

const usedUp = () => new AppError('forbidden', 'This was sent before.');
