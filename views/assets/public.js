// Small comforts for the public pages: local times, the countdown, a quiet refresh, copy buttons, and on
// demand the bars' cards. Nothing depends on it.

const root = document.documentElement;
const language = root.lang;

/** @type {Record<string, Intl.DateTimeFormatOptions>} */
const formats = {
  clock: { hour: '2-digit', minute: '2-digit' },
  short: { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' },
  full: { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' },
};

/**
 * Says every instant in the reader's own zone; the UTC text stays as the title.
 * @param {ParentNode} part
 */
function sayLocalTimes(part) {
  for (const time of part.querySelectorAll('time[data-format]')) {
    const at = new Date(time.getAttribute('datetime') ?? '');
    const format = formats[time.getAttribute('data-format') ?? ''];
    if (!format || Number.isNaN(at.getTime())) continue;
    time.setAttribute('title', time.textContent?.trim() ?? '');
    time.textContent = new Intl.DateTimeFormat(language, {
      ...format,
      hourCycle: 'h23',
      timeZoneName: 'short',
    }).format(at);
  }
}

/* The countdown to a promised update. */

/** @param {number} value @param {'hour' | 'minute'} unit */
const sayUnit = (value, unit) =>
  new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'short' }).format(value);

/** @param {number} milliseconds */
function sayLength(milliseconds) {
  const total = Math.max(1, Math.ceil(milliseconds / 60_000));
  const [hours, minutes] = [Math.floor(total / 60), total % 60];
  if (hours === 0) return sayUnit(minutes, 'minute');
  return minutes === 0
    ? sayUnit(hours, 'hour')
    : `${sayUnit(hours, 'hour')} ${sayUnit(minutes, 'minute')}`;
}

/** A promise that passes is owned up to where the page does that, and else no longer claimed. */
function countDown() {
  for (const line of document.querySelectorAll('.next')) {
    if (!(line instanceof HTMLElement)) continue;
    const { due, late, soon } = line.dataset;
    const left = new Date(due ?? '').getTime() - Date.now();
    const count = line.querySelector('.count');
    if (count)
      count.textContent = left > 0 ? (line.dataset['in'] ?? '').replace('#', sayLength(left)) : '';
    if (left > 0 || line.classList.contains('late')) continue;
    // A minute's grace: the update may be on its way to this page.
    if (left > -60_000) {
      if (count) count.textContent = soon ?? '';
    } else if (late) {
      line.classList.add('late');
      const words = line.querySelector('.words');
      if (words) words.textContent = late;
    } else line.hidden = true;
  }
}

/* The quiet refresh. */

const refreshEvery = 30_000;
const slowest = 600_000;
const triesForNews = 2;

/** What each live part held when the server sent it, by name. @type {Map<string, string>} */
const sent = new Map();

/** @param {Document} page @returns {NodeListOf<HTMLElement>} */
const livePartsOf = (page) => page.querySelectorAll('[data-live]');

const stampOf = (/** @type {Document} */ page) => Number(page.body.dataset['stamp'] ?? 0);

/**
 * Puts the parts of a newer page that changed into this one. Forms are in no such part, so nothing typed
 * is lost; what is opened or closed stays so, and the focus stays where it is.
 * @param {Document} newer
 */
function takeOver(newer) {
  for (const part of livePartsOf(newer)) {
    const name = part.dataset['live'] ?? '';
    const here = document.querySelector(`[data-live="${name}"]`);
    if (!here || sent.get(name) === part.outerHTML) continue;
    sent.set(name, part.outerHTML);
    const restore = remember(here);
    here.className = part.className;
    here.replaceChildren(...part.childNodes);
    sayLocalTimes(here);
    restore();
  }
  document.body.dataset['stamp'] = newer.body.dataset['stamp'] ?? '';
  document.title = newer.title;
  const icon = newer.querySelector('link[rel="icon"]')?.getAttribute('href');
  if (icon) document.querySelector('link[rel="icon"]')?.setAttribute('href', icon);
  countDown();
  const news = document.querySelector('[data-news]');
  if (news) news.textContent = news.getAttribute('data-news');
}

/** @param {Element} one */
const nameOf = (one) =>
  `${one.tagName} ${one.getAttribute('href') ?? one.parentElement?.id} ${one.className}`;

