// A message on its way, as every page that shows one reads it: how far it is, what can be done, whom it missed, what it says.
import { can } from '../accounts/rules.ts';
import { type Actor, actorKinds } from '../events/types.ts';
import {
  activeNotifications,
  listUndelivered,
  type NotificationDetail,
  notificationDetail,
  type NotificationLine,
} from '../notifications/progress.ts';
import { countReturns, returnsOf } from '../returns/store.ts';
import type { ReturnedRow } from '../returns/types.ts';
import { isOneOf } from '../shared/words.ts';
import { utcFull, utcShort } from '../shared/time.ts';
import type { Context, Site } from '../web/types.ts';
import { idParameter } from './incident-list.ts';
import { namesOf } from './incident-page.ts';
import { deliveryLabels, notificationLabels } from './labels.ts';
import { type MailHealth, mailHealth } from './mail-health.ts';
import { cancelReason, componentNames, type Release, releaseBy } from './mail-store.ts';
import { audienceWords, cancelWords, pauseWords } from './mail-words.ts';
import { type AddressShown, addressShown, reasonWords, returnWords } from './missed.ts';
import { paceOf, paceWords, timeLeftWords } from './pace.ts';

const peoplePerPage = 25;

/** Everything about one message for the part that shows it. */
export async function sendingModel(c: Context, site: Site, id: number) {
  const { kernel, config } = site;
  const reader = kernel.db.read;
  const detail = await notificationDetail(reader, id);
  const shown = addressShown(c);
  return {
    ...progressView(detail, await flowOf(site)),
    ...(await missedOf(c, site, id)),
    id,
    record: `/admin/mail/notifications/${id}`,
    ended: detail.state === 'cancelled' ? cancelWords(await cancelReason(reader, detail)) : '',
    ...(await returnedOf(c, site, id)),
    doubtful: detail.doubtful,
    facts: {
      subject: detail.content.subject,
      from: mailbox(config.mailFrom),
      replyTo: config.mailReplyTo ?? '',
      audience: audienceWords(
        detail,
        (await componentNames(reader, detail.audience)).map(({ name }) => name),
        shown.show(detail.recipient),
      ),
      released: await releasedBy(site, await releaseBy(reader, detail.cutSeq)),
      releasedText: utcFull(detail.createdAt),
      worthUntil: utcFull(detail.expiresAt),
      hash: detail.contentSha256,
    },
  };
}

export const mailbox = ({ name, address }: Site['config']['mailFrom']) =>
  name ? `${name} <${address}>` : address;

async function missedOf(c: Context, site: Site, id: number) {
  const after = idParameter(c, 'after') ?? 0;
  const page = { after, limit: peoplePerPage + 1 };
  const rows = await listUndelivered(site.kernel.db.read, id, page);
  const shown = addressShown(c);
  return {
    missed: rows.slice(0, peoplePerPage).map((row) => ({
      address: shown.show(row.email),
      label: deliveryLabels[row.state],
      ...reasonWords(row),
      attempts: row.attempts,
    })),
    more: rows.length > peoplePerPage ? rows[peoplePerPage - 1]?.recipientId : undefined,
    isLaterPage: after > 0,
    isMasked: !shown.mayRead,
  };
}

/** Accepted by the mail server, and sent back by the recipient's: the first of them. */
async function returnedOf(c: Context, { kernel }: Site, id: number) {
  const returned = await countReturns(kernel.db.read, id);
  const first = { after: 0, limit: peoplePerPage };
  const rows = returned === 0 ? [] : await returnsOf(kernel.db.read, id, first);
  return { returned, cameBack: rows.map((row) => cameBackView(row, addressShown(c))) };
}

const cameBackView = (row: ReturnedRow, { show }: AddressShown) => ({
  address: show(row.email),
  ...returnWords(row),
  atText: utcShort(row.at),
});

async function releasedBy({ kernel }: Site, release: Release | undefined): Promise<string> {
  if (!release) return '';
  const names = await namesOf(kernel.db.read);
  const kind: Actor['kind'] = isOneOf(actorKinds, release.actorKind) ? release.actorKind : 'system';
  if (kind === 'account') return names.account(release.actorId);
  if (kind === 'token') return names.token(release.actorId);
  return kind === 'system' ? 'Forthright' : 'a visitor';
}

// Progress

