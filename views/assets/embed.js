// `/embed/script.js`: shows a small notice in the corner of somebody else's page while there is an incident or a
// maintenance under way. One script tag is all; `data-position` may be top-left, top-right, bottom-left, bottom-right.
(() => {
  const own =
    /** @type {HTMLScriptElement | null} */ (document.currentScript) ??
    /** @type {HTMLScriptElement | null} */ (
      document.querySelector('script[src*="/embed/script.js"], script[src*="/embed.js"]')
    );
  if (!own) return;
  const { origin } = new URL(own.src, location.href);
  const narrow = matchMedia('(max-width: 449px)');
  const rememberAs = `status-notice-dismissed ${origin}`;
  const position = own.dataset['position'] ?? '';
  const isTop = position.startsWith('top');
  const isLeft = position.endsWith('left');

  const frame = document.createElement('iframe');
  frame.src = `${origin}/embed/frame${narrow.matches ? '?mobile=true' : ''}`;
  frame.title = 'Service status';
  /** Styles are set one by one: a strict policy of the page around it allows that. @param {Record<string, string>} styles */
  const style = (styles) => {
    for (const [name, value] of Object.entries(styles)) frame.style.setProperty(name, value);
  };
  style({
    position: 'fixed',
    width: '320px',
    'max-width': '100vw',
    height: '115px',
    border: '0',
    'border-radius': '8px',
    'z-index': '9999',
    'box-shadow': '0 4px 24px rgb(0 0 0 / 0.18)',
    'color-scheme': 'normal',
    [isTop ? 'top' : 'bottom']: narrow.matches ? '0' : '24px',
    transition: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'none' : 'opacity 0.15s',
  });

  const side = isLeft ? 'left' : 'right';
  function hide() {
    style({ [side]: '-9999px', opacity: '0', visibility: 'hidden' });
    frame.setAttribute('aria-hidden', 'true');
    frame.tabIndex = -1;
  }
  function show() {
    style({ [side]: narrow.matches ? '0' : '24px', opacity: '1', visibility: 'visible' });
    frame.removeAttribute('aria-hidden');
    frame.removeAttribute('tabindex');
  }

  /** What the reader sent away stays away until there is something else. */
  const dismissed = {
    get() {
      try {
        return sessionStorage.getItem(rememberAs);
      } catch {
        return null;
      }
    },
    /** @param {string} key */
    set(key) {
      try {
        sessionStorage.setItem(rememberAs, key);
      } catch {
        // Without storage it comes back on the next page.
      }
    },
  };

  let shownKey = '';
  addEventListener('message', (event) => {
    if (event.origin !== origin || event.source !== frame.contentWindow) return;
    const { action, key, byReader } = event.data ?? {};
    if (action === 'showFrame') {
      shownKey = String(key ?? '');
      if (dismissed.get() !== shownKey) show();
    } else if (action === 'dismissFrame') {
      if (byReader === true) dismissed.set(shownKey);
      hide();
    }
  });

  hide();
  const add = () => document.body.append(frame);
  if (document.body) add();
  else addEventListener('DOMContentLoaded', add);
})();
