// What providers tell: each in its own shape, signed in its own way, all to the same end.
import { execFileSync } from 'node:child_process';
import { createHmac, createSign, generateKeyPairSync, sign, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { beforeEach, describe, expect, it } from 'vitest';
import { mailEventRoutes } from '../../src/api/mail-events.ts';
import { readConfig } from '../../src/config.ts';
import { createWeb } from '../../src/web/serve.ts';
import { bounceDomain, corpusMail } from '../returns/corpus.ts';
import {
  accepted,
  keyOf,
  markOf,
  notificationState,
  returnRows,
  stateOf,
  suppressionRows,
} from '../returns/fixtures.ts';
import { temporaryFolder } from '../support/kernel.ts';

const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
const topic = 'arn:aws:sns:eu-west-1:123456789012:returns';
const mailgunKey = 'signing-key-of-this-test';
const postmarkLogin = 'forthright:a password of this test';
const sendgrid = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const sendgridKey = sendgrid.publicKey.export({ format: 'der', type: 'spki' }).toString('base64');

const all = {
  BOUNCE_DOMAIN: bounceDomain,
  MAIL_EVENTS_SECRET: secret,
  MAIL_EVENTS_SES_TOPIC: topic,
  MAIL_EVENTS_MAILGUN_KEY: mailgunKey,
  MAIL_EVENTS_POSTMARK_LOGIN: postmarkLogin,
  MAIL_EVENTS_SENDGRID_KEY: sendgridKey,
};

type House = Awaited<ReturnType<typeof open>>;
let house: House;

async function open(environment: Record<string, string> = all) {
  const made = await accepted('jane', 'bob');
  const { kernel } = made;
  const config = readConfig({ PUBLIC_URL: kernel.publicUrl, ...environment });
  const snapshots = {
    current: () => {
      throw new Error('Not needed here.');
    },
  };
  const site = { kernel, config, snapshots };
  /** What was fetched, and from where. */
  const fetched: string[] = [];
  const pages = new Map<string, string>();
  const get = async (url: string) => {
    fetched.push(url);
    const page = pages.get(url);
    if (page === undefined) throw new Error('no such page');
    return page;
  };
  const web = createWeb(site, mailEventRoutes(site, { get }));
  const incoming = { socket: { remoteAddress: '192.0.2.1' } };
  async function post(provider: string, { headers, body }: Sent) {
    const request = new Request(`${kernel.publicUrl}/mail-events/${provider}`, {
      method: 'POST',
      headers: { host: 'status.example.com', ...headers },
      body,
    });
    const answer = await web.fetch(request, { incoming });
    const text = await answer.text();
    return {
      status: answer.status,
      text,
      body: text.startsWith('{') ? (JSON.parse(text) as object) : {},
    };
  }
  const [jane = 0, bob = 0] = made.ids;
  const mark = markOf(kernel, keyOf(made.id, jane));
  return { ...made, jane, bob, mark, post, fetched, pages };
}

interface Sent {
  headers: Record<string, string>;
  body: string;
}

beforeEach(async () => {
  house = await open();
});

const seconds = () => String(Math.floor(house.kernel.clock.now().getTime() / 1000));

/** The same words, signed as each provider signs. */
const signed: Record<string, (body: string) => Sent> = {
  generic: (body) => {
    const at = new Date(Number(seconds()) * 1000);
    return {
      body,
      headers: {
        'content-type': 'application/json',
        'webhook-id': 'msg_1',
        'webhook-timestamp': seconds(),
        'webhook-signature': `v1,bm8= ${new Webhook(secret).sign('msg_1', at, body)}`,
      },
    };
  },
  mailgun: (event) => {
    const [timestamp, token] = [seconds(), `token-${event.length}-${Math.trunc(event.length / 7)}`];
    const signature = createHmac('sha256', mailgunKey)
      .update(timestamp + token)
      .digest('hex');
    const signatures = { timestamp, token, signature };
    return {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ signature: signatures, 'event-data': JSON.parse(event) as object }),
    };
  },
  postmark: (body) => ({
    body,
    headers: {
      'content-type': 'application/json',
      authorization: `Basic ${Buffer.from(postmarkLogin).toString('base64')}`,
    },
  }),
  sendgrid: (body) => ({
    body,
    headers: {
      'content-type': 'application/json',
      'x-twilio-email-event-webhook-timestamp': seconds(),
      'x-twilio-email-event-webhook-signature': sign(
        'sha256',
        Buffer.from(seconds() + body),
        sendgrid.privateKey,
      ).toString('base64'),
    },
  }),
  ses: (message) => sns({ Type: 'Notification', Message: message, Subject: 'Amazon SES' }),
};

