// Whether a webhook may still be told: the same last look that subscribers get, for posts and for mails about it.
import type { Reader } from '../db/tx.ts';
import { kindOf, reasonAgainstWebhook, suppressionHash } from './rules.ts';
import { incidentOf, type NotificationRow } from './store.ts';
import { suppressedAmong } from './suppression-store.ts';
import type { Recipient, Verdicts } from './types.ts';
import { webhooksByIds } from './webhook-store.ts';

export async function judgeWebhooks(
  reader: Reader,
  secretKey: string,
  { kind, cutSeq, incidentId }: NotificationRow,
  ids: number[],
): Promise<Verdicts> {
  const rows = await webhooksByIds(reader, ids);
  const hashOf = ({ email }: { email: string | null }) =>
    suppressionHash(secretKey, (email ?? '').toLowerCase());
  const suppressed = await suppressedAmong(reader, rows.map(hashOf));
  const isHidden =
    incidentId !== null && (await incidentOf(reader, incidentId))?.visibility !== 'public';
  return new Map(
    rows.map((row): [number, Recipient | string] => {
      const now = { ...row, suppressed: suppressed.has(hashOf(row)) };
      const reason = isHidden
        ? 'the incident is no longer public'
        : reasonAgainstWebhook(kindOf(kind), cutSeq, now);
      if (reason !== undefined) return [row.id, reason];
      const { id, email, publicId, nonce, format, url, failures, failingSince } = row;
      const health = { failures, failingSince };
      return [id, { kind: 'webhook', id, email, publicId, nonce, format, url, ...health }];
    }),
  );
}
