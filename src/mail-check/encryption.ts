// What an encrypted connection says of itself and of the other side's certificate.
import type { CipherNameAndProtocol, PeerCertificate, TLSSocket } from 'node:tls';
import type { CertificateFacts, EncryptionFacts } from './types.ts';

/** Undefined until the handshake is over. */
export function readEncryption(socket: TLSSocket): EncryptionFacts | undefined {
  const cipher = socket.getCipher() as CipherNameAndProtocol | undefined;
  const version = socket.getProtocol();
  if (!cipher || version === null) return undefined;
  const { authorizationError: error } = socket;
  return {
    version,
    cipher: cipher.standardName,
    certificate: readCertificate(socket.getPeerCertificate()),
    fault: socket.authorized ? '' : faultOf(error),
  };
}

/** Typed as an error, and in fact mostly a code. */
function faultOf(error: unknown): string {
  if (error instanceof Error) return 'code' in error ? String(error.code) : error.message;
  return typeof error === 'string' && error !== '' ? error : 'UNTRUSTED';
}

const mostNames = 20;

function readCertificate(certificate: Partial<PeerCertificate>): CertificateFacts | null {
  const { subject, issuer, subjectaltname = '', valid_to: validTo } = certificate;
  if (!subject) return null;
  const names = subjectaltname
    .split(', ')
    .flatMap((name) => /^(?:DNS|IP Address):(.+)$/.exec(name)?.[1] ?? []);
  const until = validTo === undefined ? Number.NaN : Date.parse(validTo);
  return {
    name: one(subject.CN),
    names: names.slice(0, mostNames),
    issuer: one(issuer?.O) || one(issuer?.CN),
    validTo: Number.isNaN(until) ? null : new Date(until),
  };
}

/** A field may come more than once. */
const one = (value: string | string[] | undefined) => [value ?? ''].flat().join(', ').slice(0, 200);