// SNS

const amazon = (() => {
  const folder = join(temporaryFolder(), 'x');
  const args = `req -x509 -newkey rsa:2048 -nodes -days 365 -subj /CN=sns.amazonaws.com -keyout ${folder}key -out ${folder}cert`;
  execFileSync('openssl', args.split(' '), { stdio: 'ignore' });
  return { key: readFileSync(`${folder}key`, 'utf8'), pem: readFileSync(`${folder}cert`, 'utf8') };
})();
const certificateUrl = 'https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a1b.pem';

/** An SNS request signed with Amazon's key, at a time when its certificate is valid. */
function sns(fields: Record<string, string>, version = '2'): Sent {
  const { validFrom } = new X509Certificate(amazon.pem);
  if (house.kernel.clock.now().getTime() < Date.parse(validFrom)) {
    house.kernel.clock.set(new Date(Date.parse(validFrom) + 60_000).toISOString());
  }
  if (!house.pages.has(certificateUrl)) house.pages.set(certificateUrl, amazon.pem);
  const envelope: Record<string, string> = {
    MessageId: '22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324',
    TopicArn: topic,
    Timestamp: '2026-11-22T14:00:15.000Z',
    SignatureVersion: version,
    SigningCertURL: certificateUrl,
    ...fields,
  };
  const order = 'Message MessageId Subject SubscribeURL Timestamp Token TopicArn Type'.split(' ');
  const text = order
    .filter(
      (name) => name in envelope && !(name === 'Subject' && fields['Type'] !== 'Notification'),
    )
    .map((name) => `${name}\n${envelope[name]}\n`)
    .join('');
  const algorithm = version === '2' ? 'RSA-SHA256' : 'RSA-SHA1';
  const Signature = createSign(algorithm).update(text).sign(amazon.key, 'base64');
  return {
    headers: { 'content-type': 'text/plain; charset=UTF-8' },
    body: JSON.stringify({ ...envelope, Signature }),
  };
}

const sesMail = (mark: string) => ({
  timestamp: '2026-11-22T14:00:00.000Z',
  messageId: '0100018bf0a1b2c3-4d5e6f70-8192-a3b4-c5d6-e7f809112233-000000',
  source: `b+${mark}@${bounceDomain}`,
  destination: ['jane@example.org'],
  headers: [{ name: 'Message-ID', value: `<${mark}@example.com>` }],
  commonHeaders: { messageId: `<${mark}@example.com>`, to: ['jane@example.org'] },
});

/** Events in each provider's shape. */
const events: Record<
  string,
  (mark: string) => Record<'hard' | 'complaint' | 'delayed' | 'policy', string>
