// Amazon SNS in front of SES: the envelope's signature, checked with the certificate that Amazon publishes,
// and the confirmation that a topic asks for. Nothing is fetched but from Amazon's SNS hosts.
import { verify, X509Certificate } from 'node:crypto';
import { AppError } from '../../shared/errors.ts';
import type { EventRequest, GetText } from '../types.ts';
import { notGenuine } from './genuine.ts';
import { type Json, mustBeObject, parseJson, textAt } from './json.ts';

export interface SnsEnvelope {
  type: string;
  messageId: string;
  message: string;
  subscribeUrl: string;
}

/** Certificates by address; Amazon changes them about once a year. */
export type Certificates = Map<string, Promise<X509Certificate>>;
const mostCertificates = 20;

/** As Amazon names them. What SNS answers elsewhere may hold words, and certificates, of anybody. */
const certificatePath = /^\/SimpleNotificationService-[0-9a-f]{1,64}\.pem$/;

/**
 * An address of the topic's own SNS host by TLS, or undefined. Only that region: `sns.REGION` with any word
 * for it would also be a bucket called "sns", which belongs to somebody.
 */
function readSnsUrl(address: string, topic: string): URL | undefined {
  const url = URL.parse(address);
  const host = `sns.${topic.split(':')[3] ?? ''}.amazonaws.com`;
  const isTheirs =
    url?.protocol === 'https:' &&
    [host, `${host}.cn`].includes(url.hostname) &&
    url.port === '' &&
    url.username === '' &&
    url.password === '';
  return isTheirs ? url : undefined;
}

const isCertificateUrl = (address: string, topic: string) => {
  const url = readSnsUrl(address, topic);
  return url !== undefined && certificatePath.test(url.pathname) && url.search + url.hash === '';
};

/** The envelope of a request of this topic. Throws `forbidden` for another topic, `unauthenticated` for a forgery. */
export async function openEnvelope(
  topic: string,
  { body }: EventRequest,
  outside: { get: GetText; certificates: Certificates; now: Date },
): Promise<SnsEnvelope> {
  const envelope = mustBeObject(parseJson(body));
  if (textAt(envelope, 'TopicArn') !== topic) {
    throw new AppError('forbidden', 'This is not the topic that is listened to.');
  }
  const address = textAt(envelope, 'SigningCertURL');
  if (!isCertificateUrl(address, topic)) throw notGenuine();
  const certificate = await certificateAt(address, outside);
  if (!isValidAt(certificate, outside.now) || !isSigned(envelope, certificate)) throw notGenuine();
  return {
    type: textAt(envelope, 'Type'),
    messageId: textAt(envelope, 'MessageId'),
    message: textAt(envelope, 'Message'),
    subscribeUrl: textAt(envelope, 'SubscribeURL'),
  };
}

/** Follows the link that makes SNS send. Throws `forbidden` for one that leads elsewhere. */
export async function confirmSubscription(url: string, topic: string, get: GetText): Promise<void> {
  if (!readSnsUrl(url, topic))
    throw new AppError('forbidden', 'This link does not lead to Amazon SNS.');
  await get(url).catch((error: unknown) => {
    throw unreachable(error);
  });
}

async function certificateAt(
  address: string,
  { get, certificates }: { get: GetText; certificates: Certificates },
): Promise<X509Certificate> {
  const known = certificates.get(address);
  if (known) return known;
  if (certificates.size >= mostCertificates) certificates.clear();
  const fetched = get(address).then((pem) => new X509Certificate(pem));
  certificates.set(address, fetched);
  return fetched.catch((error: unknown) => {
    certificates.delete(address);
    throw unreachable(error);
  });
}

/** SNS delivers again later. */
const unreachable = (cause: unknown) =>
  new AppError('unavailable', 'Amazon SNS could not be asked.', { cause, retryAfter: 60 });

const isValidAt = ({ validFrom, validTo }: X509Certificate, now: Date) =>
  Date.parse(validFrom) <= now.getTime() && now.getTime() <= Date.parse(validTo);

/** What is signed, in this order; a subject only where there is one. */
const signedFields = {
  Notification: ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
  Confirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
};

function isSigned(envelope: Json, certificate: X509Certificate): boolean {
  const type = textAt(envelope, 'Type');
  const fields = signedFields[type === 'Notification' ? type : 'Confirmation'];
  const text = fields
    .filter((name) => typeof envelope[name] === 'string')
    .map((name) => `${name}\n${textAt(envelope, name)}\n`)
    .join('');
  const algorithm = textAt(envelope, 'SignatureVersion') === '2' ? 'RSA-SHA256' : 'RSA-SHA1';
  const signature = Buffer.from(textAt(envelope, 'Signature'), 'base64');
  return verify(algorithm, Buffer.from(text), certificate.publicKey, signature);
}
