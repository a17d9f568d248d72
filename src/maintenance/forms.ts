// What the desk's forms about maintenance hold, read field by field.
import { z } from 'zod';
import { componentStatus } from '../components/types.ts';
import { line, words } from '../shared/form.ts';
import { publicIdPattern } from '../shared/ids.ts';
import { markdownLimit } from '../shared/markdown.ts';
import { cleanText } from '../shared/text.ts';
import { maintenanceStates } from '../shared/words.ts';

/** A ticked box arrives as `on`, an empty one not at all. */
const ticked = z.preprocess((value) => value === 'on' || value === 'yes', z.boolean());

const title = line(255, 'Please give the maintenance a title.');

const components = z
  .record(z.string().regex(publicIdPattern, 'There is no such component.'), componentStatus)
  .default({});

const reminders = z
  .array(z.string().regex(/^\d{1,5}$/, 'Please choose from the list.'))
  .transform((list) => list.map(Number))
  .default([]);

const habitsForm = z.object({
  autoStart: ticked,
  autoComplete: ticked,
  notifies: ticked,
  reminders,
});

export const scheduleForm = z.object({
  title,
  body: words(markdownLimit, 'Please write what customers should know.'),
  components,
  ...habitsForm.shape,
});

export const maintenanceDetailsForm = z.object({ title, components, ...habitsForm.shape });

/** Left empty: the usual sentence. */
const optionalWords = z
  .string()
  .default('')
  .transform((text) => cleanText(text).trim())
  .refine((text) => Buffer.byteLength(text) <= markdownLimit, 'This is too long: at most 20 KB.')
  .transform((text) => (text === '' ? undefined : text));

export const maintenanceUpdateForm = z.object({
  state: z.enum(maintenanceStates, { error: 'Please choose a state.' }),
  body: optionalWords,
  notify: ticked,
});

export const moveForm = z.object({ body: optionalWords, notify: ticked });

export const cancelForm = z.object({
  body: optionalWords,
  notify: ticked,
  scope: z.enum(['one', 'series']).default('one'),
});

export const maintenanceCorrectionForm = z.object({
  body: words(markdownLimit, 'Please write what customers should know.'),
});
