// The desk's script: clocks that tick, parts that refresh, forms that are not lost. Every page works without it.

/** @param {string} selector @param {ParentNode} [root] */
const all = (selector, root = document) =>
  /** @type {HTMLElement[]} */ ([...root.querySelectorAll(selector)]);

/** @param {string} selector @param {ParentNode} [root] */
const one = (selector, root = document) =>
  /** @type {HTMLElement | null} */ (root.querySelector(selector));

/** @param {string} selector @param {ParentNode} [root] */
const field = (selector, root = document) =>
  /** @type {HTMLInputElement | null} */ (root.querySelector(selector));

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

/** `12:34` under an hour, `1:02:03` above. @param {number} remaining */
function figure(remaining) {
  const total = remaining > 0 ? Math.ceil(remaining / 1000) : Math.floor(-remaining / 1000);
  const [h, m, s] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  const pad = (/** @type {number} */ n) => String(n).padStart(2, '0');
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
    const card = /** @type {HTMLElement | null} */ (element.closest('[data-tone]'));
    if (card && card.dataset.tone !== tone(remaining)) {
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
  const icon = /** @type {HTMLLinkElement | null} */ (one('link[rel="icon"]'));
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
    if (answer.redirected && new URL(answer.url).pathname === '/admin/sign-in') return tellSignedOut();
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
  const focusedId = focused && old.contains(focused) ? focused.id : '';
  if (focused && old.contains(focused) && !focusedId) return;
  for (const details of all('details[open][id]', old)) {
    next.querySelector(`#${CSS.escape(details.id)}`)?.setAttribute('open', '');
  }
  const placed = document.importNode(next, true);
  old.replaceWith(placed);
  if (focusedId) document.getElementById(focusedId)?.focus();
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
  let wasOpen = false;
  stream.addEventListener('changed', () => void refresh());
  stream.addEventListener('ready', () => {
    if (wasOpen) void refresh();
    wasOpen = true;
  });
  addEventListener('pagehide', () => stream.close());
}

// Forms

const dirty = new WeakSet();

/** @param {HTMLFormElement} form */
function guard(form) {
  form.addEventListener('input', () => dirty.add(form));
  form.addEventListener('submit', () => dirty.delete(form));
  if (one('.notice-bad, .notice-warn', form)) dirty.add(form);
}

addEventListener('beforeunload', (event) => {
  if (all('form[data-guard]').some((form) => dirty.has(form))) event.preventDefault();
});

// Nothing is pressed twice by accident; the server holds that too.
addEventListener('submit', (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (form.method === 'get') return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = 'true';
});
addEventListener('pageshow', () => {
  for (const form of all('form[data-sent]')) delete form.dataset.sent;
});

addEventListener('keydown', (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  const composer = /** @type {HTMLFormElement | null} */ (target.closest('form[data-composer]'));
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && composer) {
    event.preventDefault();
    composer.requestSubmit();
  }
  const isTyping = target.closest('input, textarea, select, [contenteditable]') !== null;
  const words = one('[data-composer] [data-words-input]');
  if (event.key === '/' && !isTyping && !event.ctrlKey && !event.metaKey && words) {
    event.preventDefault();
    words.focus();
  }
});

/** Severity proposes who sees it, until somebody decides. @param {HTMLFormElement} form */
function proposeVisibility(form) {
  let decided = field('.error', form) !== null;
  form.addEventListener('change', ({ target }) => {
    const input = /** @type {HTMLInputElement} */ (target);
    if (input.name === 'visibility') decided = true;
    if (input.name === 'severity' && !decided) {
      const usual = field(`input[name="visibility"][value="${input.dataset.visibility}"]`, form);
      if (usual) usual.checked = true;
    }
    showPromise(form);
  });
  showPromise(form);
}

/** A private incident and a resolved one promise nothing. @param {HTMLFormElement} form */
function showPromise(form) {
  const promise = one('#promise', form);
  if (!promise) return;
  const isPrivate = field('input[name="visibility"][value="private"]', form)?.checked === true;
  const isOver = field('input[name="state"][value="resolved"]', form)?.checked === true;
  const staysPrivate = field('input[name="makePublic"]', form)?.checked === false;
  promise.hidden = isPrivate || isOver || staysPrivate;
}

