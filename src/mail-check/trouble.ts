// What went wrong in a talk, sorted by kind.
import { ForbiddenAddress } from './dial.ts';
import type { Step, Trouble, TroubleKind } from './types.ts';

/** Ends a talk for a reason of ours. */
export class Stop extends Error {
  readonly kind: TroubleKind;
  readonly code: string;
  readonly reply: string;
  readonly step: Step | undefined;

  constructor(kind: TroubleKind, code: string, reply: string, step?: Step) {
    super('The talk was ended.');
    this.name = 'Stop';
    this.kind = kind;
    this.code = code;
    this.reply = reply;
    this.step = step;
  }
}

const byCode: Record<string, TroubleKind> = {
  ENOTFOUND: 'unknown_name',
  ENODATA: 'unknown_name',
  EAI_NONAME: 'unknown_name',
  EAI_AGAIN: 'name_trouble',
  EAI_FAIL: 'name_trouble',
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  ETIMEDOUT: 'timeout',
};

/** Sorts whatever a talk ended with. `step` is where it was. */
export function readTrouble(step: Step, error: unknown): Trouble {
  if (error instanceof Stop) {
    return {
      step: error.step ?? step,
      kind: error.kind,
      code: error.code,
      reply: joined(error.reply),
    };
  }
  if (error instanceof ForbiddenAddress) {
    return { step: 'connect', kind: 'forbidden_address', code: '', reply: '' };
  }
  const fault = readFault(error);
  const { reply } = fault;
  if (/^\d{3}/.test(reply)) return { step, kind: 'reply', code: reply.slice(0, 3), reply };
  return { step, kind: kindOf(step, fault), code: fault.code, reply: '' };
}

interface Fault {
  /** The most telling one: nodemailer keeps the system's beside its own. */
  code: string;
  reply: string;
}

function readFault(error: unknown): Fault {
  const { originalCode, code, response } = (error ?? {}) as Record<string, unknown>;
  const named = [originalCode, code].find((one) => typeof one === 'string');
  return {
    code: typeof named === 'string' ? named : '',
    reply: typeof response === 'string' ? joined(response) : '',
  };
}

function kindOf(step: Step, { code }: Fault): TroubleKind {
  const known = byCode[code];
  if (known) return known;
  if (/SSL|TLS|EPROTO/.test(code) || step === 'encryption') return 'encryption';
  return 'cut';
}

const joined = (reply: string) =>
  reply
    .replaceAll(/\s*\r?\n\s*/g, ' ')
    .trim()
    .slice(0, 1000);
