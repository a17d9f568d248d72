// The facts of an incident's email, made from what was published. Pure.
import type { PageSettings } from '../settings/types.ts';
import type { Stage } from '../shared/words.ts';
import { incidentFacts } from '../templates/variables.ts';
import type { Facts } from '../templates/types.ts';
import type { IncidentRow, UpdateRow } from './types.ts';

/** One update of an incident, and the page it is told on. */
export interface Telling {
  publicUrl: string;
  page: Pick<PageSettings, 'name' | 'timeZone' | 'supportContact'>;
  stage: Stage;
  incident: Pick<IncidentRow, 'publicId' | 'title' | 'severity' | 'startedAt'>;
  update: Pick<UpdateRow, 'body' | 'nextUpdateBy' | 'displayAt'>;
  /** Names of the affected components, in the page's order. */
  components: readonly string[];
  /** What only a person can say, by placeholder. */
  personal: Record<string, string>;
}

export function mailFacts(telling: Telling): Facts {
  const { publicUrl, page, stage, incident, update, components, personal } = telling;
  return incidentFacts({
    page: { ...page, url: publicUrl },
    title: incident.title,
    stage,
    severity: incident.severity,
    components,
    startedAt: incident.startedAt,
    publishedAt: update.displayAt,
    update: update.body,
    nextUpdateBy: update.nextUpdateBy,
    incidentUrl: incidentUrl(publicUrl, incident.publicId),
    personal,
  });
}

/** Where the public finds an incident. */
const incidentUrl = (publicUrl: string, publicId: string) => `${publicUrl}/incidents/${publicId}`;

/**
 * What a new draft asks a person: the stage's prompts, with words already found for an earlier email
 * of the incident (`earlier`, newest first) in their place.
 */
export function personalStart(
  prompts: Readonly<Record<string, string>>,
  earlier: readonly Record<string, string>[],
): Record<string, string> {
  const written = (name: string) =>
    earlier.map((facts) => facts[name]).find((words) => words && !isPrompt(words));
  return Object.fromEntries(
    Object.entries(prompts).map(([name, prompt]) => [name, written(name) ?? prompt]),
  );
}

const isPrompt = (words: string) => /^\[[^\]]*\]$/.test(words.trim());
