// The email editor: a live preview of what is typed, and the way from a problem to its line. It works without it.
import { all, one, debounced } from './dom.js';

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
    const frame = document.querySelector('#preview-html iframe');
    // Replaced, not pushed: the back button leaves the editor at once.
    if (frame instanceof HTMLIFrameElement)
      frame.contentWindow?.location.replace(`${base}/preview.html?of=${review.of}`);
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
  const link = target.closest('[data-goto-line]');
  if (!(link instanceof HTMLElement)) return;
  const area = document.getElementById(`field-${link.dataset.gotoField}`);
  if (!(area instanceof HTMLTextAreaElement)) return;
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
  const text = one('#preview-text-part');
  if (!tabs || !html || !(text instanceof HTMLDetailsElement)) return;
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

for (const form of all('form[data-editor]')) {
  if (form instanceof HTMLFormElement) previewEmail(form);
}
for (const area of all('textarea[data-prompt]')) {
  if (area instanceof HTMLTextAreaElement) selectPrompt(area);
}
previewTabs();