/** Notes what a reader did in a part; the answer does it again in the part's successor. @param {Element} part */
function remember(part) {
  const open = [...part.querySelectorAll('details')].map((one) => [one.id, one.open]);
  const held = part.contains(document.activeElement) ? document.activeElement : null;
  const name = held && nameOf(held);
  return () => {
    for (const [id, isOpen] of open) {
      const one = document.getElementById(String(id));
      if (one instanceof HTMLDetailsElement) one.open = Boolean(isOpen);
    }
    if (name === null) return;
    const found = [...part.querySelectorAll('a, summary')].find((one) => nameOf(one) === name);
    const focusable = found ?? document.getElementById('main');
    if (focusable instanceof HTMLElement) focusable.focus({ preventScroll: true });
  };
}

/** The newest version there is word of, and the page's own. @type {{ at: number, v: string }} */
let known = { at: stampOf(document), v: '' };
let tries = 0;
let failures = 0;
let timer = 0;

/** Asks for a few bytes; for the page only when they tell of a newer one. */
async function refresh() {
  const answer = await fetch('/live.json', { cache: 'no-cache' });
  if (!answer.ok) throw new Error(String(answer.status));
  /** @type {{ at: number, v: string }} */
  const live = await answer.json();
  // A cache may be behind the one that answered before.
  const isNews =
    live.at > known.at || (live.at === known.at && live.v !== known.v && known.v !== '');
  if (!isNews) {
    if (live.at === known.at) known = live;
    return;
  }
  const page = await fetch(location.pathname, { cache: 'no-cache' });
  if (!page.ok) throw new Error(String(page.status));
  const newer = new DOMParser().parseFromString(await page.text(), 'text/html');
  if (stampOf(newer) < stampOf(document)) return;
  // A cached page may be behind the news; the page of something past has no part in them.
  tries += 1;
  if (stampOf(newer) >= live.at || tries > triesForNews) {
    known = live;
    tries = 0;
  }
  takeOver(newer);
}

async function turn() {
  clearTimeout(timer);
  if (document.hidden) return;
  try {
    await refresh();
    failures = 0;
  } catch {
    // Offline, or the server is away: what is shown stays, and the next turns come more slowly.
    failures += 1;
  }
  // Spread out, so that readers who came with one email do not ask in one instant.
  const wait = Math.min(slowest, refreshEvery * 2 ** failures) * (0.8 + 0.4 * Math.random());
  clearTimeout(timer);
  timer = window.setTimeout(() => void turn(), wait);
}

/* Copy buttons beside addresses, and the bars' cards. */

/** @param {HTMLButtonElement} button @param {string} address @param {string} words */
async function copy(button, address, words) {
  await navigator.clipboard.writeText(address);
  const before = button.textContent;
  button.textContent = words;
  setTimeout(() => (button.textContent = before), 2000);
}

function offerCopies() {
  const { copy: word = '', copied = '', copyLabel = '' } = document.body.dataset;
  if (!('clipboard' in navigator)) return;
  for (const row of document.querySelectorAll('.feeds div')) {
    const address = row.querySelector('a')?.textContent ?? '';
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'copy';
    button.textContent = word;
    button.setAttribute(
      'aria-label',
      copyLabel.replace('#', row.querySelector('dt')?.textContent ?? ''),
    );
    button.addEventListener('click', () => void copy(button, address, copied));
    row.querySelector('dd')?.append(button);
  }
}

/**
 * Fetches what makes cards, once somebody points at a bar, reaches one by key, or touches one: that touch
 * shows the card instead of following the link.
 * @param {Event} event
 */
function offerCards(event) {
  const bars = event.target instanceof Element ? event.target.closest('.days') : null;
  const source = bars?.closest('[data-bars]')?.getAttribute('data-bars');
  if (!bars || !source) return;
  const isTouch = event instanceof PointerEvent && event.pointerType === 'touch';
  if (event.type === 'click' ? !isTouch : isTouch) return;
  if (event.type === 'focusin' && !bars.matches(':focus-visible')) return;
  if (isTouch) event.preventDefault();
  for (const kind of cardEvents) document.removeEventListener(kind, offerCards);
  void import(source).then(({ start }) => start(bars, event));
}

const cardEvents = ['pointerover', 'focusin', 'click'];

for (const part of livePartsOf(document)) sent.set(part.dataset['live'] ?? '', part.outerHTML);
sayLocalTimes(document);
offerCopies();
countDown();
setInterval(countDown, 15_000);
for (const kind of cardEvents) document.addEventListener(kind, offerCards);
const zone = document.querySelector('[data-local]');
if (zone) zone.textContent = zone.getAttribute('data-local');
if (sent.size > 0) {
  timer = window.setTimeout(() => void turn(), refreshEvery * Math.random());
  document.addEventListener('visibilitychange', () => void turn());
}
