// How the benchmarks print: a line a figure, with what was asked for beside it.

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The value below which a share of the sorted values lie. */
export const quantile = (sorted, share) =>
  sorted.length === 0
    ? Number.NaN
    : sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];

const missed = [];

export const say = (text) => void process.stdout.write(`${text}\n`);

export const heading = (text) => say(`\n${text}\n${'-'.repeat(text.length)}`);

/** Prints a figure; with a target also whether it was met. */
export function figure(name, value, unit = '', target) {
  const shown = typeof value === 'number' ? round(value) : String(value);
  const verdict =
    target === undefined
      ? ''
      : target.met(value)
        ? `  met (${target.text})`
        : `  MISSED (${target.text})`;
  if (verdict.includes('MISSED')) missed.push(name);
  say(`${name.padEnd(58)} ${`${shown} ${unit}`.trim().padStart(14)}${verdict}`);
}

const round = (value) =>
  Number.isInteger(value) ? String(value) : value.toFixed(Math.abs(value) < 10 ? 3 : 1);

export const atLeast = (limit) => ({ text: `at least ${limit}`, met: (value) => value >= limit });
export const below = (limit) => ({ text: `below ${limit}`, met: (value) => value < limit });
export const within = (share) => ({
  text: `within ${share * 100} % of 1`,
  met: (value) => Math.abs(value - 1) <= share,
});
export const none = { text: 'none', met: (value) => value === 0 };

export function summary() {
  say(missed.length === 0 ? '\nEvery target was met.' : `\nMissed: ${missed.join('; ')}`);
}
