// Whether mail can leave: the relays as the sender last found them, and whether there is a sender at all.
import type { Reader } from '../db/tx.ts';
import { readRelayStates, type RelayState } from '../delivery/relay-store.ts';
import { waitingSince } from '../notifications/progress.ts';
import { minutes, plus } from '../shared/clock.ts';
import { utcClock, utcShort } from '../shared/time.ts';
import type { Site } from '../web/types.ts';

/** A state that is older says nothing of now. */
const silentAfter = minutes(2);

export interface MailHealth {
  /** Accepted by all relays in the last minute; undefined when nobody has told lately. */
  perMinute: number | undefined;
  /** Mail has waited for longer than the sender ever takes to look: it is not there. */
  isSilent: boolean;
  /** No relay answers. */
  isDown: boolean;
  /** Those that do not answer. */
  down: { name: string; since: string; fault: string }[];
  states: RelayState[];
}

export async function mailHealth({ kernel, config }: Site): Promise<MailHealth> {
  const now = kernel.clock.now();
  const reader = kernel.db.read;
  const names = new Set(config.relays.map(({ name }) => name));
  const all = await readRelayStates(reader);
  // Without a relay there is but the folder that mail is captured in, and its row.
  const states = names.size === 0 ? all : all.filter(({ name }) => names.has(name));
  const lately = plus(now, -silentAfter);
  const fresh = states.filter(({ updatedAt }) => updatedAt > lately);
  const isSilent = fresh.length === 0 && (await waitsSince(reader, lately));
  const down = isSilent ? [] : fresh.filter(({ isUp }) => !isUp);
  return {
    perMinute: fresh.length === 0 ? undefined : fresh.reduce((sum, one) => sum + one.perMinute, 0),
    isSilent,
    isDown: down.length > 0 && down.length === fresh.length,
    down: down.map(({ name, since, fault }) => ({ name, since: nearTime(since, now), fault })),
    states,
  };
}

async function waitsSince(reader: Reader, lately: Date): Promise<boolean> {
  const since = await waitingSince(reader);
  return since !== null && since < lately;
}

/** `15:00 UTC` today, `23 Nov, 15:00 UTC` on any other day. */
export const nearTime = (at: Date, now: Date) =>
  at.toISOString().slice(0, 10) === now.toISOString().slice(0, 10) ? utcClock(at) : utcShort(at);

export interface MailTrouble {
  isSilent: boolean;
  down: MailHealth['down'];
}

/** What the desk tells on every page; undefined while all is well. */
export async function mailTrouble(site: Site): Promise<MailTrouble | undefined> {
  const { isSilent, down } = await mailHealth(site);
  return isSilent || down.length > 0 ? { isSilent, down } : undefined;
}