> = {
  generic: (mark) => {
    const event = (fields: object) =>
      JSON.stringify({ events: [{ message_id: `<${mark}@example.com>`, ...fields }] });
    return {
      hard: event({
        type: 'bounce',
        status: '5.1.1',
        smtp_code: 550,
        diagnostic: '550 5.1.1 <jane@example.org> unknown',
      }),
      complaint: event({ type: 'complaint' }),
      delayed: event({ type: 'delivery_delayed', status: '4.4.1' }),
      policy: event({ type: 'bounce', status: '5.7.26', diagnostic: '550 5.7.26 unauthenticated' }),
    };
  },
  mailgun: (mark) => {
    const event = (fields: object) =>
      JSON.stringify({
        id: `id-${JSON.stringify(fields).length}`,
        recipient: 'jane@example.org',
        message: { headers: { 'message-id': `${mark}@example.com` } },
        ...fields,
      });
    const failed = (code: string, message: string) =>
      event({
        event: 'failed',
        severity: 'permanent',
        reason: 'bounce',
        'delivery-status': { code: 550, 'enhanced-code': code, message },
      });
    return {
      hard: failed('5.1.1', '5.1.1 The email account jane@example.org does not exist'),
      complaint: event({ event: 'complained' }),
      delayed: event({ event: 'failed', severity: 'temporary', 'delivery-status': { code: 452 } }),
      policy: failed('5.7.26', 'This mail has been blocked because the sender is unauthenticated'),
    };
  },
  postmark: (mark) => {
    const event = (fields: object) =>
      JSON.stringify({
        RecordType: 'Bounce',
        ID: JSON.stringify(fields).length,
        MessageID: '883953f4-6105-42a2-a16a-77a8eac79483',
        Email: 'jane@example.org',
        Metadata: { mark },
        ...fields,
      });
    return {
      hard: event({
        Type: 'HardBounce',
        TypeCode: 1,
        Details: 'smtp;550 5.1.1 jane@example.org unknown',
      }),
      complaint: event({ RecordType: 'SpamComplaint', Type: 'SpamComplaint' }),
      delayed: event({ Type: 'Transient', Details: 'smtp;451 4.3.0 later' }),
      policy: event({ Type: 'DMARCPolicy', Details: 'smtp;550 5.7.26 rejected by DMARC policy' }),
    };
  },
  sendgrid: (mark) => {
    const event = (fields: object) =>
      JSON.stringify([
        {
          email: 'jane@example.org',
          'smtp-id': `<${mark}@example.com>`,
          sg_event_id: `id-${JSON.stringify(fields).length}`,
          ...fields,
        },
      ]);
    return {
      hard: event({
        event: 'bounce',
        type: 'bounce',
        status: '5.1.1',
        reason: '550 5.1.1 jane@example.org?',
      }),
      complaint: event({ event: 'spamreport' }),
      delayed: event({ event: 'deferred', response: '451 4.3.0 later' }),
      policy: event({
        event: 'bounce',
        type: 'blocked',
        status: '5.7.26',
        reason: '550 5.7.26 spf',
      }),
    };
  },
  ses: (mark) => {
    const bounce = (bounced: object, subType = 'General') =>
      JSON.stringify({
        notificationType: 'Bounce',
        mail: sesMail(mark),
        bounce: {
          bounceType: 'Permanent',
          bounceSubType: subType,
          feedbackId: `f-${JSON.stringify(bounced).length}`,
          bouncedRecipients: [{ emailAddress: 'jane@example.org', ...bounced }],
        },
      });
    return {
      hard: bounce({
        action: 'failed',
        status: '5.1.1',
        diagnosticCode: 'smtp; 550 5.1.1 jane@example.org',
      }),
      complaint: JSON.stringify({
        eventType: 'Complaint',
        mail: sesMail(mark),
        complaint: { feedbackId: 'c-1', complaintFeedbackType: 'abuse' },
      }),
      delayed: JSON.stringify({
        eventType: 'DeliveryDelay',
        mail: sesMail(mark),
        deliveryDelay: { delayType: 'MailboxFull' },
      }),
      policy: bounce({ status: '5.7.26', diagnosticCode: 'smtp; 550 5.7.26 unauthenticated' }),
    };
  },
};

const providers = Object.keys(events);
const sentBy = (provider: string, body: string) =>
  signed[provider]?.(body) ?? { headers: {}, body };
const eventOf = (
  provider: string,
  mark: string,
  kind: 'hard' | 'complaint' | 'delayed' | 'policy',
) => events[provider]?.(mark)[kind] ?? '';
const tell = (
  provider: string,
  kind: 'hard' | 'complaint' | 'delayed' | 'policy',
  mark = house.mark,
) => house.post(provider, sentBy(provider, eventOf(provider, mark, kind)));

