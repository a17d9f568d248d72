// The relays as the desk shows them: whether they answer, how much they take, and their limits.
import type { RelayLimits } from '../config/relays.ts';
import { limitsInForce, readMailLimits } from '../settings/mail-limits.ts';
import type { Site } from '../web/types.ts';
import { nearTime } from './mail-health.ts';
import { paceWords } from './pace.ts';
import type { Flow } from './sending-model.ts';

export interface RelayView {
  name: string;
  state: 'up' | 'down' | 'unknown';
  words: string;
  fault: string;
  pace: string;
  connections: number;
  /** Its share of the mail; empty where it is the only one. */
  share: string;
  limits: string;
}

export async function relaysView({ kernel, config }: Site, flow: Flow): Promise<RelayView[]> {
  const decided = await readMailLimits(kernel.db.read);
  const weights = config.relays.reduce((sum, { weight }) => sum + weight, 0);
  return config.relays.map((relay) => {
    const { limits, connections } = limitsInForce(relay, decided[relay.name]);
    return {
      name: relay.name,
      ...stateOf(relay.name, flow),
      connections,
      share: config.relays.length > 1 ? `${Math.round((relay.weight / weights) * 100)} %` : '',
      limits: limitWords(limits),
    };
  });
}

/** The limits in force, relay by relay. */
export async function mailLimits({ kernel, config }: Site): Promise<RelayLimits[]> {
  const decided = await readMailLimits(kernel.db.read);
  return config.relays.map((relay) => limitsInForce(relay, decided[relay.name]).limits);
}

function stateOf(name: string, { health, now }: Flow) {
  const found = health.states.find((one) => one.name === name);
  if (!found) return { state: 'unknown' as const, words: 'Not used yet', fault: '', pace: '' };
  if (health.isSilent) {
    const words = `Last heard of at ${nearTime(found.updatedAt, now)}`;
    return { state: 'unknown' as const, words, fault: '', pace: '' };
  }
  const since = nearTime(found.since, now);
  if (!found.isUp) {
    const words = `Not answering since ${since}`;
    return { state: 'down' as const, words, fault: found.fault, pace: '' };
  }
  const pace = found.perMinute > 0 ? paceWords(found.perMinute / 60) : '';
  return { state: 'up' as const, words: `Answering since ${since}`, fault: '', pace };
}

const n = (count: number) => count.toLocaleString('en');

/** `100 a second, 5,000 an hour`; `no limits` where there are none. */
export function limitWords(limits: RelayLimits): string {
  const { perSecond, perHour, perDay, perConnection, perDomainPerMinute } = limits;
  const words = [
    perSecond === null ? '' : `${n(perSecond)} a second`,
    perHour === null ? '' : `${n(perHour)} an hour`,
    perDay === null ? '' : `${n(perDay)} a day`,
    perDomainPerMinute === null ? '' : `${n(perDomainPerMinute)} a minute to one domain`,
    perConnection === null ? '' : `${n(perConnection)} over one connection`,
  ].filter((one) => one !== '');
  return words.length === 0 ? 'no limits' : words.join(', ');
}
