// What a webhook hears: read from a form, and shown again.
import type { Reader } from '../db/tx.ts';
import { invalid } from '../shared/errors.ts';
import { isOneOf, type WebhookFormat, webhookFormats } from '../shared/words.ts';
import {
  componentNames,
  idsOfComponents,
  incidentNames,
  publicIncident,
  type StoredWebhook,
} from './store.ts';
import type { WebhookChoices } from './types.ts';

/** Choices as they are stored. */
export type StoredChoices = Pick<
  StoredWebhook,
  'wantsIncidents' | 'wantsMaintenance' | 'wantsComponents' | 'componentIds' | 'incidentId'
>;

/** Throws `invalid` at `component`, `incident` or `wants`. */
export async function readChoices(reader: Reader, raw: WebhookChoices): Promise<StoredChoices> {
  const componentIds = await idsOfComponents(reader, raw.componentIds);
  if (!componentIds) throw invalid('component', 'Please choose from the components shown.');
  const incidentId = await readIncident(reader, raw.incidentId ?? '');
  const { wantsIncidents, wantsMaintenance, wantsComponents } = raw;
  if (incidentId === null && !wantsIncidents && !wantsMaintenance && !wantsComponents) {
    throw invalid('wants', 'Please choose at least one thing to be told.');
  }
  return { wantsIncidents, wantsMaintenance, wantsComponents, componentIds, incidentId };
}

async function readIncident(reader: Reader, publicId: string): Promise<number | null> {
  if (publicId === '') return null;
  const incident = await publicIncident(reader, publicId);
  if (incident) return incident.id;
  throw invalid('incident', 'There is no such incident.');
}

export function readFormat(format: string): WebhookFormat {
  if (format === '') return 'standard';
  if (isOneOf(webhookFormats, format)) return format;
  throw invalid('format', 'Please choose one of the formats shown.');
}

/** Stored choices with public ids, of several webhooks at once. */
export async function showChoices(
  reader: Reader,
  rows: StoredWebhook[],
): Promise<Map<number, { choices: Required<WebhookChoices>; incidentTitle: string | null }>> {
  const names = await componentNames(reader, [...new Set(rows.flatMap((row) => row.componentIds))]);
  const titles = await incidentNames(
    reader,
    rows.flatMap((row) => row.incidentId ?? []),
  );
  return new Map(
    rows.map((row) => {
      const { wantsIncidents, wantsMaintenance, wantsComponents } = row;
      const incident = row.incidentId === null ? undefined : titles.get(row.incidentId);
      const componentIds = row.componentIds.flatMap((id) => names.get(id) ?? []);
      const incidentId = incident?.publicId ?? null;
      const wants = { wantsIncidents, wantsMaintenance, wantsComponents };
      return [
        row.id,
        { choices: { ...wants, componentIds, incidentId }, incidentTitle: incident?.title ?? null },
      ];
    }),
  );
}
