// Our own shape, for relays without one of theirs: events in JSON or a raw report, signed after the
// Standard Webhooks specification.
import { Webhook } from 'standardwebhooks';
import { sameSecret } from '../../shared/ids.ts';
import { assemble } from '../assemble.ts';
import { readReport } from '../report.ts';
import type { EventRequest, Marking, Report, ReturnFacts } from '../types.ts';
import { assertRecent, notGenuine } from './genuine.ts';
import {
  type Json,
  misshapen,
  mustBeList,
  mustBeObject,
  numberAt,
  parseJson,
  textAt,
} from './json.ts';

const mostEvents = 1000;

/** Throws `unauthenticated` unless one of the signatures is ours and the time is about now. */
export function checkGeneric(secret: string, { header, body }: EventRequest, now: Date): void {
  const [id, at] = [header('webhook-id'), header('webhook-timestamp')];
  if (id === '') throw notGenuine();
  assertRecent(at, now);
  const ours = new Webhook(secret).sign(id, new Date(Number(at) * 1000), body);
  const given = header('webhook-signature').split(' ', 10);
  // All are compared, whichever fits.
  if (!given.map((one) => sameSecret(one, ours)).includes(true)) throw notGenuine();
}

export async function readGeneric(request: EventRequest, marking: Marking): Promise<Report[]> {
  const type = request.header('content-type').split(';')[0]?.trim().toLowerCase();
  if (type === 'message/rfc822') return [await readReport(request.body, 'generic', marking)];
  const { events } = mustBeObject(parseJson(request.body));
  return mustBeList(events, mostEvents).map((event) => readEvent(event, marking));
}

function readEvent(event: Json, marking: Marking): Report {
  const mark = textAt(event, 'mark');
  return assemble(marking, {
    source: 'generic',
    facts: factsOf(event),
    addresses: [textAt(event, 'return_path')],
    messageIds: [textAt(event, 'message_id'), ...(mark === '' ? [] : [`<${mark}@mark>`])],
    identity: JSON.stringify(event),
  });
}

function factsOf(event: Json): ReturnFacts {
  const facts = {
    code: textAt(event, 'status'),
    smtpCode: numberAt(event, 'smtp_code'),
    diagnostic: textAt(event, 'diagnostic'),
  };
  switch (textAt(event, 'type')) {
    case 'bounce':
      return { ...facts, action: 'failed' };
    case 'complaint':
      return { ...facts, isComplaint: true };
    case 'delivery_delayed':
      return { ...facts, action: 'delayed' };
    default:
      throw misshapen();
  }
}
