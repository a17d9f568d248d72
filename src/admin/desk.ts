// The desk's frame: what every signed-in page shows around its own content.
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { can, type Capability } from '../accounts/rules.ts';
import { openClocks } from '../cadence/service.ts';
import { countHeldMail } from '../notifications/held.ts';
import { pausedFanOuts } from '../notifications/service.ts';
import { readSettings } from '../settings/service.ts';
import { assetUrl } from '../web/assets.ts';
import { isLoopback } from '../web/client.ts';
import type { Context, Site } from '../web/types.ts';
import { countQuarantined } from '../webhooks/service.ts';
import { render } from '../web/views.ts';
import { clockFace, type ClockFace } from './clocks.ts';
import { roleLabels } from './labels.ts';
import { type MailTrouble, mailTrouble } from './mail-health.ts';
import { emailPages } from './store.ts';

/** A desk page's model: what its view reads, and what the frame reads of it. */
export interface DeskPage {
  title: string;
  /** One centred card without navigation: sign-in and set-up. */
  bare?: boolean;
  /** Uses the whole width: the email editor. */
  wide?: boolean;
  [part: string]: unknown;
}

/** Answers with `views/<view>.eta` inside the desk's frame. */
export async function renderDesk(
  c: Context,
  site: Site,
  view: string,
  page: DeskPage,
  status: ContentfulStatusCode = 200,
): Promise<Response> {
  const flash = flashes[c.req.query('done') ?? ''];
  const model = { bare: false, wide: false, flash, ...page, desk: await deskFrame(c, site) };
  return render(c, view, model, status);
}

/** What happened, after a redirect. Named by a word in the URL, so that no text comes from there. */
const flashes: Record<string, string> = Object.assign(Object.create(null), {
  declared: 'The incident is declared.',
  recorded: 'Recorded. Nobody was notified.',
  published: 'The update is published.',
  'published-skipping':
    'The update is published. It left out a state on the way; the timeline says so.',
  retracted: 'The incident is off the public page. What was not sent yet stays unsent.',
  corrected: 'The correction is published.',
  changed: 'Saved.',
  'made-public': 'The incident is public now.',
  lead: 'You are the Communications Lead of this incident.',
  saved: 'Saved.',
  tested: 'The test is on its way to you.',
  released: 'The email is on its way.',
  skipped: 'Noted: no email for this update.',
  paused: 'Sending is paused.',
  resumed: 'Sending goes on.',
  'released-held': 'What was held and still worth sending is on its way.',
  discarded: 'What was held is discarded.',
  'mailed-again': 'It gets mail again, from the next message on.',
  purged: 'They are erased.',
  cancelled: 'What had not been sent is cancelled.',
  retried: 'The failed ones are queued again.',
  added: 'Added.',
  archived: 'Archived.',
  removed: 'Removed.',
  moved: 'Moved.',
  reactivated: 'It is told of what happens again.',
  sent: 'The held messages are on their way.',
  dropped: 'The held messages are dropped.',
  scheduled: 'The maintenance is announced.',
  rescheduled: 'The new time is published.',
  'called-off': 'The maintenance is cancelled.',
  'series-ended': 'It does not repeat any more.',
});

/** What the layout reads. */
export interface DeskFrame {
  account: { name: string; roleLabel: string } | undefined;
  csrf: string;
  pageName: string;
  publicUrl: string;
  serverNow: string;
  nav: NavItem[];
  /** Clocks that ask for something now, most urgent first. */
  alerts: Alert[];
  overdue: boolean;
  /** Stands before the page's title: `(!) overdue by 3 min: Payments failing · `. */
  titleMark: string;
  /** Messages that wait for a decision, as after a restore; for those who may decide. */
  paused: { count: number; emails: { href: string; title: string }[] };
  /** Webhooks that were switched off after failing for long; for those who may bring them back. */
  brokenWebhooks: number;
  /** Why mail does not leave, while it does not. */
  mailTrouble: MailTrouble | undefined;
  captureMode: boolean;
  plainCookie: boolean;
  icons: { calm: string; overdue: string };
  styles: string[];
  scripts: string[];
}

interface NavItem {
  label: string;
  href: string;
  icon: string;
  current: boolean;
  count: number;
  countLabel: string;
}

