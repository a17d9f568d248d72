// An incident, its updates, and what people say about them. The forms are read by the desk and the API alike.
import { z } from 'zod';
import { componentStatus } from '../components/types.ts';
import type { emailDrafts, incidents, incidentUpdates } from '../db/schema.ts';
import { line, optionalLine, words, wholeNumber } from '../shared/form.ts';
import { publicIdPattern } from '../shared/ids.ts';
import { markdownLimit } from '../shared/markdown.ts';
import { cleanText } from '../shared/text.ts';
import {
  type ComponentStatus,
  type Impact,
  type IncidentState,
  incidentStates,
  type Severity,
  severities,
  type Visibility,
  visibilities,
} from '../shared/words.ts';

export type { AffectedComponent } from '../db/schema.ts';

export type IncidentRow = typeof incidents.$inferSelect;
export type UpdateRow = typeof incidentUpdates.$inferSelect;
export type EmailDraftRow = typeof emailDrafts.$inferSelect;

/** Statuses by component, named by public id. */
export type StatusChoices = Record<string, ComponentStatus>;

/**
 * What becomes of the stage's email. `draft`: prefilled for a person to finish. `release`: sent with
 * the update, in the template's words. `none`: no email, and why. Private incidents never have any.
 */
export type EmailChoice =
  { kind: 'draft' } | { kind: 'release' } | { kind: 'none'; reason: string };

/** Repeating a request with the same key and body within 24 hours changes nothing (F-20). */
interface Repeatable {
  idempotencyKey?: string | undefined;
  /**
   * What the client sent, where the input holds values made from the clock. Without it the input
   * itself is compared, `nextUpdateBy` left out.
   */
  sent?: unknown;
}

export interface DeclareInput extends Repeatable {
  title: string;
  severity: Severity;
  visibility: Visibility;
  state: IncidentState;
  /** Markdown. */
  body: string;
  components: StatusChoices;
  impactOverride?: Impact | null | undefined;
  /** Now, unless it began earlier. */
  startedAt?: Date | undefined;
  /** The page's target, unless given. */
  targetMinutes?: number | undefined;
  /** The promise. An open public incident needs one; private and resolved store none. */
  nextUpdateBy: Date | null;
  email: EmailChoice;
}

export interface UpdateInput extends Repeatable {
  /** The incident's version that the author saw; left out, the newest is taken. */
  version?: number | undefined;
  state: IncidentState;
  body: string;
  /** Components named in this update; the others keep what they have. */
  components: StatusChoices;
  nextUpdateBy: Date | null;
  email: EmailChoice;
  /** Shows a private incident to the public, beginning with this update. */
  makePublic?: boolean | undefined;
  /** Changed together with the update, in the same transaction. */
  details?: DetailsInput | undefined;
}

/** Only what is given changes. */
export interface DetailsInput {
  title?: string | undefined;
  severity?: Severity | undefined;
  targetMinutes?: number | undefined;
  impactOverride?: Impact | null | undefined;
}

export interface CorrectionInput {
  body: string;
  /** How many corrections the author had seen; left out, the newest words are replaced. */
  revision?: number | undefined;
}

/** What publishing came to. */
export interface Published {
  incidentId: number;
  incidentPublicId: string;
  updateId: number;
  updatePublicId: string;
  /** The stage's email, where there is one to finish or it was released. */
  draftId: number | null;
  notificationId: number | null;
}

/** What the lead edits of a draft. */
export interface DraftWords {
  subject: string;
  mjml: string;
  plain: string;
  /** What only a person can say, by placeholder. */
  facts: Record<string, string>;
}

// Forms

const noInstant = { error: 'Please enter a time, such as 2026-11-22T15:00Z.' };

const instant = z
  .union(
    [z.date(noInstant), z.iso.datetime({ offset: true, local: true, ...noInstant })],
    noInstant,
  )
  .transform((value) => {
    if (value instanceof Date) return value;
    // Without a zone it is UTC, as every time on the desk.
    return new Date(/(Z|[+-]\d\d:\d\d)$/.test(value) ? value : `${value}Z`);
  });

/** An instant that may be left out: an empty field is none. */
const optionalInstant = z.preprocess(
  (value) => (value === '' || value === null ? undefined : value),
  instant.optional(),
);

const severityField = z.coerce
  .number({ error: 'Please choose a severity.' })
  .pipe(z.literal(severities, { error: 'Please choose a severity from SEV1 to SEV4.' }));

const stateField = z.enum(incidentStates, { error: 'Please choose a state.' });

const titleField = line(255, 'Please give the incident a title.');

const bodyField = words(markdownLimit, 'Please write what customers should know.');

const targetField = wholeNumber(5, 24 * 60);

const statusChoices = z
  .record(z.string().regex(publicIdPattern, 'There is no such component.'), componentStatus)
  .default({});

export const declareForm = z.object({
  title: titleField,
  severity: severityField,
  visibility: z.enum(visibilities, { error: 'Please choose public or private.' }),
  state: stateField.default('investigating'),
  body: bodyField,
  components: statusChoices,
  startedAt: optionalInstant,
  targetMinutes: targetField.optional(),
  /** Left out: the caller's default. */
  nextUpdateBy: optionalInstant,
});

export const updateForm = z.object({
  state: stateField,
  body: bodyField,
  components: statusChoices,
  nextUpdateBy: optionalInstant,
});

export const correctionForm = z.object({ body: bodyField });

export const detailsForm = z.object({
  title: titleField.optional(),
  severity: severityField.optional(),
  targetMinutes: targetField.optional(),
});

const sourceLimit = 64 * 1024;

const source = z
  .string()
  .transform(cleanText)
  .refine((text) => Buffer.byteLength(text) <= sourceLimit, 'This is too long: at most 64 KB.');

/** A cleared field takes its section out of the email. */
const personalWords = z
  .string()
  .transform((text) => cleanText(text).trim())
  .refine((text) => Buffer.byteLength(text) <= markdownLimit, 'This is too long: at most 20 KB.');

/** What is still unfilled or wrong shows in the review, not here: a draft may be half done. */
export const draftForm = z.object({
  subject: optionalLine(200),
  mjml: source,
  plain: source,
  facts: z.record(z.string().max(60), personalWords).default({}),
});

export const skipForm = z.object({
  reason: line(500, 'Please say why no email goes out.'),
});