describe.each(providers)('%s', (provider) => {
  it('tells of a hard bounce, and the address is quarantined', async () => {
    const answer = await tell(provider, 'hard');
    expect(answer).toMatchObject({ status: 200, body: { noted: 1, known: 0, unattributed: 0 } });
    expect(await stateOf(house.kernel, house.jane)).toBe('quarantined');
    expect(await stateOf(house.kernel, house.bob)).toBe('confirmed');
    const [row] = await returnRows(house.kernel);
    expect(row).toMatchObject({ source: provider, kind: 'hard', code: '5.1.1' });
    expect(row?.detail).not.toMatch(/jane|@/);
  });

  it('tells of a complaint, and the address is suppressed', async () => {
    expect(await tell(provider, 'complaint')).toMatchObject({ status: 200, body: { noted: 1 } });
    expect(await stateOf(house.kernel, house.jane)).toBe('quarantined');
    expect(await suppressionRows(house.kernel)).toMatchObject([{ reason: 'complaint' }]);
  });

  it('tells of a delay, and nothing follows', async () => {
    expect(await tell(provider, 'delayed')).toMatchObject({ status: 200, body: { noted: 1 } });
    expect(await stateOf(house.kernel, house.jane)).toBe('confirmed');
    expect(await returnRows(house.kernel)).toMatchObject([{ kind: 'delayed' }]);
  });

  it('tells that we are refused, and the notification pauses; nobody is blamed', async () => {
    expect(await tell(provider, 'policy')).toMatchObject({ status: 200, body: { noted: 1 } });
    expect(await notificationState(house.kernel, house.id)).toBe('paused');
    expect(await stateOf(house.kernel, house.jane)).toBe('confirmed');
  });

  it('is not believed about mail without our mark, whatever address it names', async () => {
    const answer = await tell(provider, 'hard', 'abcdefghijklmnopqrstuvwxyz');
    expect(answer).toMatchObject({ status: 200, body: { noted: 0, unattributed: 1 } });
    expect(await stateOf(house.kernel, house.jane)).toBe('confirmed');
    expect(await returnRows(house.kernel)).toMatchObject([{ notificationId: null }]);
  });

  it('is refused without its signature, and nothing is written', async () => {
    const { body, headers } = sentBy(provider, eventOf(provider, house.mark, 'hard'));
    const bare = { 'content-type': headers['content-type'] ?? '' };
    const stripped = JSON.parse(body) as Record<string, unknown>;
    const unsigned = Array.isArray(stripped)
      ? body
      : JSON.stringify({ ...stripped, signature: {}, Signature: '' });
    const answer = await house.post(provider, { body: unsigned, headers: bare });
    expect(answer.status).toBe(401);
    expect(await returnRows(house.kernel)).toEqual([]);
  });

  it('is refused when a byte was changed on the way', async () => {
    const sent = sentBy(provider, eventOf(provider, house.mark, 'hard'));
    const isInBody = provider === 'mailgun';
    const isLogin = provider === 'postmark';
    const changed = isInBody
      ? { ...sent, body: sent.body.replace('"token":"t', '"token":"T') }
      : isLogin
        ? { ...sent, headers: { ...sent.headers, authorization: 'Basic Zm9ydGhyaWdodDp4' } }
        : { ...sent, body: sent.body.replace('5.1.1', '5.1.2') };
    expect(changed).not.toEqual(sent);
    expect((await house.post(provider, changed)).status).toBe(401);
    expect(await returnRows(house.kernel)).toEqual([]);
  });

  it('is not found where it is not set up', async () => {
    house = await open({ BOUNCE_DOMAIN: bounceDomain });
    expect((await tell(provider, 'hard')).status).toBe(404);
  });

  it('is told what is wrong with what cannot be read', async () => {
    for (const body of ['', 'no json', '"text"', '[1]', 'null']) {
      const sent = provider === 'mailgun' ? { headers: {}, body } : sentBy(provider, body);
      const answer = await house.post(provider, provider === 'ses' ? { headers: {}, body } : sent);
      expect([400, 401, 403]).toContain(answer.status);
    }
    expect(await returnRows(house.kernel)).toEqual([]);
  });

  it('is refused when it sends too much', async () => {
    const body = JSON.stringify({ events: 'x'.repeat(1024 * 1024) });
    expect((await house.post(provider, { headers: {}, body })).status).toBe(413);
  });
});

