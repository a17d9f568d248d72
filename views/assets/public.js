// Small comforts for the public page: local times, a quiet refresh, copy buttons. Nothing depends on it.

/** @type {Record<string, Intl.DateTimeFormatOptions>} */
const formats = {
  clock: { hour: '2-digit', minute: '2-digit' },
  short: { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' },
  full: { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' },
};
const refreshEvery = 30_000;

/**
 * Says every instant in the reader's own zone; the UTC text stays as the title.
 * @param {ParentNode} root
 */
function sayLocalTimes(root) {
  for (const time of root.querySelectorAll('time[data-format]')) {
    const utc = time.textContent?.trim() ?? '';
    const at = new Date(time.getAttribute('datetime') ?? '');
    const format = formats[time.getAttribute('data-format') ?? ''];
    if (!format || Number.isNaN(at.getTime())) continue;
    time.setAttribute('title', utc);
    time.textContent = new Intl.DateTimeFormat('en-GB', {
      ...format,
      hourCycle: 'h23',
      timeZoneName: 'short',
    }).format(at);
  }
}

/** What each live part held when the server sent it, by name. @type {Map<string, string>} */
const sent = new Map();

/** @param {Document} page @returns {NodeListOf<HTMLElement>} */
const livePartsOf = (page) => page.querySelectorAll('[data-live]');

/**
 * Puts the parts of a newer page that changed into this one. Forms are in no such part, so nothing typed is lost.
 * @param {Document} newer
 */
function takeOver(newer) {
  for (const part of livePartsOf(newer)) {
    const name = part.dataset['live'] ?? '';
    const here = document.querySelector(`[data-live="${name}"]`);
    if (!here || sent.get(name) === part.outerHTML) continue;
    sent.set(name, part.outerHTML);
    const focused = here.contains(document.activeElement)
      ? document.activeElement?.getAttribute('href')
      : undefined;
    here.className = part.className;
    here.replaceChildren(...part.childNodes);
    sayLocalTimes(here);
    if (focused) focusLink(here, focused);
  }
  document.title = newer.title;
  const icon = newer.querySelector('link[rel="icon"]')?.getAttribute('href');
  if (icon) document.querySelector('link[rel="icon"]')?.setAttribute('href', icon);
}

/** @param {Element} part @param {string} href */
function focusLink(part, href) {
  for (const link of part.querySelectorAll('a')) {
    if (link.getAttribute('href') === href) return link.focus({ preventScroll: true });
  }
  return undefined;
}

/** Asks for this page again; caches answer "not modified" in a few bytes until something changed. */
async function refresh() {
  if (document.hidden) return;
  try {
    const answer = await fetch(location.pathname, { cache: 'no-cache' });
    const tag = answer.headers.get('etag');
    if (!answer.ok || tag === lastTag) return;
    lastTag = tag;
    takeOver(new DOMParser().parseFromString(await answer.text(), 'text/html'));
  } catch {
    // Offline, or the server is away: what is shown stays, and the next turn asks again.
  }
}

/** @type {string | null | undefined} */
let lastTag;

/** @param {HTMLButtonElement} button @param {string} address */
async function copy(button, address) {
  await navigator.clipboard.writeText(address);
  button.textContent = 'Copied';
  setTimeout(() => (button.textContent = 'Copy'), 2000);
}

/** Adds a button beside each feed's address. */
function offerCopies() {
  if (!('clipboard' in navigator)) return;
  for (const row of document.querySelectorAll('.feeds div')) {
    const address = row.querySelector('a')?.textContent ?? '';
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'copy';
    button.textContent = 'Copy';
    button.setAttribute(
      'aria-label',
      `Copy the ${row.querySelector('dt')?.textContent ?? ''} address`,
    );
    button.addEventListener('click', () => void copy(button, address));
    row.querySelector('dd')?.append(button);
  }
}

for (const part of livePartsOf(document)) sent.set(part.dataset['live'] ?? '', part.outerHTML);
sayLocalTimes(document);
offerCopies();
const zone = document.querySelector('[data-zone]');
if (zone) zone.textContent = 'Times are in your local time; point at one for UTC.';
if (sent.size > 0) {
  // Spread out, so that readers who came with one email do not ask in one instant.
  const ask = () => void refresh();
  setTimeout(() => setInterval(ask, refreshEvery), refreshEvery * Math.random());
  document.addEventListener('visibilitychange', ask);
}
