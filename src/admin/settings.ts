// The page's settings, as an admin changes them: its name, contact, zone and target.
import { readSettings, saveSettings } from '../settings/service.ts';
import { pageSettingsForm } from '../settings/forms.ts';
import type { AppError } from '../shared/errors.ts';
import { parse } from '../shared/form.ts';
import { statusOf } from '../web/errors.ts';
import { readForm } from '../web/forms.ts';
import type { Context, Route, Site } from '../web/types.ts';
import { renderDesk } from './desk.ts';
import { failedForm, type FormState, freshForm, mendable, rawField, versionOf } from './forms.ts';
import { lookRoutes } from './settings-look.ts';
import { shownRoutes } from './settings-shown.ts';

export const settingsRoutes = (site: Site): Route[] => [
  {
    method: 'GET',
    path: '/admin/settings',
    surface: 'desk',
    needs: 'configure',
    handle: (c) => showSettings(c, site),
  },
  {
    method: 'POST',
    path: '/admin/settings',
    surface: 'desk',
    needs: 'configure',
    handle: (c) => save(c, site),
  },
  ...lookRoutes(site),
  ...shownRoutes(site),
];

async function showSettings(
  c: Context,
  site: Site,
  failed?: { form: FormState; error: AppError },
): Promise<Response> {
  const { kernel, config } = site;
  const settings = await readSettings(kernel.db.read);
  const { name, supportContact, timeZone, targetMinutes } = settings;
  const saved = { name, supportContact, timeZone, targetMinutes: String(targetMinutes) };
  const page = {
    title: 'Settings',
    version: settings.version,
    zones: ['Etc/UTC', ...Intl.supportedValuesOf('timeZone')],
    isConflict: failed?.error.code === 'conflict',
    saved,
    form: failed?.form ?? freshForm(saved),
    facts: [
      { label: 'Address of the page', value: kernel.publicUrl },
      { label: 'Page id, for the API', value: settings.pageId },
      { label: 'Mail is sent from', value: config.mailFrom.address },
      {
        label: 'Mail server',
        value:
          config.relays.length > 0
            ? config.relays.map((relay) => relay.name).join(', ')
            : 'not set: mail is captured',
      },
    ],
  };
  return renderDesk(c, site, 'admin/settings', page, failed ? statusOf(failed.error) : 200);
}

async function save(c: Context, site: Site): Promise<Response> {
  const typed = await readForm(c);
  return mendable(
    async () => {
      const form = parse(pageSettingsForm, {
        name: rawField(typed, 'name'),
        supportContact: rawField(typed, 'supportContact'),
        timeZone: rawField(typed, 'timeZone'),
        targetMinutes: rawField(typed, 'targetMinutes'),
      });
      await saveSettings(site.kernel, c.get('actor'), versionOf(typed), form);
      return c.redirect('/admin/settings?done=saved', 303);
    },
    (error) => showSettings(c, site, { form: failedForm(typed, error), error }),
  );
}