describe('the same again', () => {
  it.each(['generic', 'postmark', 'sendgrid', 'ses'])('changes nothing: %s', async (provider) => {
    await tell(provider, 'hard');
    expect(await tell(provider, 'hard')).toMatchObject({
      status: 200,
      body: { noted: 0, known: 1 },
    });
    expect(await returnRows(house.kernel)).toHaveLength(1);
  });

  it('is refused where the token is for one use: mailgun', async () => {
    await tell('mailgun', 'hard');
    expect((await tell('mailgun', 'hard')).status).toBe(403);
    expect(await returnRows(house.kernel)).toHaveLength(1);
  });
});

describe('another time', () => {
  it.each(['generic', 'mailgun', 'sendgrid'])(
    '%s: ten minutes ago is refused',
    async (provider) => {
      const sent = sentBy(provider, eventOf(provider, house.mark, 'hard'));
      house.kernel.clock.advance(600_000);
      expect((await house.post(provider, sent)).status).toBe(401);
      house.kernel.clock.advance(-1_200_000);
      expect((await house.post(provider, sent)).status).toBe(401);
      house.kernel.clock.advance(600_000 + 60_000);
      expect((await house.post(provider, sent)).status).toBe(200);
    },
  );
});

describe('generic', () => {
  it('takes the mark by itself or in the return path', async () => {
    const names = [{ mark: house.mark }, { return_path: `b+${house.mark}@${bounceDomain}` }];
    for (const name of names) {
      const body = JSON.stringify({ events: [{ type: 'delivery_delayed', ...name }] });
      const answer = await house.post('generic', sentBy('generic', body));
      expect(answer.body).toMatchObject({ noted: 1 });
    }
  });

  it('takes a raw report', async () => {
    const body = corpusMail('gmail-unknown-user', house.mark).toString();
    const sent = sentBy('generic', body);
    const headers = { ...sent.headers, 'content-type': 'message/rfc822' };
    expect(await house.post('generic', { headers, body })).toMatchObject({
      status: 200,
      body: { noted: 1 },
    });
    expect(await stateOf(house.kernel, house.jane)).toBe('quarantined');
  });

  it('refuses an event of a kind it does not know, all of the request with it', async () => {
    const known = { type: 'bounce', status: '5.1.1', mark: house.mark };
    const body = JSON.stringify({ events: [known, { type: 'opened' }] });
    expect((await house.post('generic', sentBy('generic', body))).status).toBe(400);
    expect(await returnRows(house.kernel)).toEqual([]);
  });

  it('notes a crowd of events', async () => {
    const made = Array.from({ length: 250 }, (_, n) => ({ type: 'bounce', status: '5.1.1', n }));
    const body = JSON.stringify({ events: made });
    const answer = await house.post('generic', sentBy('generic', body));
    expect(answer.body).toEqual({ noted: 0, known: 0, unattributed: 250 });
  });
});

