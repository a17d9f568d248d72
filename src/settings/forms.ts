// The forms that an admin decides about the page with. Apart from the words, which visitors' pages need as well:
// these do not, and what checks them takes its time to load.
import { z } from 'zod';
import { line, optionalLine, timeZone, wholeNumber } from '../shared/form.ts';
import { cleanText } from '../shared/text.ts';
import { isHexColour } from './colour.ts';
import { accentFault, isPropertyValue, schemes } from './look.ts';
import { linkTo } from './links.ts';
import type { PageLook } from './types.ts';

export const pageSettingsForm = z.object({
  name: line(80),
  supportContact: optionalLine(200),
  timeZone: timeZone(),
  targetMinutes: wholeNumber(5, 24 * 60),
});

export type PageSettingsForm = z.output<typeof pageSettingsForm>;

const footerLimit = 5000;
export const mostLinks = 8;

const accent = (scheme: keyof typeof schemes) =>
  z
    .string()
    .default('')
    .transform((text) => text.trim().toLowerCase())
    .superRefine((text, context) => {
      if (text === '') return;
      const fault = isHexColour(text)
        ? accentFault(text, schemes[scheme])
        : 'Please write the colour like #1d4ed8.';
      if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
    });

const property = (name: string, message: string) =>
  z
    .string()
    .default('')
    .transform((text) => text.trim())
    .refine((value) => value === '' || isPropertyValue(name, value), message);

const pageLink = z
  .object({ label: optionalLine(60), url: optionalLine(500) })
  .superRefine(({ label, url }, context) => {
    if (label === '' && url !== '') {
      context.addIssue({ code: 'custom', path: ['label'], message: 'Please name the link.' });
    }
    if (label !== '' && !linkTo(url)) {
      const message = 'Please enter an address that begins with https:// or http://.';
      context.addIssue({ code: 'custom', path: ['url'], message });
    }
  });

/** How the page looks. Colours that cannot be read are refused, with the nearest that can. */
export const lookForm = z.object({
  accent: accent('light'),
  accentDark: accent('dark'),
  properties: z
    .object({
      font: property('font', 'Please choose one of the fonts.'),
      radius: property('radius', 'Please enter a whole number from 0 to 16.'),
      column: property('column', 'Please enter a whole number from 40 to 72.'),
      'text-scale': property('text-scale', 'Please enter a whole number from 90 to 120.'),
    })
    .transform((chosen): PageLook['properties'] =>
      Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== '')),
    ),
  footer: z
    .string()
    .default('')
    .transform((text) => cleanText(text).trim())
    .refine((text) => text.length <= footerLimit, `Please use at most ${footerLimit} characters.`),
  links: z
    .array(pageLink)
    .max(mostLinks)
    .transform((links) => links.filter((link) => link.label !== '')),
});

const ticked = z
  .enum(['', 'on'])
  .default('')
  .transform((value) => value === 'on');

const percent = () => wholeNumber(0, 100).transform((value) => value / 100);

/** What the page shows, and how uptime is weighed. */
export const shownForm = z.object({
  bars: ticked,
  percentages: ticked,
  overdue: ticked,
  pastDays: wholeNumber(0, 30),
  weights: z.object({
    partial_outage: percent(),
    degraded_performance: percent(),
    under_maintenance: percent(),
  }),
});