/** @param {HTMLFormElement} form */
function followState(form) {
  const line = one('[data-state-warning]', form);
  const selects = /** @type {HTMLSelectElement[]} */ (all('select[name^="components."]', form));
  const standing = new Map(selects.map((select) => [select, select.dataset.was ?? '']));
  form.addEventListener('change', ({ target }) => {
    const input = /** @type {HTMLInputElement} */ (target);
    showPromise(form);
    if (input.name !== 'state') return;
    const words = [input.dataset.warning, monitoringWarning(form, input.value)].filter(Boolean);
    if (line) line.textContent = words.join(' ');
    line?.classList.toggle('warned', words.length > 0);
    for (const [select, was] of standing) restore(form, select, input.value === 'resolved', was);
  });
  showPromise(form);
}

/**
 * Resolving shows what it restores, so that it can be changed before publishing.
 * @param {HTMLFormElement} form @param {HTMLSelectElement} select @param {boolean} resolves @param {string} was
 */
function restore(form, select, resolves, was) {
  const before = field(`input[name="was.${select.name.slice('components.'.length)}"]`, form);
  if (!before || (select.value !== was && select.value !== 'operational')) return;
  select.value = resolves ? 'operational' : was;
  before.value = select.value;
}

/** @param {HTMLFormElement} form @param {string} state */
function monitoringWarning(form, state) {
  const since = Date.parse(form.dataset.monitoringAt ?? '');
  if (state !== 'resolved' || Number.isNaN(since) || now() - since >= 15 * minute) return '';
  return 'Monitoring has not held for 15 minutes yet.';
}

/** An untouched promise keeps its distance from now. */
function movePromise() {
  const input = field('#field-nextUpdateBy');
  const usual = field('input[name="nextUpdateDefault"]');
  if (!input || !usual || input.value !== usual.value || document.activeElement === input) return;
  const started = Number((input.dataset.shownAt ??= String(now())));
  const base = Date.parse(`${input.dataset.usual}:00Z`);
  const moved = new Date(base + Math.floor((now() - started) / minute) * minute);
  const text = moved.toISOString().slice(0, 16);
  input.value = text;
  usual.value = text;
}

/** @param {() => void} work @param {number} wait */
function debounced(work, wait) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = window.setTimeout(work, wait);
  };
}

/** @param {HTMLFormElement} form */
const csrfOf = (form) => field('input[name="csrf"]', form)?.value ?? '';

/** The words as the page will show them. @param {HTMLTextAreaElement} input */
function previewWords(input) {
  const form = input.form;
  const preview = one('[data-words-preview]', input.parentElement ?? document);
  if (!form || !preview) return;
  const show = async () => {
    const body = new URLSearchParams({ csrf: csrfOf(form), body: input.value });
    const answer = await fetch('/admin/preview/markdown', { method: 'POST', body });
    if (!answer.ok) return;
    // Sanitised by the one renderer, as on the page.
    const shown = new DOMParser().parseFromString(await answer.text(), 'text/html');
    preview.replaceChildren(...shown.body.childNodes);
    preview.hidden = input.value.trim() === '';
  };
  input.addEventListener(
    'input',
    debounced(() => void show().catch(() => {}), 300),
  );
  if (input.value.trim()) void show().catch(() => {});
}

// The email editor

/** @param {HTMLFormElement} form */
function previewEmail(form) {
  const base = `/admin/emails/${form.dataset.editor}`;
  let newest = 0;
  const show = async () => {
    const turn = ++newest;
    const body = new URLSearchParams(/** @type {any} */ (new FormData(form)));
    const answer = await fetch(`${base}/preview`, { method: 'POST', body });
    if (!answer.ok || turn !== newest) return;
    const review = await answer.json();
    showProblems(review);
    if (review.of === null) return;
    const frame = /** @type {HTMLIFrameElement | null} */ (one('#preview-html iframe'));
    // Replaced, not pushed: the back button leaves the editor at once.
    frame?.contentWindow?.location.replace(`${base}/preview.html?of=${review.of}`);
    const [subject, plain] = [one('#preview-subject'), one('#preview-plain')];
    if (subject) subject.textContent = review.subject;
    if (plain) plain.textContent = review.plain;
  };
  form.addEventListener(
    'input',
    debounced(() => void show().catch(() => {}), 400),
  );
}

