// Finding elements, and waiting for a pause: shared by the desk's scripts.

/** @param {string} selector @param {ParentNode} [root] */
export const all = (selector, root = document) =>
  [...root.querySelectorAll(selector)].filter((found) => found instanceof HTMLElement);

/** @param {string} selector @param {ParentNode} [root] */
export function one(selector, root = document) {
  const found = root.querySelector(selector);
  return found instanceof HTMLElement ? found : null;
}

/** @param {string} selector @param {ParentNode} [root] */
export function field(selector, root = document) {
  const found = root.querySelector(selector);
  return found instanceof HTMLInputElement ? found : null;
}

/** @param {() => void} work @param {number} wait */
export function debounced(work, wait) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = window.setTimeout(work, wait);
  };
}
