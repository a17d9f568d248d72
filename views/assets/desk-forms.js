// The desk's forms: nothing typed is lost, nothing is sent twice, and fields help each other. Every form works without it.
import { all, one, field, debounced } from './dom.js';

const minute = 60_000;
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
  const composer = target.closest('form[data-composer]');
  const isSend = event.key === 'Enter' && (event.ctrlKey || event.metaKey);
  if (isSend && composer instanceof HTMLFormElement) {
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
  const selects = all('select[name^="components."]', form).filter(
    (select) => select instanceof HTMLSelectElement,
  );
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
  if (state !== 'resolved' || Number.isNaN(since) || Date.now() - since >= 15 * minute) return '';
  return 'Monitoring has not held for 15 minutes yet.';
}

/** An untouched promise keeps its distance from now. */
function movePromise() {
  const input = field('#field-nextUpdateBy');
  const usual = field('input[name="nextUpdateDefault"]');
  if (!input || !usual || input.value !== usual.value || document.activeElement === input) return;
  const started = Number((input.dataset.shownAt ??= String(Date.now())));
  const base = Date.parse(`${input.dataset.usual}:00Z`);
  const moved = new Date(base + Math.floor((Date.now() - started) / minute) * minute);
  const text = moved.toISOString().slice(0, 16);
  input.value = text;
  usual.value = text;
}

/** @param {HTMLFormElement} form */
const csrfOf = (form) => field('input[name="csrf"]', form)?.value ?? '';

/** The words as the page will show them. @param {HTMLTextAreaElement} input */
function previewWords(input) {
  const form = input.form;
  const preview = one('[data-words-preview]', input.parentElement ?? document);
  const box = preview?.parentElement;
  if (!form || !preview || !box) return;
  const show = async () => {
    const body = new URLSearchParams({ csrf: csrfOf(form), body: input.value });
    const answer = await fetch('/admin/preview/markdown', { method: 'POST', body });
    if (!answer.ok) return;
    // Sanitised by the one renderer, as on the page.
    const shown = new DOMParser().parseFromString(await answer.text(), 'text/html');
    preview.replaceChildren(...shown.body.childNodes);
    box.hidden = input.value.trim() === '';
  };
  input.addEventListener(
    'input',
    debounced(() => void show().catch(() => {}), 300),
  );
  if (input.value.trim()) void show().catch(() => {});
}

// Beginning

const formsWith = (/** @type {string} */ mark) =>
  all(`form[data-${mark}]`).filter((form) => form instanceof HTMLFormElement);

for (const form of formsWith('guard')) guard(form);
for (const form of formsWith('declare')) proposeVisibility(form);
for (const form of formsWith('composer')) followState(form);
for (const area of all('textarea[data-words-input]')) {
  if (area instanceof HTMLTextAreaElement) previewWords(area);
}
one('[data-focus]')?.focus();
setInterval(movePromise, 5000);
movePromise();
