// What an admin decides about the page as a whole.
import { z } from 'zod';
import { line, optionalLine, timeZone, wholeNumber } from '../shared/form.ts';

export const pageSettingsForm = z.object({
  name: line(80),
  supportContact: optionalLine(200),
  timeZone: timeZone(),
  targetMinutes: wholeNumber(5, 24 * 60),
});

export type PageSettingsForm = z.output<typeof pageSettingsForm>;

export interface PageSettings extends PageSettingsForm {
  /** The page's own public id, in v2 and v1 URLs. */
  pageId: string;
  version: number;
  createdAt: Date;
  updatedAt: Date;
}
