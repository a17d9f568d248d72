// Settings, appearance: colours, type, logo, footer and links of the public page.
import { nearestReadable, ratioText } from '../settings/colour.ts';
import { readLogo, removeLogo, saveLogo } from '../settings/logo.ts';
import { accentContrast, accentIn, fonts, schemes } from '../settings/look.ts';
import { readSettings, saveSettings } from '../settings/service.ts';
import { lookForm, mostLinks } from '../settings/forms.ts';
import type { PageLook } from '../settings/types.ts';
import type { AppError } from '../shared/errors.ts';
import { parse } from '../shared/form.ts';
import { statusOf } from '../web/errors.ts';
import { readFile, readForm, type FormValues } from '../web/forms.ts';
import type { Context, Route, Site } from '../web/types.ts';
import { renderDesk } from './desk.ts';
import { failedForm, type FormState, freshForm, mendable, rawField, versionOf } from './forms.ts';

const path = '/admin/settings/appearance';
const logoPath = '/admin/settings/logo';

export const lookRoutes = (site: Site): Route[] => [
  { method: 'GET', path, surface: 'desk', needs: 'configure', handle: (c) => show(c, site) },
  {
    method: 'POST',
    path,
    surface: 'desk',
    needs: 'configure',
    limit: 64 * 1024,
    handle: (c) => save(c, site),
  },
  {
    method: 'POST',
    path: logoPath,
    surface: 'desk',
    needs: 'configure',
    // Room for a file that is too large, so that it is refused beside its field.
    limit: 2 * 1024 * 1024,
    takesFiles: true,
    handle: (c) => upload(c, site),
  },
  {
    method: 'POST',
    path: `${logoPath}/removals`,
    surface: 'desk',
    needs: 'configure',
    handle: (c) => remove(c, site),
  },
];

interface Failed {
  form: FormState;
  error: AppError;
}

async function show(
  c: Context,
  site: Site,
  failed: { look?: Failed; logo?: Failed } = {},
): Promise<Response> {
  const { read } = site.kernel.db;
  const { look, version } = await readSettings(read);
  const logo = await readLogo(read);
  const saved = fieldsOf(look);
  const form = failed.look?.form ?? freshForm(saved);
  const error = failed.look?.error ?? failed.logo?.error;
  const page = {
    title: 'Appearance',
    version,
    isConflict: error?.code === 'conflict',
    form,
    saved,
    theirs: savedWords(look),
    fonts: Object.entries(fonts).map(([value, { label }]) => ({ value, label })),
    links: linkRows(form),
    samples: [sampleOf(look, 'light'), sampleOf(look, 'dark')],
    logo: logo && { ...logo, kilobytes: Math.ceil(logo.bytes.length / 1000) },
    logoForm: failed.logo?.form ?? freshForm(),
  };
  return renderDesk(c, site, 'admin/settings-look', page, error ? statusOf(error) : 200);
}

const rowNumbers = Array.from({ length: mostLinks }, (_, i) => i);
/** Rows that stand open even when they are empty. */
const openRows = 3;

const linkRows = ({ values, errors }: FormState) => {
  const rows = rowNumbers.map((i) => {
    const [label, url] = [`links.${i}.label`, `links.${i}.url`];
    const isUsed = [label, url].some((name) => values[name] || Object.hasOwn(errors, name));
    return { number: i + 1, label, url, isUsed };
  });
  const last = rows.findLastIndex((row) => row.isUsed);
  const open = Math.min(mostLinks, Math.max(openRows, last + 2));
  return { open: rows.slice(0, open), more: rows.slice(open) };
};

/** The look as the form's fields hold it. */
function fieldsOf({ accent, accentDark, properties, footer, links }: PageLook) {
  const fields: Record<string, string> = { accent, accentDark, footer };
  for (const [name, value] of Object.entries(properties)) fields[`properties.${name}`] = value;
  links.forEach(({ label, url }, i) => {
    fields[`links.${i}.label`] = label;
    fields[`links.${i}.url`] = url;
  });
  return fields;
}

const savedWords = ({ accent, accentDark, footer, links }: PageLook) =>
  [
    accent && `accent ${accent}`,
    accentDark && `accent in the dark ${accentDark}`,
    `${links.length} ${links.length === 1 ? 'link' : 'links'}`,
    footer ? `a footer of ${footer.length} characters` : 'no footer',
  ]
    .filter((part) => part !== '')
    .join(', ');

const ours = { light: '#27549f', dark: '#8cb5fb' };

/** What the accent saved last looks like in a scheme, drawn with its grounds and text. */
function sampleOf(look: PageLook, name: 'light' | 'dark') {
  const scheme = schemes[name];
  const accent = accentIn(look, name) ?? ours[name];
  const [page, surface] = scheme.grounds;
  return {
    name: name === 'light' ? 'Light' : 'Dark',
    page,
    surface,
    accent,
    ink: scheme.ink,
    text: nearestReadable(name === 'light' ? '#1b2130' : '#e7e9ee', [page], 7) ?? accent,
    ratio: ratioText(accentContrast(accent, scheme)),
    source: (name === 'light' ? look.accent : look.accentDark)
      ? 'as chosen'
      : accentIn(look, name)
        ? 'made readable from the other one'
        : 'ours',
  };
}

async function save(c: Context, site: Site): Promise<Response> {
  const typed = await readForm(c);
  return mendable(
    async () => {
      const look = parse(lookForm, typedLook(typed));
      await saveSettings(site.kernel, c.get('actor'), versionOf(typed), { look });
      return c.redirect(`${path}?done=saved`, 303);
    },
    (error) => show(c, site, { look: { form: failedForm(typed, error), error } }),
  );
}

const typedLook = (typed: FormValues) => ({
  accent: rawField(typed, 'accent'),
  accentDark: rawField(typed, 'accentDark'),
  properties: {
    font: rawField(typed, 'properties.font'),
    radius: rawField(typed, 'properties.radius'),
    column: rawField(typed, 'properties.column'),
    'text-scale': rawField(typed, 'properties.text-scale'),
  },
  footer: rawField(typed, 'footer'),
  links: rowNumbers.map((i) => ({
    label: rawField(typed, `links.${i}.label`),
    url: rawField(typed, `links.${i}.url`),
  })),
});

async function upload(c: Context, site: Site): Promise<Response> {
  const typed = await readForm(c);
  return mendable(
    async () => {
      const bytes = await readFile(c, 'logo');
      await saveLogo(site.kernel, c.get('actor'), versionOf(typed), bytes);
      return c.redirect(`${path}?done=saved`, 303);
    },
    (error) => show(c, site, { logo: { form: failedForm(typed, error), error } }),
  );
}

async function remove(c: Context, site: Site): Promise<Response> {
  const typed = await readForm(c);
  return mendable(
    async () => {
      await removeLogo(site.kernel, c.get('actor'), versionOf(typed));
      return c.redirect(`${path}?done=removed`, 303);
    },
    (error) => show(c, site, { logo: { form: failedForm(typed, error), error } }),
  );
}