/** How mail flows now, and what stands before each message: one after the other is sent. */
export interface Flow {
  now: Date;
  health: MailHealth;
  perSecond: number | undefined;
  /** What goes out now, in the order it is sent. */
  active: NotificationLine[];
  /** Messages that go out before those of a notification, by its id. */
  ahead: Map<number, number>;
}

export async function flowOf(site: Site): Promise<Flow> {
  const now = site.kernel.clock.now();
  const health = await mailHealth(site);
  const active = await activeNotifications(site.kernel.db.read);
  const due = active.filter((line) => line.notBefore <= now);
  const [first] = due;
  const own = first
    ? { sent: first.counts.sent, sentFor: now.getTime() - first.notBefore.getTime() }
    : { sent: 0, sentFor: 0 };
  const ahead = new Map<number, number>();
  let before = 0;
  for (const line of due) {
    ahead.set(line.notificationId, before);
    before += waitingOf(line);
  }
  const perSecond = paceOf({ perMinute: health.perMinute, ...own });
  return { now, health, perSecond, active, ahead };
}

const waitingOf = ({ owed, counts }: NotificationLine) =>
  Math.max(0, owed - counts.sent - counts.failed - counts.suppressed - counts.cancelled);

/** Numbers, words and what can be done, for the big panel and for the cards of the overview. */
export function progressView(line: NotificationLine | NotificationDetail, flow: Flow) {
  const { state, counts, owed, expanded } = line;
  const open = waitingOf(line);
  // What is not cancelled row by row yet will be: nothing of it goes out any more.
  const isCancelled = state === 'cancelled';
  const cancelled = counts.cancelled + (isCancelled ? open : 0);
  const waiting = isCancelled ? 0 : open;
  const isLive = state === 'queued' || state === 'sending' || state === 'paused';
  const share = (n: number) => (owed === 0 ? 0 : Math.round((n / owed) * 1000));
  return {
    state,
    label: notificationLabels[state],
    icon: stateIcons[state],
    owed,
    isWhole: expanded,
    counts: { ...counts, cancelled, waiting },
    isLive,
    isPaused: state === 'paused',
    isOld: state === 'paused' && line.expiresAt <= flow.now,
    oldSince: utcFull(line.expiresAt),
    percent: owed === 0 ? 100 : Math.floor((counts.sent / owed) * 100),
    bar: {
      sent: share(counts.sent),
      failed: share(counts.failed),
      suppressed: share(counts.suppressed),
    },
    doing: doingWords(line, waiting, flow),
    startedText: utcFull(line.createdAt),
    finishedText: line.finishedAt ? utcFull(line.finishedAt) : '',
    // Trying again lets the rest go on too: what is held is decided about first.
    canRetry: counts.failed > 0 && !isCancelled && state !== 'paused',
  };
}

const stateIcons: Record<NotificationLine['state'], string> = {
  queued: 'clock',
  sending: 'monitoring',
  paused: 'paused',
  sent: 'operational',
  cancelled: 'cancelled',
};

/** `about 12 min left at 84 a second`, or what it waits for. Empty when there is nothing to say. */
function doingWords(line: NotificationLine, waiting: number, flow: Flow): string {
  const { state, notBefore, notificationId: id } = line;
  if (state === 'paused') return pauseWords(line.pausedBecause);
  if (state !== 'queued' && state !== 'sending') return '';
  if (notBefore > flow.now)
    return `Goes out at ${utcFull(notBefore)}; until then it can be taken back.`;
  if (flow.health.isSilent) return 'Waits: the sender is not running.';
  if (flow.health.isDown) return 'Waits: no mail server is answering.';
  if (waiting === 0) return '';
  if (flow.perSecond === undefined) return 'Waits its turn.';
  const ahead = flow.ahead.get(id) ?? 0;
  const pace = paceWords(flow.perSecond);
  const behind = ahead > 0 ? `, behind ${ahead.toLocaleString('en')} newer ones` : '';
  const left = timeLeftWords(waiting, ahead, flow.perSecond);
  return `${left.charAt(0).toUpperCase()}${left.slice(1)} at ${pace}${behind}.`;
}

/** Whether the person of this request may steer mail. */
export const maySteer = (c: Context): boolean => {
  const account = c.get('account');
  return account !== undefined && can(account.role, 'speak');
};
