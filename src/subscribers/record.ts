// Who acted, for the record. Network addresses stay out of it: events cannot be erased, people can (S-69).
import type { Kernel } from '../db/kernel.ts';
import type { Tx } from '../db/tx.ts';
import { append } from '../events/service.ts';
import type { Actor } from '../events/types.ts';
import type { Visit } from './types.ts';

export const visitor = (visit: Visit): Actor => ({
  kind: 'visitor',
  id: null,
  ip: null,
  requestId: visit.requestId ?? null,
});

export const themself = (subscriberId: number, visit: Visit): Actor => ({
  ...visitor(visit),
  kind: 'subscriber',
  id: subscriberId,
});

/** Appends an event about a subscriber and answers its number. */
export const record = (
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  kind: string,
  subjectId: number,
  data: Record<string, unknown> = {},
): Promise<number> =>
  append(tx, kernel.clock, actor, { kind, subject: 'subscriber', subjectId, data });