describe('Amazon SNS', () => {
  const subscribeUrl = 'https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t';
  const confirmation = (more: Record<string, string> = {}) =>
    sns({
      Type: 'SubscriptionConfirmation',
      Message: 'You have chosen to subscribe to the topic.',
      Token: 't',
      SubscribeURL: subscribeUrl,
      ...more,
    });

  it('is confirmed by following its link', async () => {
    house.pages.set(subscribeUrl, '<ConfirmSubscriptionResponse/>');
    expect((await house.post('ses', confirmation())).status).toBe(200);
    expect(house.fetched).toEqual([certificateUrl, subscribeUrl]);
  });

  it('is asked to come again where its link does not answer', async () => {
    expect((await house.post('ses', confirmation())).status).toBe(503);
  });

  it.each([
    'http://sns.eu-west-1.amazonaws.com/',
    'https://sns.eu-west-1.amazonaws.com.example.net/',
    'https://example.net/sns.eu-west-1.amazonaws.com',
    'https://sns.eu-west-1.amazonaws.com:8443/',
    'https://user@sns.eu-west-1.amazonaws.com/',
    'https://s3.eu-west-1.amazonaws.com/',
    'https://127.0.0.1/',
    'file:///etc/passwd',
  ])('fetches nothing from %s', async (url) => {
    expect((await house.post('ses', confirmation({ SubscribeURL: url }))).status).toBe(403);
    expect(house.fetched).toEqual([certificateUrl]);
    house.fetched.length = 0;
    const forged = confirmation({ SigningCertURL: `${url}x.pem` });
    expect((await house.post('ses', forged)).status).toBe(401);
    expect(house.fetched).toEqual([]);
  });

  it.each([
    // Buckets of anybody's are reached by such names, and this one may be called "sns".
    'https://sns.s3.amazonaws.com/SimpleNotificationService-0a1b.pem',
    'https://sns.s3-eu-west-1.amazonaws.com/SimpleNotificationService-0a1b.pem',
    'https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0a1b.pem',
    // An answer of the API itself, which repeats what somebody stored there.
    'https://sns.eu-west-1.amazonaws.com/?Action=GetEndpointAttributes&x=.pem',
    'https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a1b.pem?Action=x.pem',
    'https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a1b.pem#.pem',
    'https://sns.eu-west-1.amazonaws.com/other/SimpleNotificationService-0a1b.pem',
  ])('takes no certificate from %s', async (url) => {
    house.pages.set(url, amazon.pem);
    const sent = sns({ Type: 'Notification', Message: '{}', SigningCertURL: url });
    expect((await house.post('ses', sent)).status).toBe(401);
    expect(house.fetched).toEqual([]);
  });

  it('of another topic is not listened to', async () => {
    const other = confirmation({ TopicArn: `${topic}-of-somebody` });
    expect((await house.post('ses', other)).status).toBe(403);
    expect(house.fetched).toEqual([]);
  });

  it('is asked for its certificate once', async () => {
    await tell('ses', 'hard');
    await tell('ses', 'complaint');
    expect(house.fetched).toEqual([certificateUrl]);
  });

  it('is asked for it again after it could not be had', async () => {
    const sent = sentBy('ses', eventOf('ses', house.mark, 'hard'));
    house.pages.delete(certificateUrl);
    expect((await house.post('ses', sent)).status).toBe(503);
    house.pages.set(certificateUrl, amazon.pem);
    expect((await house.post('ses', sent)).status).toBe(200);
  });

  it('signs with SHA-1 in its first version', async () => {
    const Message = eventOf('ses', house.mark, 'hard');
    const sent = sns({ Type: 'Notification', Message }, '1');
    expect(await house.post('ses', sent)).toMatchObject({ status: 200, body: { noted: 1 } });
  });

  it('is not believed with a certificate that has run out', async () => {
    const sent = sentBy('ses', eventOf('ses', house.mark, 'hard'));
    house.kernel.clock.advance(400 * 86_400_000);
    expect((await house.post('ses', sent)).status).toBe(401);
  });

  it('may say what is no return', async () => {
    const Message = 'Successfully validated SNS topic for Amazon SES event publishing.';
    const answer = await house.post('ses', sns({ Type: 'Notification', Message }));
    expect(answer).toMatchObject({ status: 200, body: { noted: 0 } });
  });

  it.each([
    ['NoEmail', 'hard'],
    ['Suppressed', 'hard'],
    ['MailboxFull', 'soft'],
    ['General', 'soft'],
    ['ContentRejected', 'policy'],
  ])('%s without a code is %s', async (bounceSubType, kind) => {
    const bounce = { bounceSubType, bouncedRecipients: [{}] };
    const message = { notificationType: 'Bounce', mail: sesMail(house.mark), bounce };
    await house.post('ses', sentBy('ses', JSON.stringify(message)));
    expect(await returnRows(house.kernel)).toMatchObject([{ kind }]);
  });
});

