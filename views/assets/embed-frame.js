// Inside the embedded notice: tells the page around it when there is something to show, and when to go away.
const lookEvery = 60_000;
const notice = document.querySelector('.notice');

/** @param {{ action: 'showFrame' | 'dismissFrame', key?: string, byReader?: boolean }} message */
const tell = (message) => {
  // Nothing in it is secret: whoever frames this page could read it from the page itself.
  if (window.parent !== window) window.parent.postMessage(message, '*');
};

const dismiss = () => tell({ action: 'dismissFrame', byReader: true });

if (notice) {
  tell({ action: 'showFrame', key: notice.getAttribute('data-key') ?? '' });
  const button = /** @type {HTMLButtonElement | null} */ (notice.querySelector('.dismiss'));
  if (button && window.parent !== window) {
    button.hidden = false;
    button.addEventListener('click', dismiss);
  }
  addEventListener('keydown', (event) => {
    if (event.key === 'Escape') dismiss();
  });
  for (const time of notice.querySelectorAll('time')) {
    const at = new Date(time.dateTime);
    time.title = time.textContent ?? '';
    time.textContent = new Intl.DateTimeFormat('en-GB', {
      day: 'numeric',
      month: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    }).format(at);
  }
} else {
  tell({ action: 'dismissFrame' });
}

/** What is shown may be over, or begin, while the page around it stays open. */
let shown = '';
async function look() {
  if (document.visibilityState === 'hidden') return;
  try {
    const answer = await fetch(location.pathname, { method: 'HEAD' });
    const etag = answer.ok ? (answer.headers.get('etag') ?? '') : '';
    if (etag === '') return;
    if (shown !== '' && shown !== etag) location.reload();
    shown = etag;
  } catch {
    // Not reachable just now: what is shown stays.
  }
}
void look();
setInterval(() => void look(), lookEvery);
