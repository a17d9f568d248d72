// Declaring an incident: title, severity, whom it concerns, what is affected, and the first words.
import { listComponents } from '../components/service.ts';
import { defaultVisibility } from '../incidents/rules.ts';
import { declare } from '../incidents/service.ts';
import { declareForm } from '../incidents/types.ts';
import { readSettings } from '../settings/service.ts';
import type { AppError } from '../shared/errors.ts';
import { parse } from '../shared/form.ts';
import { severities } from '../shared/words.ts';
import { statusOf } from '../web/errors.ts';
import { type FormValues, readForm } from '../web/forms.ts';
import type { Context, Route, Site } from '../web/types.ts';
import { componentsField, promiseField, promiseView } from './composer.ts';
import { renderDesk } from './desk.ts';
import {
  chosenStatuses,
  failedForm,
  type FormState,
  freshForm,
  keyOf,
  mendable,
  promiseOf,
  rawField,
  readBoth,
  sentOf,
} from './forms.ts';
import { severityWords } from './labels.ts';

export const declareRoutes = (site: Site): Route[] => [
  {
    method: 'GET',
    path: '/admin/incidents/new',
    surface: 'desk',
    needs: 'speak',
    handle: (c) => showForm(c, site, freshForm({ severity: '1', visibility: 'public' })),
  },
  {
    method: 'POST',
    path: '/admin/incidents',
    surface: 'desk',
    needs: 'speak',
    limit: 64 * 1024,
    handle: (c) => declareIncident(c, site),
  },
];

async function declareIncident(c: Context, site: Site): Promise<Response> {
  const typed = await readForm(c);
  return mendable(
    async () => {
      const input = await readDeclaration(site, typed);
      const published = await declare(site.kernel, c.get('actor'), input);
      return c.redirect(`/admin/incidents/${published.incidentPublicId}?done=declared`, 303);
    },
    (error) => showForm(c, site, failedForm(typed, error), error),
  );
}

async function readDeclaration(site: Site, typed: FormValues) {
  const settings = await readSettings(site.kernel.db.read);
  const field = promiseField(settings.timeZone, site.kernel.clock.now(), settings.targetMinutes);
  const isPublic = typed['visibility'] === 'public';
  const [form, nextUpdateBy] = readBoth(
    () =>
      parse(declareForm, {
        title: rawField(typed, 'title'),
        severity: rawField(typed, 'severity'),
        visibility: rawField(typed, 'visibility'),
        body: rawField(typed, 'body'),
        components: chosenStatuses(typed),
      }),
    () => (isPublic ? promiseOf(typed, field) : null),
  );
  const { title, severity, visibility, state, body, components } = form;
  const said = { title, severity, visibility, state, body, components, nextUpdateBy };
  return {
    ...said,
    email: { kind: 'draft' } as const,
    idempotencyKey: keyOf(typed),
    sent: sentOf(typed),
  };
}

async function showForm(
  c: Context,
  site: Site,
  form: FormState,
  error?: AppError,
): Promise<Response> {
  const { kernel } = site;
  const settings = await readSettings(kernel.db.read);
  const field = promiseField(settings.timeZone, kernel.clock.now(), settings.targetMinutes);
  // A key that already led to another incident cannot be used again; any other fault keeps it.
  const keepsKey = error !== undefined && error.code !== 'mismatch';
  const page = {
    title: 'Declare incident',
    form,
    key: (keepsKey && form.values['key']) || kernel.ids.publicId(),
    severities: severities.map((value) => ({
      value: String(value),
      label: `SEV${value}`,
      words: severityWords[value],
      visibility: defaultVisibility(value),
    })),
    components: componentsField(await listComponents(kernel.db.read), form, new Map()),
    promise: promiseView(form, field, settings.targetMinutes),
  };
  return renderDesk(c, site, 'admin/declare', page, error ? statusOf(error) : 200);
}
