// Whose mail came back: by our mark and by nothing else. Addresses and ids that a report names prove nothing.
import type { DeliveryKey } from '../notifications/delivery-mark.ts';
import type { Marking } from './types.ts';

/** The delivery named by a mark in envelope addresses, else by one in Message-IDs. */
export function deliveryOf(
  marking: Marking,
  addresses: readonly string[],
  messageIds: readonly string[],
): DeliveryKey | undefined {
  for (const [, mark = '', domain = ''] of addresses.flatMap(envelopeMarks)) {
    if (domain.toLowerCase() !== marking.bounceDomain) continue;
    const key = marking.marks.read(mark);
    if (key) return key;
  }
  for (const [, mark = ''] of messageIds.flatMap(idMarks)) {
    const key = marking.marks.read(mark);
    if (key) return key;
  }
  return undefined;
}

/** `b+MARK@domain`. */
const envelopeMarks = (text: string) => [
  ...text.matchAll(/(?<![\w.+-])b\+([a-z2-7]{26})@([a-z0-9.-]+)/gi),
];

/** `<MARK@domain>`; some show the id without its brackets. */
const idMarks = (text: string) => [...text.matchAll(/(?<![\w.+-])([a-z2-7]{26})@[^<>\s]+/gi)];
