// Fetching JSON from a page that somebody else runs: with patience, limits, and words for what goes wrong.
import { seconds } from '../shared/clock.ts';

/** What an import needs of the outside. Tests bring their own. */
export interface Outside {
  fetch: typeof fetch;
  wait: (milliseconds: number) => Promise<void>;
  /** Progress, a line at a time. */
  say: (line: string) => void;
}

export const outside = (say: (line: string) => void): Outside => ({
  fetch: (input, init) => fetch(input, init),
  wait: (milliseconds) => new Promise((resolve) => void setTimeout(resolve, milliseconds)),
  say,
});

const patience = seconds(10);
const largest = 32 * 1024 * 1024;
const longestWait = seconds(120);
const tries = 5;

/** A document that could not be had, in words for the person who imports. */
export class FetchFault extends Error {
  /** The answer's status; undefined when there was none. */
  readonly status: number | undefined;
  constructor(message: string, status?: number, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.name = 'FetchFault';
    this.status = status;
  }
}

/** The JSON at an address. Asks again when told to wait (420, 429) and when the other side stumbles. */
export async function fetchJson(
  { fetch: get, wait, say }: Outside,
  url: string,
  headers: Record<string, string> = {},
): Promise<unknown> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await ask(get, url, headers, attempt);
    if (answer === undefined) {
      await wait(seconds(attempt));
      continue;
    }
    const mustWait = [420, 429, 502, 503, 504].includes(answer.status);
    if (!mustWait || attempt === tries) return read(answer, url);
    await answer.body?.cancel();
    const pause = waitOf(answer, attempt);
    say(`${new URL(url).host} asks to wait ${Math.ceil(pause / 1000)} s …`);
    await wait(pause);
  }
}

/** The answer; undefined when there was none and it is worth another try. */
async function ask(
  get: typeof fetch,
  url: string,
  headers: Record<string, string>,
  attempt: number,
): Promise<Response | undefined> {
  try {
    return await get(url, {
      headers: { Accept: 'application/json', 'User-Agent': 'Forthright import', ...headers },
      redirect: 'follow',
      signal: AbortSignal.timeout(patience),
    });
  } catch (error) {
    if (attempt < 3) return undefined;
    throw new FetchFault(`${plain(url)} does not answer: ${reason(error)}.`, undefined, error);
  }
}

async function read(answer: Response, url: string): Promise<unknown> {
  const { status } = answer;
  if (status === 401 || status === 403) {
    throw new FetchFault(
      `${plain(url)} refuses (${status}): is the key right, and the page?`,
      status,
    );
  }
  if (!answer.ok) throw new FetchFault(`${plain(url)} answers ${status}.`, status);
  const text = await limited(answer, url);
  try {
    return JSON.parse(text);
  } catch (error) {
    const what = text.trimStart().startsWith('<') ? 'an HTML page' : 'something that is no JSON';
    throw new FetchFault(
      `${plain(url)} answers with ${what}: is this the address of a Statuspage, and is its API on?`,
      status,
      error,
    );
  }
}

async function limited(answer: Response, url: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body ?? []) {
    size += chunk.byteLength;
    if (size > largest) throw new FetchFault(`${plain(url)} is larger than 32 MB.`, answer.status);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** What the other side asks for, else longer each time. */
function waitOf(answer: Response, attempt: number): number {
  const asked = Number(answer.headers.get('retry-after') ?? '');
  if (asked > 0) return Math.min(seconds(asked), longestWait);
  return answer.status === 420 || answer.status === 429 ? seconds(60) : seconds(2 ** attempt);
}

/** An address fit for a message: without what may be a key. */
function plain(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return 'nothing came within 10 s';
  return error.cause instanceof Error ? error.cause.message : error.message;
}
