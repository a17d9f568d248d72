// What was gathered, understood: each thing read on its own, so that one that is misshapen spoils no other.
import type { z } from 'zod';
import { cleanText } from '../shared/text.ts';
import { isTimeZone } from '../shared/time.ts';
import {
  componentReader,
  groupReader,
  incidentReader,
  pageReader,
  subscriberReader,
} from './readers.ts';
import { isMaintenance, keptId, toPastIncident, toPastMaintenance } from './rules.ts';
import type { Gathered, Source, SourceComponent, SourceGroup, SourcePage } from './types.ts';

/** What was gathered in our own terms. `now` stands where a component does not say its age. */
export function understand(gathered: Gathered, now: Date): Source {
  const warnings = [...gathered.warnings];
  const groups = readAll('group', groupReader, gathered.groups, warnings);
  const groupOf = new Map(
    groups.flatMap((group) =>
      (group.components ?? []).map((id) => [id, keptId(group.id)] as const),
    ),
  );
  const components = readAll('component', componentReader, gathered.components, warnings);
  const told = readAll('incident', incidentReader, gathered.incidents, warnings);
  const source: Source = {
    page: pageOf(gathered.page, warnings),
    groups: groups.map((group) => placed(group, now)),
    components: components.map((raw): SourceComponent => {
      const groupId = raw.group_id ? keptId(raw.group_id) : groupOf.get(raw.id);
      return {
        ...placed(raw, now),
        groupId: groupId ?? null,
        status: raw.status ?? 'operational',
        showcase: raw.showcase ?? true,
        onlyShowIfDegraded: raw.only_show_if_degraded ?? false,
        startDate: raw.start_date ?? null,
      };
    }),
    incidents: [],
    maintenances: [],
    subscribers: [],
    knownSince: gathered.knownSince,
    warnings,
  };
  for (const raw of told) {
    const isScheduled = isMaintenance(raw);
    const maintenance = isScheduled ? toPastMaintenance(raw, now) : undefined;
    const incident = isScheduled ? undefined : toPastIncident(raw);
    if (maintenance) source.maintenances.push(maintenance);
    else if (incident) source.incidents.push(incident);
    else warnings.push(`"${raw.name}" (${raw.id}) has no update that can be read: left out.`);
  }
  tellApart([...source.incidents, ...source.maintenances]);
  readSubscribers(source, gathered.subscribers);
  return source;
}

interface Owner {
  publicId: string;
  updates: { publicId?: string | undefined }[];
}

/** Made-up documents use an update's id for several: each is then known by its incident's too. */
function tellApart(owners: readonly Owner[]): void {
  const times = new Map<string, number>();
  for (const { publicId = '' } of owners.flatMap(({ updates }) => updates)) {
    times.set(publicId, (times.get(publicId) ?? 0) + 1);
  }
  for (const owner of owners) {
    for (const [i, update] of owner.updates.entries()) {
      const id = update.publicId ?? '';
      if ((times.get(id) ?? 0) > 1) update.publicId = keptId(`${owner.publicId} ${id} ${i}`);
    }
  }
}

function pageOf(raw: unknown, warnings: string[]): SourcePage | undefined {
  const read = pageReader.safeParse(raw);
  if (!read.success || read.data.name === '') return undefined;
  const { id, name, time_zone: zone } = read.data;
  const timeZone = isTimeZone(zone) ? zone : undefined;
  if (zone !== '' && !timeZone) warnings.push(`The time zone "${zone}" is not known here.`);
  return { id, name: oneLine(name).slice(0, 80), timeZone };
}

const placed = (
  raw: z.output<typeof groupReader> | z.output<typeof componentReader>,
  now: Date,
): SourceGroup => ({
  id: keptId(raw.id),
  name: oneLine(raw.name).slice(0, 100) || 'Untitled',
  description: oneLine(raw.description).slice(0, 500),
  position: raw.position,
  createdAt: raw.created_at ?? now,
  updatedAt: raw.updated_at ?? raw.created_at ?? now,
});

const oneLine = (text: string) => cleanText(text).replaceAll(/\s+/g, ' ').trim();

function readAll<T extends z.ZodType>(
  what: string,
  reader: T,
  raw: ReadonlyMap<string, unknown>,
  warnings: string[],
): z.output<T>[] {
  return [...raw].flatMap(([id, entity]) => {
    const read = reader.safeParse(entity);
    if (read.success) return [read.data];
    const [issue] = read.error.issues;
    warnings.push(
      `The ${what} ${id} could not be read: ${issue?.path.join('.')} ${issue?.message}. Left out.`,
    );
    return [];
  });
}

function readSubscribers(source: Source, raw: readonly unknown[]): void {
  let others = 0;
  let inactive = 0;
  for (const one of raw) {
    const read = subscriberReader.safeParse(one);
    if (!read.success) continue;
    const { mode, email, components, quarantined_at: quarantinedAt, state } = read.data;
    if ((mode !== '' && mode !== 'email') || email === '') others += 1;
    else if (quarantinedAt || !isActive(state)) inactive += 1;
    else source.subscribers.push({ email, components: (components ?? []).map(keptId) });
  }
  if (others > 0) {
    source.warnings.push(`${others} subscribers do not use email: they have to subscribe anew.`);
  }
  if (inactive > 0) {
    source.warnings.push(`${inactive} subscribers are quarantined or unconfirmed: left out.`);
  }
}

/** A state's word that does not keep a subscriber from being mailed. */
export const isActive = (state: string) =>
  ['', 'active', 'confirmed', 'subscribed', 'yes', 'true'].includes(state.trim().toLowerCase());
