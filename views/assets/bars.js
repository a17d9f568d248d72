// The card of a day: shown for the bar that is pointed at, or that the arrow keys have come to. What it
// says stands in the page's list of days already.

/** @type {HTMLElement | null} */
let card = null;
/** @type {HTMLElement | null} */
let bars = null;
let index = -1;
let closing = 0;

/** @param {Element} found */
const boxOf = (found) => /** @type {HTMLElement} */ (found.closest('[data-bars]'));

/** @param {HTMLElement} of */
function facts(of) {
  const svg = /** @type {SVGSVGElement} */ (of.querySelector('svg'));
  return { svg, count: svg.viewBox.baseVal.width };
}

/** The day's words: the list item made for readers of lists, or for a day without events a few of our own. */
function wordsOf(/** @type {HTMLElement} */ of, /** @type {number} */ day) {
  const row = of.parentElement?.querySelector('[data-day]')
    ? of.parentElement
    : (document.querySelector('.told') ?? of);
  const item = row.querySelector(`[data-day="${day}"]`);
  const parts = item ? [...item.children].map((part) => part.cloneNode(true)) : plainDay(of, day);
  for (const part of parts) if (part instanceof Element) part.removeAttribute('tabindex');
  return parts.filter((part) => part.textContent !== '');
}

/** @param {HTMLElement} of @param {number} day */
function plainDay(of, day) {
  const box = boxOf(of);
  const { count } = facts(of);
  const date = new Date(`${box.dataset['today']}T12:00:00Z`);
  date.setUTCDate(date.getUTCDate() - (count - 1 - day));
  const name = document.createElement('b');
  name.textContent = new Intl.DateTimeFormat(document.documentElement.lang, {
    day: 'numeric',
    month: 'long',
    timeZone: 'UTC',
  }).format(date);
  const [quiet = '', unknown = ''] = (box.dataset['words'] ?? '').split('|');
  const told = document.createElement('span');
  told.textContent = isGone(of, day) ? unknown : quiet;
  return [name, told];
}

/** Whether a day lies in a stretch without record. @param {HTMLElement} of @param {number} day */
function isGone(of, day) {
  const path = of.querySelector('.gone')?.getAttribute('d') ?? '';
  return [...path.matchAll(/M(\d+) [\d.]+h(\d+)/g)].some(
    ([, from, length]) => day >= Number(from) && day < Number(from) + Number(length),
  );
}

/** @param {HTMLElement} of @param {number} day */
function show(of, day) {
  clearTimeout(closing);
  const { svg, count } = facts(of);
  const wanted = Math.max(firstSeen(of), Math.min(count - 1, day));
  if (of === bars && wanted === index && card) return;
  if (of !== bars) close();
  bars = of;
  index = wanted;
  if (!card) {
    card = document.createElement('div');
    card.className = 'card';
    card.setAttribute('role', 'group');
    card.setAttribute('aria-live', 'polite');
    of.after(card);
  }
  card.replaceChildren(...wordsOf(of, wanted));
  const box = boxOf(of).getBoundingClientRect();
  const drawn = svg.getBoundingClientRect();
  const middle = drawn.left - box.left + ((wanted + 0.35) / count) * drawn.width;
  const left = Math.max(0, Math.min(box.width - card.offsetWidth, middle - card.offsetWidth / 2));
  card.style.left = `${left}px`;
  card.style.top = `${of.getBoundingClientRect().bottom - box.top}px`;
  mark(svg, wanted);
}

/** On a phone the drawing is wider than what is seen of it. @param {HTMLElement} of */
function firstSeen(of) {
  const { svg, count } = facts(of);
  const hidden = of.getBoundingClientRect().left - svg.getBoundingClientRect().left;
  return Math.round((hidden / svg.getBoundingClientRect().width) * count);
}

/** A line below the day that is told. @param {SVGSVGElement} svg @param {number} day */
function mark(svg, day) {
  let line = svg.querySelector('.told-of');
  if (!line) {
    line = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    line.setAttribute('class', 'told-of');
    svg.append(line);
  }
  line.setAttribute('d', `M${day} 0v32`);
}

function close() {
  clearTimeout(closing);
  card?.remove();
  bars?.querySelector('.told-of')?.remove();
  card = bars = null;
  index = -1;
}

/** Time to move the pointer into the card. */
function closeSoon() {
  clearTimeout(closing);
  closing = window.setTimeout(close, 200);
}

/** @param {Event} event */
const barsOf = (event) =>
  event.target instanceof Element
    ? /** @type {HTMLElement | null} */ (event.target.closest('.days'))
    : null;

/** @param {HTMLElement} of @param {number} x */
function dayAt(of, x) {
  const { svg, count } = facts(of);
  const drawn = svg.getBoundingClientRect();
  return Math.floor(((x - drawn.left) / drawn.width) * count);
}

/** @param {PointerEvent} event */
function onPointer(event) {
  if (event.pointerType === 'touch') return;
  const of = barsOf(event);
  if (of) show(of, dayAt(of, event.clientX));
  else if (card && event.target instanceof Node && card.contains(event.target))
    clearTimeout(closing);
  else if (card && !bars?.contains(document.activeElement)) closeSoon();
}

/** A finger's first touch shows the card, a second on the same day follows the link. @param {MouseEvent} event */
function onClick(event) {
  const of = barsOf(event);
  if (!of) {
    if (card && event.target instanceof Node && !card.contains(event.target)) close();
    return;
  }
  if (!(event instanceof PointerEvent) || event.pointerType !== 'touch') return;
  const day = dayAt(of, event.clientX);
  if (of === bars && day === index && card) return;
  event.preventDefault();
  show(of, day);
}

/** @type {Record<string, number>} */
const steps = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (event.key === 'Escape' && card) {
    if (card.contains(document.activeElement)) bars?.focus();
    close();
    return;
  }
  const of = barsOf(event);
  const step = steps[event.key];
  if (!of || step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const { count } = facts(of);
  show(of, (of === bars ? index : count - 1) + step);
}

/** @param {FocusEvent} event */
function onFocus(event) {
  const of = barsOf(event);
  if (of?.matches(':focus-visible')) show(of, of === bars ? index : facts(of).count - 1);
  else if (card && event.target instanceof Node && !card.contains(event.target)) close();
}

/** @param {HTMLElement} of @param {Event} event */
export function start(of, event) {
  document.addEventListener('pointermove', onPointer);
  document.addEventListener('click', onClick);
  document.addEventListener('keydown', onKey);
  document.addEventListener('focusin', onFocus);
  if (event instanceof PointerEvent) show(of, dayAt(of, event.clientX));
  else show(of, facts(of).count - 1);
}
