// Recipient slots: the only part of a frozen mail that differs from one recipient to the next.
import { escapeHtml } from '../shared/text.ts';
import { recipientSlots, type CompiledMail, type RecipientSlot } from './types.ts';

/** Literal text, or the place of a slot. */
export type Segment = string | { slot: RecipientSlot };

type SlottedPart = 'html' | 'plain';

const marks = new RegExp(`\\{\\{(${[...recipientSlots, 'brace'].join('|')})\\}\\}`, 'g');

/**
 * A frozen part as literal text and slots, in order. What values brought along is literal here: the
 * escapes of `CompiledMail.plain` are undone, those of `html` are HTML and stay.
 */
export function splitSlots(part: SlottedPart, text: string): Segment[] {
  const segments: Segment[] = [];
  let literal = '';
  let end = 0;
  for (const mark of text.matchAll(marks)) {
    literal += text.slice(end, mark.index);
    end = mark.index + mark[0].length;
    if (mark[1] === 'brace') {
      literal += part === 'plain' ? '{' : mark[0];
    } else {
      segments.push(literal, { slot: mark[1] as RecipientSlot });
      literal = '';
    }
  }
  segments.push(literal + text.slice(end));
  return segments.filter((segment) => segment !== '');
}

/** What a slot's value looks like inside a part. */
const slotValue = (part: SlottedPart, value: string) =>
  part === 'html' ? escapeHtml(value) : value;

/** The mail as one recipient gets it. Throws when it holds a slot that `slots` has no value for. */
export function fillSlots(
  mail: CompiledMail,
  slots: Partial<Record<RecipientSlot, string>>,
): CompiledMail {
  const fill = (part: SlottedPart) =>
    splitSlots(part, mail[part])
      .map((segment) => {
        if (typeof segment === 'string') return segment;
        const value = slots[segment.slot];
        if (value === undefined) throw new Error(`No value for the slot ${segment.slot}.`);
        return slotValue(part, value);
      })
      .join('');
  return { subject: mail.subject, html: fill('html'), plain: fill('plain') };
}

/** How a value's braces are written in a part, so that it can never read as a slot (S-31). */
export const escapeBraces = (part: SlottedPart, text: string) =>
  part === 'plain'
    ? text.replaceAll('{', '{{brace}}')
    : text.replaceAll('{', '&#123;').replaceAll('}', '&#125;');

/** A mail to try out: the same, marked in the subject. */
export const asTest = (mail: CompiledMail): CompiledMail => ({
  ...mail,
  subject: `[Test] ${mail.subject}`,
});
