// Who acted on a webhook, for the record. Addresses stay out of it: events cannot be erased (S-69).
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

/** Appends an event about a webhook and answers its number. */
export const record = (
  tx: Tx,
  kernel: Kernel,
  actor: Actor,
  kind: string,
  subjectId: number,
  data: Record<string, unknown> = {},
): Promise<number> =>
  append(tx, kernel.clock, actor, { kind, subject: 'webhook', subjectId, data });
