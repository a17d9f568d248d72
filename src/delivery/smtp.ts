// Mail to an SMTP relay: lines that each keep one connection while there is mail for it.
import type { Relay } from '../config/relays.ts';
import { seconds } from '../shared/clock.ts';
import { enhancedCode } from './rules.ts';
import { createSession, readFailure, type Session } from './session.ts';
import { type Accepted, type Line, type Mailer, type OutgoingMail, SendError } from './types.ts';

const mostPerConnection = 500;
const idleTime = seconds(10);
/** Before a line that was turned away knocks again: relays ban those who do not wait. */
const restTime = seconds(3);

export function createSmtpMailer(relay: Relay): Mailer {
  let { limits, connections } = relay;
  return {
    name: relay.name,
    weight: relay.weight,
    get limits() {
      return limits;
    },
    get connections() {
      return connections;
    },
    openLine: () => openLine(relay, () => limits.perConnection ?? mostPerConnection),
    setLimits: (changed) => void ({ limits, connections } = changed),
  };
}

function openLine(relay: Relay, perConnection: () => number): Line {
  let session: Session | undefined;
  let underWay = 0;
  let isClosed = false;
  let rest: Promise<void> | undefined;
  let endRest: (() => void) | undefined;
  const idle = setTimeout(() => {
    if (underWay === 0 && session?.isOpen()) session.quit();
  }, idleTime).unref();

  async function send(mail: OutgoingMail): Promise<Accepted> {
    underWay += 1;
    try {
      return await attempt(mail);
    } finally {
      underWay -= 1;
      if (session?.isOpen() && session.given() >= perConnection()) session.quit();
      else if (!isClosed) idle.refresh();
    }
  }

  async function attempt(mail: OutgoingMail): Promise<Accepted> {
    if (session?.isOpen()) {
      try {
        return await session.deliver(mail);
      } catch (error) {
        if (!wentStale(error)) throw error;
      }
    }
    session = await connect();
    return session.deliver(mail);
  }

  async function connect(): Promise<Session> {
    await rest;
    if (isClosed) throw new SendError(readFailure(closed, false));
    session = createSession(relay);
    try {
      await session.open();
    } catch (error) {
      if (error instanceof SendError && error.failure.responseCode === 421) beginRest();
      throw error;
    }
    return session;
  }

  function beginRest(): void {
    rest = new Promise((resolve) => {
      endRest = resolve;
      setTimeout(resolve, restTime).unref();
    });
  }

  return {
    send,
    close() {
      isClosed = true;
      clearTimeout(idle);
      endRest?.();
      if (underWay === 0 && session?.isOpen()) session.quit();
      else session?.close();
    },
  };
}

const closed = { code: 'ECONNECTION', command: 'API', message: 'The line was closed.' };

/** The relay ended a connection that it had kept for a while, before it saw anything of the message. */
function wentStale(error: unknown): boolean {
  if (!(error instanceof SendError)) return false;
  const { bodyStarted, responseCode, code, reply } = error.failure;
  if (bodyStarted) return false;
  if (responseCode === 421) return enhancedCode(reply) === '4.4.2';
  return responseCode === null && (code === 'ECONNECTION' || code === 'ESOCKET');
}
