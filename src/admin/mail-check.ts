// Set-up help for mail: try a relay with settings that are saved nowhere, and look a sending domain over.
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Relay } from '../config/relays.ts';
import { bulkDemands, bulkThreshold, finishTime } from '../mail-check/bulk.ts';
import { checkTyped, type OpenDns } from '../mail-check/domain-checks.ts';
import { domainDefaults, readDomainForm } from '../mail-check/domain-form.ts';
import { environmentLines, readTrial } from '../mail-check/trial-form.ts';
import { type Tried, tryRelay } from '../mail-check/trials.ts';
import { createTurns, type InTurn } from '../mail-check/turns.ts';
import type { Finding } from '../mail-check/types.ts';
import { limitsInForce, readMailLimits } from '../settings/mail-limits.ts';
import { AppError } from '../shared/errors.ts';
import { counts } from '../subscribers/service.ts';
import { statusOf } from '../web/errors.ts';
import { type FormValues, oneOf, readForm } from '../web/forms.ts';
import type { Context, Route, Site } from '../web/types.ts';
import { renderDesk } from './desk.ts';
import { failedForm, type FormState, freshForm, mendable, rawField } from './forms.ts';
import {
  demandView,
  findingView,
  relayValues,
  securityChoices,
  spanWords,
  trialView,
} from './mail-check-model.ts';

const path = '/admin/mail/check';

interface Room {
  site: Site;
  trialTurn: InTurn;
  domainTurn: InTurn;
  openDns: OpenDns | undefined;
}

/** `openDns` is for tests: the machine's name servers by default. */
export function mailCheckRoutes(site: Site, openDns?: OpenDns): Route[] {
  const room: Room = {
    site,
    trialTurn: createTurns(site.kernel, 'relay-trial'),
    domainTurn: createTurns(site.kernel, 'domain-check'),
    openDns,
  };
  const desk = { surface: 'desk', needs: 'configure' } as const;
  return [
    { ...desk, method: 'GET', path, handle: (c) => show(c, room) },
    { ...desk, method: 'POST', path: `${path}/trials`, handle: (c) => trial(c, room) },
    { ...desk, method: 'POST', path: `${path}/domains`, handle: (c) => domain(c, room) },
  ];
}

interface Shown {
  relayForm?: FormState;
  domainForm?: FormState;
  tried?: Tried;
  findings?: Finding[];
}

async function show(
  c: Context,
  room: Room,
  shown: Shown = {},
  status: ContentfulStatusCode = 200,
): Promise<Response> {
  const { config } = room.site;
  const { tried, findings } = shown;
  const index = relayIndex(shown.relayForm?.values['relay'] ?? c.req.query('relay') ?? '0');
  const saved = config.relays[index];
  const usual = relayValues(saved, config.mailFrom.address, c.get('account')?.email ?? '');
  return renderDesk(
    c,
    room.site,
    'admin/mail-check',
    {
      title: 'Mail set-up',
      relayForm: shown.relayForm ?? freshForm({ ...usual, relay: String(index) }),
      domainForm: shown.domainForm ?? freshForm(domainDefaults(config)),
      securities: securityChoices,
      relays: config.relays.map(({ name }, at) => ({ name, at, isShown: at === index })),
      keepsPassword: saved?.password !== undefined,
      trial: tried && trialView(tried),
      environment: tried ? environmentLines(tried.trial, config.mailFrom.address) : [],
      findings: findings?.map(findingView),
      demands: findings && bulkDemands(findings).map(demandView),
      volume: await volumeOf(room.site),
      signsItself: config.dkim !== undefined,
    },
    status,
  );
}

const relayIndex = (text: string) => (/^\d{1,2}$/.test(text) ? Number(text) : 0);

/** How many one mail to everybody is, and how long the limits make it last. */
async function volumeOf({ kernel, config }: Site) {
  const { confirmed } = await counts(kernel.db.read);
  const decided = await readMailLimits(kernel.db.read);
  const limits = config.relays.map((relay) => limitsInForce(relay, decided[relay.name]).limits);
  const time = finishTime(confirmed, limits);
  return {
    confirmed: confirmed.toLocaleString('en'),
    isBulk: confirmed >= bulkThreshold,
    threshold: bulkThreshold.toLocaleString('en'),
    span: time === null ? '' : spanWords(time),
  };
}

/** Trying */

async function trial(c: Context, room: Room): Promise<Response> {
  const typed = await readForm(c);
  const again = { ...typed, password: '' };
  return stayingHere(
    async () => {
      const wanted = readTrial(fieldsOf(typed, trialFields), savedRelay(room, typed));
      const tried = await room.trialTurn(c.get('actor'), () =>
        tryRelay(room.site.kernel, c.get('actor'), wanted),
      );
      return show(c, room, { relayForm: typedForm(again), tried });
    },
    (error) => show(c, room, { relayForm: failedForm(again, error) }, statusOf(error)),
  );
}

const trialFields = [
  'host',
  'port',
  'security',
  'anyCertificate',
  'user',
  'password',
  'from',
  'to',
  'upTo',
];

const savedRelay = ({ site }: Room, typed: FormValues): Relay | undefined =>
  site.config.relays[relayIndex(oneOf(typed, 'relay'))];

/** Absent fields stay absent, repeated ones are refused by the schema (S-26). */
const fieldsOf = (typed: FormValues, names: string[]) =>
  Object.fromEntries(
    names.filter((name) => Object.hasOwn(typed, name)).map((name) => [name, rawField(typed, name)]),
  );

/** Checking */

async function domain(c: Context, room: Room): Promise<Response> {
  const typed = await readForm(c);
  return stayingHere(
    async () => {
      const wanted = readDomainForm(
        fieldsOf(typed, ['domain', 'bounceDomain', 'selector', 'addresses']),
      );
      const { kernel, config } = room.site;
      const findings = await room.domainTurn(c.get('actor'), () =>
        checkTyped(kernel, config, wanted, room.openDns),
      );
      return show(c, room, { domainForm: typedForm(typed), findings });
    },
    (error) => show(c, room, { domainForm: failedForm(typed, error) }, statusOf(error)),
  );
}

const typedForm = (typed: FormValues): FormState =>
  freshForm(Object.fromEntries(Object.keys(typed).map((name) => [name, oneOf(typed, name)])));

/** Whatever is refused, the form stays with what was typed; also when it was too often. */
const stayingHere = (
  work: () => Promise<Response>,
  again: (error: AppError) => Promise<Response>,
): Promise<Response> =>
  mendable(async () => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof AppError && error.code === 'too_many') return again(error);
      throw error;
    }
  }, again);
