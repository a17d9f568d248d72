// Mail at a glance: the relays, what is going out, what is held for a person's word, what went out lately.
import { discardAllHeld, heldNotifications, releaseAllHeld } from '../notifications/held.ts';
import {
  countDirectWaiting,
  type NotificationLine,
  recentNotifications,
} from '../notifications/progress.ts';
import { countHeld as countHeldWebhooks } from '../notifications/webhooks.ts';
import { invalid } from '../shared/errors.ts';
import { isOneOf } from '../shared/words.ts';
import { oneOf, readForm } from '../web/forms.ts';
import type { Context, Route, Site } from '../web/types.ts';
import { ago } from './clocks.ts';
import { renderDesk } from './desk.ts';
import { idParameter } from './incident-list.ts';
import { subjectsOf } from './mail-store.ts';
import { nameOf, pauseWords } from './mail-words.ts';
import { maskAddress } from '../shared/text.ts';
import { nearTime } from './mail-health.ts';
import { addressShown } from './missed.ts';
import { relaysView } from './relays.ts';
import { type Flow, flowOf, maySteer, progressView } from './sending-model.ts';

const pageSize = 20;
const heldShown = 50;

export function mailRoutes(site: Site): Route[] {
  const post = { surface: 'desk', method: 'POST', needs: 'speak' } as const;
  const path = '/admin/mail';
  return [
    { surface: 'desk', method: 'GET', needs: 'read', path, handle: (c) => show(c, site) },
    { ...post, path: `${path}/decisions`, handle: (c) => decide(c, site) },
  ];
}

async function show(c: Context, site: Site): Promise<Response> {
  const reader = site.kernel.db.read;
  const flow = await flowOf(site);
  return renderDesk(c, site, 'admin/mail-overview', {
    title: 'Mail',
    canSpeak: maySteer(c),
    canConfigure: addressShown(c).mayRead,
    relays: await relaysView(site, flow),
    isCapturing: site.config.relays.length === 0,
    isSilent: flow.health.isSilent,
    active: await cardsOf(site, flow.active, flow),
    directWaiting: await countDirectWaiting(reader),
    held: await heldView(c, site),
    heldWebhooks: await countHeldWebhooks(reader),
    ...(await recentView(c, site, flow)),
  });
}

/** Each message with what it is about and how far it is. */
async function cardsOf(site: Site, lines: NotificationLine[], flow: Flow) {
  const { incidents, maintenances } = await subjectsOf(site.kernel.db.read, lines);
  return lines.map((line) => {
    const about = incidents.get(line.incidentId ?? 0) ?? maintenances.get(line.maintenanceId ?? 0);
    return {
      id: line.notificationId,
      href: `/admin/mail/notifications/${line.notificationId}`,
      name: nameOf(line),
      title: about?.title ?? line.subject,
      at: line.createdAt.toISOString(),
      atText: nearTime(line.createdAt, flow.now),
      ...progressView(line, flow),
    };
  });
}

async function heldView(c: Context, site: Site) {
  const { kernel } = site;
  const now = kernel.clock.now();
  const held = await heldNotifications(kernel, heldShown);
  const { incidents, maintenances } = await subjectsOf(kernel.db.read, held.notifications);
  const { mayRead } = addressShown(c);
  const addressOf = (recipient: string | undefined) => {
    if (recipient === undefined) return 'an erased address';
    return mayRead ? recipient : maskAddress(recipient);
  };
  const reasons = new Set(held.notifications.map((line) => line.pausedBecause));
  const [reason = null] = reasons;
  return {
    /** Why, where it is the same for all of them. */
    why: reasons.size === 1 ? pauseWords(reason) : '',
    count: held.bulk + held.direct,
    direct: held.direct,
    expired: held.expired,
    current: held.bulk + held.direct - held.expired,
    oldest: held.oldestAt ? ago(held.oldestAt, now) : '',
    hidden: Math.max(0, held.bulk + held.direct - held.notifications.length),
    rows: held.notifications.map((line) => ({
      id: line.notificationId,
      href: `/admin/mail/notifications/${line.notificationId}`,
      name: nameOf(line),
      title:
        incidents.get(line.incidentId ?? 0)?.title ??
        maintenances.get(line.maintenanceId ?? 0)?.title ??
        line.subject,
      to: line.lane === 'direct' ? addressOf(line.recipient) : '',
      sent: line.counts.sent,
      waiting: line.counts.queued + line.counts.sending,
      why: pauseWords(line.pausedBecause),
      age: ago(line.createdAt, now),
      isExpired: line.isExpired,
    })),
  };
}

const lanes = ['bulk', 'direct'] as const;

/** To many, or to one each; only known words choose (S-50). */
function laneOf(c: Context): (typeof lanes)[number] {
  const [lane = 'bulk', ...others] = c.req.queries('lane') ?? [];
  if (others.length === 0 && isOneOf(lanes, lane)) return lane;
  throw invalid('lane', 'This link is not complete. Please follow it again.');
}

async function recentView(c: Context, site: Site, flow: Flow) {
  const lane = laneOf(c);
  const before = idParameter(c, 'before');
  const page = { before, limit: pageSize + 1 };
  const lines = await recentNotifications(site.kernel.db.read, lane, page);
  const shown = lines.slice(0, pageSize);
  return {
    lane,
    recent: await cardsOf(site, shown, flow),
    isFirstPage: before === undefined,
    older: lines.length > pageSize ? shown.at(-1)?.notificationId : undefined,
  };
}

/** About everything that is held, at once. */
async function decide(c: Context, site: Site): Promise<Response> {
  const decision = oneOf(await readForm(c), 'decision');
  const actor = c.get('actor');
  if (decision === 'release') {
    await releaseAllHeld(site.kernel, actor);
    return c.redirect('/admin/mail?done=released-held', 303);
  }
  if (decision === 'discard') {
    await discardAllHeld(site.kernel, actor);
    return c.redirect('/admin/mail?done=discarded', 303);
  }
  throw invalid('decision', 'This form is incomplete. Please reload the page.');
}
