// SQL of a notification's counters: how its rows stand, kept in step in the transaction that moves them.
import { statementOf } from '../db/statements.ts';
import type { Tx } from '../db/tx.ts';

/** Rows gained, or lost where negative. Rows that are queued or on their way are the rest of `made`. */
export interface CountChange {
  made?: number;
  sent?: number;
  failed?: number;
  suppressed?: number;
  cancelled?: number;
}

const changeText = `
  update notifications set made = made + @made, sent = sent + @sent, failed = failed + @failed,
    suppressed = suppressed + @suppressed, cancelled = cancelled + @cancelled
  where id = @id`;

export async function changeCounts(tx: Tx, id: number, change: CountChange): Promise<void> {
  const { made = 0, sent = 0, failed = 0, suppressed = 0, cancelled = 0 } = change;
  if (made === 0 && sent === 0 && failed === 0 && suppressed === 0 && cancelled === 0) return;
  statementOf(tx, changeText).run({ id, made, sent, failed, suppressed, cancelled });
}

const moreText = `
  select 1 from notifications
  where id = ? and (expanded_to < high_id or made > sent + failed + suppressed + cancelled)`;

/** Whether a notification has rows to make, to send, or on their way. */
export const hasMore = (tx: Tx, id: number): boolean =>
  statementOf(tx, moreText).get(id) !== undefined;
