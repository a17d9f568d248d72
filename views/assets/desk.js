// The desk's clocks and live parts: what ticks, and what is swapped in when something changed. Every page works without it.
import { all, one, field } from './dom.js';

// Clocks

const minute = 60_000;
const serverNow = Date.parse(document.body.dataset.serverNow ?? '');
/** Milliseconds that the server's clock is ahead of this machine's. */
let ahead = Number.isNaN(serverNow) ? 0 : serverNow - Date.now();
const now = () => Date.now() + ahead;

/** As the server says it: whole minutes, begun ones counting as left. @param {number} ms */
function duration(ms) {
  const total = Math.max(0, Math.round(ms / minute));
  const [d, h, m] = [Math.floor(total / 1440), Math.floor(total / 60) % 24, total % 60];
  if (d > 0) return h > 0 ? `${d} d ${h} h` : `${d} d`;
  if (h > 0) return m > 0 ? `${h} h ${m} min` : `${h} h`;
  return `${m} min`;
}

/** @param {number} remaining */
function tone(remaining) {
  if (remaining > 10 * minute) return 'calm';
  if (remaining > 0) return 'soon';
  return remaining > -minute ? 'due' : 'overdue';
}

/** @param {number} remaining */
function clockWords(remaining) {
  const whole = Math.ceil(remaining / minute) * minute;
  if (tone(remaining) === 'due') return 'due now';
  return remaining > 0 ? `${duration(whole)} left` : `overdue by ${duration(-whole)}`;
}

const pad = (/** @type {number} */ n) => String(n).padStart(2, '0');

/** `12:34` under an hour, `1:02:03` above. @param {number} remaining */
function figure(remaining) {
  const total = remaining > 0 ? Math.ceil(remaining / 1000) : Math.floor(-remaining / 1000);
  const [h, m, s] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  return h > 0 ? `${h}:${pad(m)}:${pad(s)}` : `${pad(m)}:${pad(s)}`;
}

function tick() {
  for (const element of all('[data-due]')) {
    const remaining = Date.parse(element.dataset.due ?? '') - now();
    if (element.dataset.words) element.textContent = clockWords(remaining);
    const value = one('.countdown-value', element);
    const side = one('.countdown-side', element);
    if (value) value.textContent = figure(remaining);
    if (side) side.textContent = remaining > 0 ? 'left' : 'overdue';
    const card = element.closest('[data-tone]');
    if (card instanceof HTMLElement && card.dataset.tone !== tone(remaining)) {
      card.dataset.tone = tone(remaining);
      void refresh();
    }
  }
  markTitle();
}

const plainTitle = document.title.replace(one('#banners')?.dataset.titleMark ?? '', '');

/** An overdue clock stands in the title and the icon of every page. */
function markTitle() {
  const late = all('.banner-overdue, .banner-due');
  const first = late[0];
  const words = first && one('[data-words]', first)?.textContent;
  const title = first && one('a', first)?.textContent;
  const more = late.length > 1 ? ` and ${late.length - 1} more` : '';
  const wanted = first ? `(!) ${words}: ${title}${more} · ${plainTitle}` : plainTitle;
  if (document.title !== wanted) document.title = wanted;
  const icon = one('link[rel="icon"]');
  const href = first ? icon?.dataset.overdue : icon?.dataset.calm;
  if (icon && href && icon.getAttribute('href') !== href) icon.setAttribute('href', href);
}

// Parts that refresh

let refreshing = false;
let again = false;

/** Fetches what may have changed and swaps it in; one request at a time. */
async function refresh() {
  if (refreshing) {
    again = true;
    return;
  }
  refreshing = true;
  try {
    const isLivePage = one('main [data-live]') !== null;
    let answer = await fetch(isLivePage ? location.href : '/admin/clocks');
    // A form shown again after a fault stands at an address that cannot be fetched.
    if (!answer.ok) answer = await fetch('/admin/clocks');
    if (answer.redirected && new URL(answer.url).pathname === '/admin/sign-in')
      return tellSignedOut();
    if (answer.ok) swapIn(new DOMParser().parseFromString(await answer.text(), 'text/html'));
  } catch {
    // Offline, or the server restarts: the clocks tick on, and the stream brings us back.
  } finally {
    refreshing = false;
    if (again) {
      again = false;
      setTimeout(refresh, 500);
    }
  }
}

