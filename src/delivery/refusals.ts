// Notices when a notification is refused for too many: then something is wrong with us or the list, and going on
// costs the good name that the next incident needs.

export interface Refusals {
  /** Notes how an attempt came out; true once, when the notification had better stop. */
  note(notificationId: number, isRefused: boolean): boolean;
}

/** Attempts looked back on. */
const lookedAt = 1000;
/** Fewer than this say nothing yet. */
const least = 100;
/** The share of final refusals among them at which to stop. */
const most = 0.3;
/** Notifications kept in mind at once. */
const kept = 16;

interface Past {
  outcomes: boolean[];
  next: number;
  refused: number;
}

export function createRefusals(): Refusals {
  const pasts = new Map<number, Past>();
  return {
    note(notificationId, isRefused) {
      const past = pastOf(pasts, notificationId);
      if (past.outcomes[past.next]) past.refused -= 1;
      past.outcomes[past.next] = isRefused;
      past.next = (past.next + 1) % lookedAt;
      if (!isRefused) return false;
      past.refused += 1;
      const { length } = past.outcomes;
      if (length < least || past.refused <= length * most) return false;
      // A person may let it go on all the same: then it is counted anew.
      pasts.delete(notificationId);
      return true;
    },
  };
}

function pastOf(pasts: Map<number, Past>, id: number): Past {
  const known = pasts.get(id);
  if (known) return known;
  const [oldest] = pasts.keys();
  if (pasts.size >= kept && oldest !== undefined) pasts.delete(oldest);
  const made = { outcomes: [], next: 0, refused: 0 };
  pasts.set(id, made);
  return made;
}
