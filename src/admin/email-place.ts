// Where an email belongs: its incident, and whom it would reach.
import type { Reader } from '../db/tx.ts';
import { incidentDetail } from '../incidents/read.ts';
import type { EmailDraftRow } from '../incidents/types.ts';
import { countAudience } from '../notifications/service.ts';
import { notFound } from '../shared/errors.ts';
import { incidentOfDraft } from './store.ts';

export interface Place {
  /** The incident's public id. */
  publicId: string;
  title: string;
}

export async function placeOf(reader: Reader, draft: EmailDraftRow): Promise<Place> {
  const place = await incidentOfDraft(reader, draft.id);
  if (!place) throw notFound('email draft');
  return place;
}

/** Confirmed subscribers who would get it now. */
export async function audienceOf(
  reader: Reader,
  draft: EmailDraftRow,
  place: Place,
): Promise<number> {
  const { components } = await incidentDetail(reader, place.publicId);
  const componentIds = components.map((component) => component.id);
  return countAudience(reader, { incidentId: draft.incidentId, componentIds });
}
