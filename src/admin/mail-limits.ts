// What each relay may be sent, and over how many connections: over what SMTP_URL says, without a restart.
import { mostConnections, type Relay, type RelayLimits } from '../config/relays.ts';
import {
  limitsInForce,
  type MailLimits,
  mailLimitsForm,
  readMailLimits,
  saveMailLimits,
} from '../settings/mail-limits.ts';
import type { AppError } from '../shared/errors.ts';
import { notFound } from '../shared/errors.ts';
import { parse } from '../shared/form.ts';
import { statusOf } from '../web/errors.ts';
import { oneOf, readForm } from '../web/forms.ts';
import type { Context, Route, Site } from '../web/types.ts';
import { renderDesk } from './desk.ts';
import { failedForm, type FormState, freshForm, mendable, rawField } from './forms.ts';
import { limitWords } from './relays.ts';

const path = '/admin/mail/limits';

export const mailLimitRoutes = (site: Site): Route[] => [
  { surface: 'desk', method: 'GET', needs: 'configure', path, handle: (c) => show(c, site) },
  { surface: 'desk', method: 'POST', needs: 'configure', path, handle: (c) => save(c, site) },
];

type FieldName = keyof RelayLimits | 'connections';

const fields: { name: FieldName; label: string; hint: string }[] = [
  { name: 'connections', label: 'Connections at once', hint: `1 to ${mostConnections}` },
  { name: 'perSecond', label: 'Messages a second', hint: '' },
  { name: 'perHour', label: 'Messages an hour', hint: '' },
  { name: 'perDay', label: 'Messages a day', hint: '' },
  { name: 'perDomainPerMinute', label: 'A minute to one domain', hint: '' },
  { name: 'perConnection', label: 'Over one connection', hint: '' },
];

interface Failed {
  relay: string;
  form: FormState;
  error: AppError;
}

async function show(c: Context, site: Site, failed?: Failed): Promise<Response> {
  const decided = await readMailLimits(site.kernel.db.read);
  const relays = site.config.relays.map((relay, index) => {
    const mine = failed?.relay === relay.name ? failed.form : undefined;
    const { limits, connections } = limitsInForce(relay, decided[relay.name]);
    return {
      name: relay.name,
      index,
      words: `${connections} ${connections === 1 ? 'connection' : 'connections'}, ${limitWords(limits)}`,
      form: mine ?? freshForm(valuesOf(decided[relay.name] ?? {})),
      fields: fields.map((field) => ({ ...field, configured: configuredWords(relay, field.name) })),
    };
  });
  const page = { title: 'Relay limits', relays };
  return renderDesk(c, site, 'admin/mail-limits', page, failed ? statusOf(failed.error) : 200);
}

/** As they are typed: nothing for what SMTP_URL says, `none` for no limit. */
const valuesOf = (decided: MailLimits): Record<string, string> =>
  Object.fromEntries(
    Object.entries(decided).map(([name, value]) => [name, value === null ? 'none' : String(value)]),
  );

/** What an empty field stands for. */
function configuredWords(relay: Relay, name: FieldName): string {
  const value = name === 'connections' ? relay.connections : relay.limits[name];
  return value === null ? 'none' : value.toLocaleString('en');
}

async function save(c: Context, site: Site): Promise<Response> {
  const typed = await readForm(c);
  const relay = oneOf(typed, 'relay');
  if (!site.config.relays.some(({ name }) => name === relay)) throw notFound('relay');
  return mendable(
    async () => {
      const raw = Object.fromEntries(fields.map(({ name }) => [name, rawField(typed, name)]));
      const decided = parse(mailLimitsForm, raw);
      await saveMailLimits(site.kernel, c.get('actor'), relay, decided);
      return c.redirect(`${path}?done=saved`, 303);
    },
    (error) => show(c, site, { relay, form: failedForm(typed, error), error }),
  );
}