/** @param {Document} fresh */
function swapIn(fresh) {
  const moment = Date.parse(one('[data-server-now]', fresh)?.dataset.serverNow ?? '');
  if (!Number.isNaN(moment)) ahead = moment - Date.now();
  for (const old of all('#banners, main [data-live]')) {
    const next = fresh.getElementById(old.id);
    if (next) swap(old, next);
  }
  const count = one('.side nav a[href="/admin"]', fresh);
  const counted = one('.side nav a[href="/admin"]');
  if (count && counted) counted.replaceChildren(...document.importNode(count, true).childNodes);
  noticeChange(fresh);
  tick();
}

/** Keeps what is focused focused and what is opened open. @param {HTMLElement} old @param {HTMLElement} next */
function swap(old, next) {
  const focused = document.activeElement;
  const isInside = focused !== null && old.contains(focused);
  const found = isInside ? selectorOf(focused) : '';
  if (isInside && !found) return;
  for (const details of all('details[open][id]', old)) {
    next.querySelector(`#${CSS.escape(details.id)}`)?.setAttribute('open', '');
  }
  const placed = document.importNode(next, true);
  old.replaceWith(placed);
  if (found) one(found, placed)?.focus();
}

/** By which its successor is found: its id, or where it leads. @param {Element} element */
function selectorOf(element) {
  if (element.id) return `#${CSS.escape(element.id)}`;
  const href = element instanceof HTMLAnchorElement && element.getAttribute('href');
  return href ? `a[href="${CSS.escape(href)}"]` : '';
}

/** Says in the composer that somebody else has been faster. @param {Document} fresh */
function noticeChange(fresh) {
  const mine = field('[data-composer] input[name="version"]');
  const theirs = field('[data-composer] input[name="version"]', fresh);
  const line = one('[data-state-warning]');
  if (!mine || !theirs || !line || mine.value === theirs.value) return;
  line.textContent =
    'Someone else has changed this incident since you opened this form. Read the timeline before you publish.';
  line.classList.add('warned');
}

function tellSignedOut() {
  const banners = one('#banners');
  if (!banners || one('.banner-signed-out')) return;
  const banner = document.createElement('div');
  banner.className = 'banner banner-overdue banner-signed-out';
  banner.setAttribute('role', 'alert');
  const words = document.createElement('p');
  const link = document.createElement('a');
  link.href = '/admin/sign-in';
  link.target = '_blank';
  link.textContent = 'Sign in again';
  words.append('Your session has ended. ', link, ' in another tab; what you typed here stays.');
  banner.append(words);
  banners.prepend(banner);
}

function listen() {
  const url = document.body.dataset.stream;
  if (!url) return;
  const stream = new EventSource(url);
  stream.addEventListener('changed', () => void refresh());
  // What changed before the stream was there, since the page was made or while the line was cut.
  stream.addEventListener('ready', () => void refresh());
  addEventListener('pagehide', () => stream.close());
}

// Beginning

// The answer to a button stands at the button's address: going back to it, or reloading, shows the page.
const address = one('[data-address]')?.dataset.address;
if (address && address !== location.pathname) history.replaceState(null, '', address);

// On a phone the navigation is one line, moved sideways: where one is has to be in sight.
const line = one('.side nav');
const current = line && one('[aria-current]', line);
if (current) {
  const [inner, outer] = [current.getBoundingClientRect(), line.getBoundingClientRect()];
  line.scrollLeft += inner.left - outer.left - (outer.width - inner.width) / 2;
}

for (const moment of all('time[datetime]')) {
  moment.title = `${new Date(moment.getAttribute('datetime') ?? '').toLocaleString()} your time`;
}
if (document.body.dataset.stream) {
  tick();
  setInterval(tick, 1000);
  listen();
  addEventListener('visibilitychange', () => {
    if (!document.hidden) void refresh();
  });
}
