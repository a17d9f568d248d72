// Settings, what is shown: bars, percentages, past days, overdue promises, and how uptime is weighed.
import { readSettings, saveSettings } from '../settings/service.ts';
import { shownForm } from '../settings/forms.ts';
import type { PageExtras } from '../settings/types.ts';
import type { AppError } from '../shared/errors.ts';
import { parse } from '../shared/form.ts';
import { statusOf } from '../web/errors.ts';
import { readForm } from '../web/forms.ts';
import type { Context, Route, Site } from '../web/types.ts';
import { renderDesk } from './desk.ts';
import { failedForm, type FormState, freshForm, mendable, rawField, versionOf } from './forms.ts';

const path = '/admin/settings/shown';

export const shownRoutes = (site: Site): Route[] => [
  { method: 'GET', path, surface: 'desk', needs: 'configure', handle: (c) => show(c, site) },
  { method: 'POST', path, surface: 'desk', needs: 'configure', handle: (c) => save(c, site) },
];

async function show(
  c: Context,
  site: Site,
  failed?: { form: FormState; error: AppError },
): Promise<Response> {
  const settings = await readSettings(site.kernel.db.read);
  const saved = fieldsOf(settings);
  const page = {
    title: 'Shown and uptime',
    version: settings.version,
    isConflict: failed?.error.code === 'conflict',
    saved,
    form: failed?.form ?? freshForm(saved),
    weights: [
      { name: 'weights.partial_outage', label: 'Partial outage' },
      { name: 'weights.degraded_performance', label: 'Degraded performance' },
      { name: 'weights.under_maintenance', label: 'Under maintenance' },
    ],
    example: exampleOf(settings),
  };
  return renderDesk(c, site, 'admin/settings-shown', page, failed ? statusOf(failed.error) : 200);
}

const on = (isOn: boolean) => (isOn ? 'on' : '');
const percent = (share: number) => String(Math.round(share * 100));

const fieldsOf = ({ shown, weights }: PageExtras) => ({
  bars: on(shown.bars),
  percentages: on(shown.percentages),
  overdue: on(shown.overdue),
  pastDays: String(shown.pastDays),
  'weights.partial_outage': percent(weights.partial_outage),
  'weights.degraded_performance': percent(weights.degraded_performance),
  'weights.under_maintenance': percent(weights.under_maintenance),
});

/** What an hour of each kind within 90 days comes to, with the weights saved last. */
function exampleOf({ weights }: PageExtras) {
  const hoursKnown = 90 * 24;
  const kinds: [string, number][] = [
    ['of major outage', 1],
    ['of partial outage', weights.partial_outage],
    ['of degraded performance', weights.degraded_performance],
    ['of maintenance', weights.under_maintenance],
  ];
  return kinds.map(([of, weight]) => ({
    of,
    share: `${(Math.floor((1 - (10 * weight) / hoursKnown) * 10_000) / 100).toFixed(2)} %`,
  }));
}

async function save(c: Context, site: Site): Promise<Response> {
  const typed = await readForm(c);
  const field = (name: string) => rawField(typed, name);
  return mendable(
    async () => {
      const { weights, ...shown } = parse(shownForm, {
        bars: field('bars'),
        percentages: field('percentages'),
        overdue: field('overdue'),
        pastDays: field('pastDays'),
        weights: {
          partial_outage: field('weights.partial_outage'),
          degraded_performance: field('weights.degraded_performance'),
          under_maintenance: field('weights.under_maintenance'),
        },
      });
      const version = versionOf(typed);
      await saveSettings(site.kernel, c.get('actor'), version, { shown, weights });
      return c.redirect(`${path}?done=saved`, 303);
    },
    (error) => show(c, site, { form: failedForm(typed, error), error }),
  );
}
