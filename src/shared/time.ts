// Instants as people and wire formats write them. Everything is stored UTC; a zone is applied here.

/** True for a zone name that Intl knows, such as `Europe/Amsterdam` or `Etc/UTC`. */
export function isTimeZone(zone: string): boolean {
  try {
    return (
      /^[A-Za-z]/.test(zone) &&
      new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== ''
    );
  } catch {
    return false;
  }
}

interface Parts {
  year: string;
  month: string;
  day: string;
  hour: string;
  minute: string;
  second: string;
}

const formatters = new Map<string, Intl.DateTimeFormat>();

/** Two-digit calendar parts of an instant as a clock on the wall in `zone` shows them. */
function partsIn(zone: string, at: Date): Parts {
  let formatter = formatters.get(zone);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat('en-CA', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    formatters.set(zone, formatter);
  }
  const entries = formatter.formatToParts(at).map((part) => [part.type, part.value]);
  return Object.fromEntries(entries) as Parts;
}

/** Minutes that `zone` is ahead of UTC at an instant. */
export function offsetMinutes(zone: string, at: Date): number {
  if (utcNames.test(zone)) return 0;
  // Asking Intl takes microseconds, and a page has thousands of times: clocks are set at quarters of an hour.
  const quarter = Math.floor(at.getTime() / 900_000);
  const known = offsets.get(zone)?.get(quarter);
  if (known !== undefined) return known;
  const p = partsIn(zone, at);
  const wall = Date.UTC(+p.year, +p.month - 1, +p.day, +p.hour, +p.minute, +p.second);
  const offset = Math.round((wall - Math.floor(at.getTime() / 1000) * 1000) / 60_000);
  let ofZone = offsets.get(zone);
  if (!ofZone || ofZone.size >= offsetsKept) offsets.set(zone, (ofZone = new Map()));
  ofZone.set(quarter, offset);
  return offset;
}

const utcNames = /^(?:Etc\/)?(?:UTC|UCT|Zulu|Universal)$/;
const offsets = new Map<string, Map<number, number>>();
const offsetsKept = 20_000;

/** `2026-11-22T15:00:00.123Z` for UTC zones, else with the offset valid at that instant (Statuspage's rule). */
export function isoInZone(zone: string, at: Date): string {
  if (utcNames.test(zone)) return at.toISOString();
  const offset = offsetMinutes(zone, at);
  const wall = new Date(at.getTime() + offset * 60_000).toISOString().slice(0, -1);
  const size = Math.abs(offset);
  return `${wall}${offset < 0 ? '-' : '+'}${pad(Math.floor(size / 60))}:${pad(size % 60)}`;
}

const pad = (n: number) => String(n).padStart(2, '0');

const plusMinutes = (at: Date, minutes: number) => new Date(at.getTime() + minutes * 60_000);

/** The calendar day of an instant in a zone: `2026-11-22`. */
export function dayIn(zone: string, at: Date): string {
  return plusMinutes(at, offsetMinutes(zone, at)).toISOString().slice(0, 10);
}

/** The calendar month of an instant in a zone: `2026-11`. */
export const monthIn = (zone: string, at: Date) => dayIn(zone, at).slice(0, 7);

/** The instant a calendar day (`2026-11-22`) begins in a zone. */
export function startOfDay(zone: string, day: string): Date {
  const utc = new Date(`${day}T00:00:00.000Z`);
  const guess = new Date(utc.getTime() - offsetMinutes(zone, utc) * 60_000);
  const start = new Date(utc.getTime() - offsetMinutes(zone, guess) * 60_000);
  // Where the clocks skip midnight, the day begins with the first hour there is.
  return dayIn(zone, start) < day ? guess : start;
}

const utc = (options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', hourCycle: 'h23', ...options });
const clockTime = utc({ hour: '2-digit', minute: '2-digit' });
const dayAndTime = utc({ day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
const fullTime = utc({
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
});
const longDay = utc({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
const longMonth = utc({ month: 'long', year: 'numeric' });

/** `15:00 UTC` */
export const utcClock = (at: Date) => `${clockTime.format(at)} UTC`;
/** `22 Nov, 15:00 UTC` */
export const utcShort = (at: Date) => `${dayAndTime.format(at)} UTC`;
/** `22 Nov 2026, 15:00 UTC` */
export const utcFull = (at: Date) => `${fullTime.format(at)} UTC`;
/** `Sunday 22 November 2026`, for a calendar day such as `2026-11-22`. */
export const dayName = (day: string) =>
  longDay.format(new Date(`${day}T12:00:00Z`)).replace(',', '');
/** `November 2026`, for a calendar month such as `2026-11`. */
export const monthName = (month: string) => longMonth.format(new Date(`${month}-15T12:00:00Z`));

/** `12 min`, `2 h 5 min`, `3 d 4 h`: a length of time in whole units, at least `1 min` unless zero. */
export function duration(milliseconds: number): string {
  const total = Math.max(0, Math.round(milliseconds / 60_000));
  if (total === 0) return milliseconds > 0 ? '1 min' : '0 min';
  const [d, h, m] = [Math.floor(total / 1440), Math.floor(total / 60) % 24, total % 60];
  if (d > 0) return h > 0 ? `${d} d ${h} h` : `${d} d`;
  if (h > 0) return m > 0 ? `${h} h ${m} min` : `${h} h`;
  return `${m} min`;
}