describe('words of single providers', () => {
  const facts: [string, string, object, string][] = [
    [
      'mailgun',
      'a suppressed bounce',
      {
        event: 'failed',
        severity: 'permanent',
        reason: 'suppress-bounce',
        'delivery-status': { code: 605 },
      },
      'hard',
    ],
    [
      'mailgun',
      'a suppressed complaint',
      {
        event: 'failed',
        severity: 'permanent',
        reason: 'suppress-complaint',
        'delivery-status': { code: 607 },
      },
      'complaint',
    ],
    [
      'mailgun',
      'an unsubscribed one',
      { event: 'failed', severity: 'permanent', reason: 'suppress-unsubscribe' },
      'other',
    ],
    ['postmark', 'a bad address', { RecordType: 'Bounce', Type: 'BadEmailAddress' }, 'hard'],
    ['postmark', 'a soft bounce', { RecordType: 'Bounce', Type: 'SoftBounce' }, 'soft'],
    ['postmark', 'a DNS error', { RecordType: 'Bounce', Type: 'DnsError' }, 'soft'],
    ['postmark', 'an auto-responder', { RecordType: 'Bounce', Type: 'AutoResponder' }, 'other'],
    ['postmark', 'a block', { RecordType: 'Bounce', Type: 'Blocked' }, 'policy'],
    ['sendgrid', 'a dropped bounce', { event: 'dropped', reason: 'Bounced Address' }, 'hard'],
    [
      'sendgrid',
      'a dropped complaint',
      { event: 'dropped', reason: 'Spam Reporting Address' },
      'complaint',
    ],
    [
      'sendgrid',
      'a dropped unsubscription',
      { event: 'dropped', reason: 'Unsubscribed Address' },
      'other',
    ],
  ];
  it.each(facts)('%s: %s', async (provider, _, event, kind) => {
    const body = JSON.stringify(provider === 'sendgrid' ? [event] : event);
    expect((await house.post(provider, sentBy(provider, body))).status).toBe(200);
    expect(await returnRows(house.kernel)).toMatchObject([{ kind }]);
  });

  it.each([
    ['mailgun', { event: 'delivered' }],
    ['postmark', { RecordType: 'Delivery' }],
    ['sendgrid', { event: 'open' }],
  ])('%s: what is no return is passed over', async (provider, event) => {
    const body = JSON.stringify(provider === 'sendgrid' ? [event] : event);
    const answer = await house.post(provider, sentBy(provider, body));
    expect(answer).toMatchObject({ status: 200, body: { noted: 0, unattributed: 0 } });
    expect(await returnRows(house.kernel)).toEqual([]);
  });

  it('postmark: knows the mark in the head of the bounced mail as well', async () => {
    const Content = corpusMail('postfix-unknown-user', house.mark).toString();
    const event = { RecordType: 'Bounce', Type: 'HardBounce', Content };
    const answer = await house.post('postmark', sentBy('postmark', JSON.stringify(event)));
    expect(answer.body).toMatchObject({ noted: 1 });
  });
});

it('slows down who guesses', async () => {
  const wrong = { headers: { authorization: 'Basic Zm9ydGhyaWdodDp4' }, body: '{}' };
  const statuses = new Set<number>();
  for (let n = 0; n < 25; n += 1) statuses.add((await house.post('postmark', wrong)).status);
  expect([...statuses]).toEqual([401, 429]);
});

it('there is no other provider', async () => {
  expect((await house.post('sparkpost', { headers: {}, body: '{}' })).status).toBe(404);
});
