// A DNS made of a table, and relays that say what a test wants.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { type DnsReader, type Exchange, LookupFailed } from '../../src/mail-check/dns.ts';
import type { DomainSubject, Trial, TriedRelay } from '../../src/mail-check/types.ts';
import { onEnd } from '../support/kernel.ts';
import { cert, key } from './certificate.ts';

export interface Zone {
  txt?: string[];
  mx?: string[];
  a?: string[];
  aaaa?: string[];
  /** Of an address. */
  ptr?: string[];
  /** Nobody answers for it. */
  isSilent?: boolean;
}

export interface FakeDns extends DnsReader {
  asked: string[];
  stop(): void;
}

/** Names in lower case; `mx` as `10 mail.example.com`, priority 10 where none is given. */
export function fakeDns(zones: Record<string, Zone>): FakeDns {
  const asked: string[] = [];
  const look =
    <T>(kind: string, pick: (zone: Zone) => T[] | undefined) =>
    async (name: string): Promise<T[]> => {
      asked.push(`${kind} ${name}`);
      const zone = zones[name.toLowerCase()];
      if (zone?.isSilent) throw new LookupFailed(name);
      return (zone && pick(zone)) ?? [];
    };
  return {
    asked,
    txt: look('TXT', (zone) => zone.txt),
    mx: look('MX', (zone) => zone.mx?.map(toExchange)),
    a: look('A', (zone) => zone.a),
    aaaa: look('AAAA', (zone) => zone.aaaa),
    pointers: look('PTR', (zone) => zone.ptr),
    stop: () => {},
  };
}

function toExchange(text: string): Exchange {
  const [, priority = '10', exchange = ''] = /^(?:(\d+) )?(.*)$/.exec(text) ?? [];
  return { priority: Number(priority), exchange };
}

export const relay = (more: Partial<TriedRelay> = {}): TriedRelay => ({
  host: '127.0.0.1',
  port: 25,
  ehlo: undefined,
  isSecure: false,
  startTls: 'offered',
  checksCertificate: true,
  user: undefined,
  password: undefined,
  ...more,
});

export const trial = (relayPart: Partial<TriedRelay>, more: Partial<Trial> = {}): Trial => ({
  relay: relay(relayPart),
  upTo: 'message',
  from: 'status@example.com',
  to: 'me@example.org',
  message: 'Subject: Test\r\n\r\nHello\r\n.a dot\r\n',
  ...more,
});

export const subject = (more: Partial<DomainSubject> = {}): DomainSubject => ({
  domain: 'example.com',
  bounceDomain: 'example.com',
  signing: null,
  relaySelector: '',
  relays: [],
  sendingAddresses: [],
  publicUrl: 'https://status.example.com',
  ...more,
});

interface Received {
  from: string;
  to: string[];
  text: string;
}

/** A real SMTP server on a free port. */
export async function realRelay(options: SMTPServerOptions = {}) {
  const received: Received[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disableReverseLookup: true,
    key,
    cert,
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        received.push({
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo.map(({ address }) => address),
          text: Buffer.concat(chunks).toString(),
        });
        done();
      });
    },
    ...options,
  });
  // A client that hangs up is no fault of the test.
  server.on('error', () => {});
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  onEnd(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return { port: (server.server.address() as AddressInfo).port, received };
}

/** Answers each line with what `script` says; undefined is silence, `cut` hangs up. The greeting answers ''. */
export async function scriptedRelay(script: (line: string) => string | undefined) {
  const heard: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const say = (line: string) => {
      const answer = script(line);
      if (answer === 'cut') socket.destroy();
      else if (answer !== undefined) socket.write(`${answer}\r\n`);
    };
    socket.on('error', () => {});
    socket.on('data', (data) => {
      for (const line of data.toString().split('\r\n').filter(Boolean)) {
        heard.push(line);
        say(line);
      }
    });
    say('');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const hangUp = () => {
    for (const socket of sockets) socket.destroy();
  };
  onEnd(() => {
    hangUp();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, heard, hangUp, open: () => sockets.size };
}
