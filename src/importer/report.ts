// What an import did, or would do, in lines for a person at a terminal. Pure.
import { type Fate, fates } from './compare.ts';
import type { Outcome } from './service.ts';
import type { SubscriberCount } from './subscribers.ts';
import type { Source } from './types.ts';

/** Names told of each kind before the rest is only counted. */
const namesShown = 10;

export function report(source: Source, outcome: Outcome, isPreview: boolean): string {
  const { structure, incidents, maintenances, subscribers } = outcome;
  const lines = [
    isPreview ? 'Preview: nothing is written.' : 'Imported.',
    ...pageLines(outcome),
    ...kindLines('groups', structure.groups.map(named)),
    ...kindLines('components', structure.components.map(named)),
    ...kindLines('incidents', incidents),
    ...kindLines('maintenances', maintenances),
    ...(subscribers ? subscriberLines(subscribers) : []),
    ...noteLines(source, outcome).map((line) => `! ${line}`),
  ];
  return lines.join('\n');
}

const named = ({ told, fate }: { told: { name: string }; fate: Fate }): Line => ({
  title: told.name,
  fate,
});

interface Line {
  title: string;
  fate: Fate;
}

const fateWords: Record<Fate, string> = {
  added: 'added',
  changed: 'changed',
  same: 'as they were',
  kept: 'left alone (changed here)',
};

function kindLines(kind: string, items: readonly Line[]): string[] {
  const of = (fate: Fate) => items.filter((item) => item.fate === fate);
  const counts = fates
    .filter((fate) => fate === 'added' || of(fate).length > 0)
    .map((fate) => `${of(fate).length} ${fateWords[fate]}`);
  const names = (fate: 'added' | 'changed', sign: string) => {
    const all = of(fate).map(({ title }) => `    ${sign} ${title}`);
    const rest = all.length - namesShown;
    return rest > 0 ? [...all.slice(0, namesShown), `    ${sign} and ${rest} more`] : all;
  };
  return [`  ${kind}: ${counts.join(', ')}`, ...names('added', '+'), ...names('changed', '~')];
}

function pageLines({ structure }: Outcome): string[] {
  const { page, replaced } = structure;
  const taken = [
    page.name && `name "${page.name}"`,
    page.timeZone && `time zone ${page.timeZone}`,
    page.pageId && `id ${page.pageId}`,
  ].filter(Boolean);
  return [
    ...(taken.length > 0 ? [`  page: takes over ${taken.join(', ')}`] : []),
    ...(replaced.length > 0
      ? [`  page: its first components make room: ${replaced.map(({ name }) => name).join(', ')}`]
      : []),
  ];
}

function subscriberLines(count: SubscriberCount): string[] {
  const parts: [number, string][] = [
    [count.known, 'here already'],
    [count.suppressed, 'must not be mailed'],
    [count.inactive, 'unconfirmed, quarantined or unsubscribed there'],
    [count.other, 'not by email'],
    [count.lost, 'chose only components that are not here'],
    [count.unreadable, 'without an address'],
  ];
  const rest = parts.filter(([n]) => n > 0).map(([n, words]) => `${n} ${words}`);
  return [`  subscribers: ${[`${count.added} added`, ...rest].join(', ')}`];
}

/** What the person should know before, or check after. */
function noteLines(source: Source, { incidents, maintenances, structure }: Outcome): string[] {
  const notes = [...source.warnings];
  const open = incidents.filter((line) => line.isOpen && isNew(line)).length;
  if (open > 0) {
    notes.push(
      `${open} open: no clock runs and no word is owed until the next update is published here.`,
    );
  }
  const ahead = maintenances.filter((line) => !line.isOver && isNew(line)).length;
  if (ahead > 0) {
    notes.push(`${ahead} maintenance not over: it goes on here and mails nobody. Look at it.`);
  }
  const added = structure.components.some(({ fate }) => fate === 'added');
  if (added && source.knownSince === undefined) {
    notes.push('Nothing of the past came: the record of new components begins now.');
  } else if (added && source.knownSince && source.knownSince.getTime() > 0) {
    const day = source.knownSince.toISOString().slice(0, 10);
    notes.push(
      `What happened before ${day} did not come: the record of new components begins then.`,
    );
  }
  return notes;
}

const isNew = ({ fate }: { fate: Fate }) => fate === 'added' || fate === 'changed';
