// Makes a report of what was read, one way for all sources.
import { sha256 } from '../shared/ids.ts';
import { redacted } from '../shared/redact.ts';
import type { ReturnSource } from '../shared/words.ts';
import { deliveryOf } from './attribution.ts';
import { classifyReturn, codeOf, isOurFault } from './rules.ts';
import type { Marking, Report, ReturnFacts } from './types.ts';

/** What the facts amount to. */
export function verdictOf(
  facts: ReturnFacts,
): Pick<Report, 'kind' | 'code' | 'detail' | 'isOurFault'> {
  const [kind, code, said] = [classifyReturn(facts), codeOf(facts), facts.diagnostic ?? ''];
  const detail = redacted(said);
  return { kind, code, detail, isOurFault: kind === 'policy' && isOurFault(code, said) };
}

interface EventRead {
  source: ReturnSource;
  facts: ReturnFacts;
  /** Where a mark may stand: envelope senders, and Message-IDs. */
  addresses: readonly string[];
  messageIds: readonly string[];
  /** What makes the event this one and no other. */
  identity: string;
}

/** The report of a provider's event. */
export const assemble = (marking: Marking, read: EventRead): Report => ({
  source: read.source,
  ...verdictOf(read.facts),
  delivery: deliveryOf(marking, read.addresses, read.messageIds),
  digest: sha256(`${read.source}\n${read.identity}`),
});
