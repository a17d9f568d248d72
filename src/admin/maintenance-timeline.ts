// A maintenance's record as the desk tells it: updates, and what changed without words, newest first.
import type { MaintenanceDetail, maintenanceEvents } from '../maintenance/read.ts';
import { maintenanceLabels, statusLabels } from '../shared/labels.ts';
import { renderMarkdown } from '../shared/markdown.ts';
import { utcFull } from '../shared/time.ts';
import type { Names } from './timeline.ts';

type Happened = Awaited<ReturnType<typeof maintenanceEvents>>[number];

export function maintenanceTimeline(
  { updates }: MaintenanceDetail,
  events: Happened[],
  names: Names,
) {
  const ofUpdate = new Map(events.map((event) => [event.data['update'], event]));
  const said = updates.map((update) => {
    const event = ofUpdate.get(update.publicId);
    return {
      kind: 'update' as const,
      time: update.displayAt,
      id: update.publicId,
      at: update.displayAt.toISOString(),
      atText: utcFull(update.displayAt),
      state: update.state,
      stateLabel: maintenanceLabels[update.state],
      author: update.authorName ?? whoOf(event, names),
      html: renderMarkdown(update.body),
      editedText: update.editedAt ? utcFull(update.editedAt) : '',
      mailed: mailWords(update.deliverNotifications, event),
      affected: update.affected
        .filter((one) => one.oldStatus !== one.newStatus)
        .map(({ name, newStatus }) => ({
          name,
          status: newStatus,
          label: statusLabels[newStatus],
        })),
    };
  });
  const done = events.flatMap((event) => {
    const what = changes[event.kind];
    if (what === undefined) return [];
    return [
      {
        kind: 'event' as const,
        time: event.at,
        at: event.at.toISOString(),
        atText: utcFull(event.at),
        who: whoOf(event, names),
        what,
      },
    ];
  });
  return [...done.toReversed(), ...said].toSorted((a, b) => b.time.getTime() - a.time.getTime());
}

/** Events that add no update of their own. */
const changes: Record<string, string | undefined> = {
  'maintenance.changed': 'changed the details',
  'maintenance.corrected': 'corrected an update',
};

const mailWords = (delivered: boolean, event: Happened | undefined) => {
  if (delivered) return 'mailed';
  return event?.data['mailFailed'] === true ? 'the email could not be made' : 'no email';
};

function whoOf(event: Happened | undefined, names: Names): string {
  if (event?.actorKind === 'account') return names.account(event.actorId);
  return event?.actorKind === 'token' ? names.token(event.actorId) : 'Forthright';
}