export async function deskFrame(c: Context, site: Site): Promise<DeskFrame> {
  const { kernel, config } = site;
  const account = c.get('account');
  const settings = await readSettings(kernel.db.read);
  const clocks = await runningClocks(c, site);
  const overdue = clocks.filter((clock) => clock.tone === 'overdue' || clock.tone === 'due');
  return {
    account: account && { name: account.name, roleLabel: roleLabels[account.role] },
    csrf: c.get('csrf'),
    pageName: settings.name,
    publicUrl: kernel.publicUrl,
    serverNow: kernel.clock.now().toISOString(),
    nav: account ? navigation(c, (capability) => can(account.role, capability), clocks.length) : [],
    alerts: clocks.filter((clock) => asksForWord(clock, c.req.path)),
    overdue: overdue.length > 0,
    titleMark: titleMark(overdue),
    paused: await pausedMail(c, site),
    brokenWebhooks:
      account && can(account.role, 'configure') ? await countQuarantined(kernel.db.read) : 0,
    mailTrouble: account && (await mailTrouble(site)),
    captureMode: account !== undefined && config.relays.length === 0,
    plainCookie: isPlainHttp(kernel.publicUrl),
    icons: { calm: assetUrl('desk-calm.svg'), overdue: assetUrl('desk-overdue.svg') },
    styles: [assetUrl('tokens.css'), assetUrl('desk.css')],
    scripts: ['desk.js', 'desk-forms.js', 'desk-email.js'].map(assetUrl),
  };
}

interface Alert extends ClockFace {
  /** The incident's public id. */
  id: string;
  title: string;
  canSpeak: boolean;
}

async function runningClocks(c: Context, site: Site): Promise<Alert[]> {
  const account = c.get('account');
  if (!account) return [];
  const now = site.kernel.clock.now();
  const clocks = await openClocks(site.kernel.db.read, now);
  return clocks
    .toSorted((a, b) => a.due.getTime() - b.due.getTime())
    .map(({ incidentId, title, due }) => {
      return {
        id: incidentId,
        title,
        canSpeak: can(account.role, 'speak'),
        ...clockFace(due, now),
      };
    });
}

const mostPausedNamed = 5;

async function pausedMail(c: Context, { kernel }: Site): Promise<DeskFrame['paused']> {
  const account = c.get('account');
  if (!account || !can(account.role, 'speak')) return { count: 0, emails: [] };
  const { bulk, direct } = await countHeldMail(kernel.db.read, kernel.clock.now());
  if (bulk + direct === 0) return { count: 0, emails: [] };
  const paused = await pausedFanOuts(kernel.db.read);
  const emails = await emailPages(kernel.db.read, paused.slice(0, mostPausedNamed));
  return { count: bulk + direct, emails };
}

/** Overdue clocks are told on every page; nearing ones where they are not in sight anyway. */
function asksForWord({ tone, id }: Alert, path: string): boolean {
  if (tone !== 'soon') return tone !== 'calm';
  return path !== '/admin' && path !== '/admin/clocks' && !path.includes(id);
}

function titleMark(overdue: Alert[]): string {
  const [first, ...others] = overdue;
  if (!first) return '';
  const more = others.length > 0 ? ` and ${others.length} more` : '';
  return `(!) ${first.words}: ${first.title}${more} · `;
}

/** Plain http anywhere but on this machine: no `__Host-` cookie, no secrecy (T28). */
function isPlainHttp(publicUrl: string): boolean {
  const url = new URL(publicUrl);
  return url.protocol === 'http:' && !isLoopback(url.hostname);
}

interface Place {
  label: string;
  href: string;
  icon: string;
  needs: Capability;
}

const places: Place[] = [
  { label: 'Clocks', href: '/admin', icon: 'clock', needs: 'read' },
  { label: 'Incidents', href: '/admin/incidents', icon: 'incident', needs: 'read' },
  { label: 'Maintenance', href: '/admin/maintenance', icon: 'maintenance', needs: 'read' },
  { label: 'Components', href: '/admin/components', icon: 'component', needs: 'read' },
  { label: 'Subscribers', href: '/admin/subscribers', icon: 'people', needs: 'configure' },
  { label: 'Webhooks', href: '/admin/webhooks', icon: 'hook', needs: 'configure' },
  { label: 'Mail', href: '/admin/mail', icon: 'mail', needs: 'read' },
  { label: 'Settings', href: '/admin/settings', icon: 'settings', needs: 'configure' },
  { label: 'Accounts', href: '/admin/accounts', icon: 'badge', needs: 'configure' },
  { label: 'API tokens', href: '/admin/tokens', icon: 'key', needs: 'configure' },
];

/** Pages that have no place of their own in the navigation. */
const alsoUnder: Record<string, string[]> = {
  '/admin/incidents': ['/admin/emails'],
  '/admin/mail': ['/admin/mailbox', '/admin/quarantine'],
};

function navigation(
  c: Context,
  may: (capability: Capability) => boolean,
  running: number,
): NavItem[] {
  const here = (href: string) =>
    href === '/admin'
      ? c.req.path === href
      : c.req.path === href || c.req.path.startsWith(`${href}/`);
  return places
    .filter((place) => may(place.needs))
    .map(({ label, href, icon }) => ({
      label,
      href,
      icon,
      current: here(href) || (alsoUnder[href] ?? []).some(here),
      count: href === '/admin' ? running : 0,
      countLabel: running === 1 ? 'clock running' : 'clocks running',
    }));
}