/** @param {{ problems: { kind: string, where: string, field: string, line: number | null, message: string }[] }} review */
function showProblems({ problems }) {
  const place = one('#problems');
  if (!place) return;
  const blocking = problems.filter((problem) => problem.kind !== 'warning').length;
  const box = document.createElement('div');
  box.className = `notice ${blocking > 0 ? 'notice-bad' : problems.length > 0 ? 'notice-warn' : 'notice-ok'}`;
  const heading = document.createElement(problems.length > 0 ? 'strong' : 'span');
  heading.textContent = headingFor(problems.length, blocking);
  const list = document.createElement('ol');
  list.className = 'problems';
  list.append(...problems.map(problemItem));
  box.append(heading, ...(problems.length > 0 ? [list] : []));
  place.replaceChildren(box);
}

/** @param {number} count @param {number} blocking */
function headingFor(count, blocking) {
  if (count === 0) return 'Nothing is unfilled. It can be sent.';
  if (blocking === 0) return 'It can be sent. Worth a look:';
  return blocking === 1
    ? 'One thing keeps this from being sent:'
    : `${blocking} things keep this from being sent:`;
}

/** @param {{ kind: string, where: string, field: string, line: number | null, message: string }} problem */
function problemItem(problem) {
  const item = document.createElement('li');
  item.dataset.kind = problem.kind;
  const link = document.createElement('a');
  link.href = `#field-${problem.field}`;
  link.dataset.gotoField = problem.field;
  if (problem.line !== null) link.dataset.gotoLine = String(problem.line);
  link.textContent = problem.where;
  const words = document.createElement('span');
  words.append(link, `: ${problem.message}`);
  item.append(words);
  return item;
}

/** A problem's link puts the cursor on its line. */
addEventListener('click', (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  const link = /** @type {HTMLElement | null} */ (target.closest('[data-goto-line]'));
  const area = link && document.getElementById(`field-${link.dataset.gotoField}`);
  if (!(area instanceof HTMLTextAreaElement) || !link) return;
  event.preventDefault();
  const line = Number(link.dataset.gotoLine);
  const before = area.value.split('\n').slice(0, line - 1);
  const start = before.reduce((sum, text) => sum + text.length + 1, 0);
  const end = start + (area.value.split('\n')[line - 1] ?? '').length;
  area.focus();
  area.setSelectionRange(start, end);
  const height = parseFloat(getComputedStyle(area).lineHeight);
  area.scrollTop = Math.max(0, (line - 6) * height);
});

function previewTabs() {
  const tabs = one('[data-preview-tabs]');
  const html = one('#preview-html');
  const text = /** @type {HTMLDetailsElement | null} */ (one('#preview-text-part'));
  if (!tabs || !html || !text) return;
  tabs.hidden = false;
  text.hidden = true;
  tabs.addEventListener('change', ({ target }) => {
    const width = /** @type {HTMLInputElement} */ (target).value;
    html.hidden = width === 'text';
    text.hidden = width !== 'text';
    text.open = width === 'text';
    html.dataset.width = width;
  });
}

/** A bracketed prompt is there to be written over. @param {HTMLTextAreaElement} area */
function selectPrompt(area) {
  area.addEventListener('focus', () => {
    if (/^\[[^\]]*\]$/.test(area.value.trim())) area.select();
  });
}

// Beginning

for (const form of all('form[data-guard]')) guard(/** @type {HTMLFormElement} */ (form));
for (const form of all('form[data-declare]')) proposeVisibility(/** @type {HTMLFormElement} */ (form));
for (const form of all('form[data-composer]')) followState(/** @type {HTMLFormElement} */ (form));
for (const form of all('form[data-editor]')) previewEmail(/** @type {HTMLFormElement} */ (form));
for (const area of all('textarea[data-words-input]')) {
  previewWords(/** @type {HTMLTextAreaElement} */ (area));
}
for (const area of all('textarea[data-prompt]')) {
  selectPrompt(/** @type {HTMLTextAreaElement} */ (area));
}
previewTabs();
one('[data-focus]')?.focus();
for (const moment of all('time[datetime]')) {
  moment.title = `${new Date(moment.getAttribute('datetime') ?? '').toLocaleString()} your time`;
}
if (document.body.dataset.stream) {
  tick();
  setInterval(tick, 1000);
  setInterval(movePromise, 5000);
  movePromise();
  listen();
  addEventListener('visibilitychange', () => {
    if (!document.hidden) void refresh();
  });
}
