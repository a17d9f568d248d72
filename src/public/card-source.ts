// Keeps the card of the newest snapshot, drawn aside when what it shows has changed: publishing, starting
// and answering never wait for a drawing, and until it is ready the one before is served.
import { spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { buffer } from 'node:stream/consumers';
import type { Kernel } from '../db/kernel.ts';
import { seconds } from '../shared/clock.ts';
import { AppError } from '../shared/errors.ts';
import { packagePath } from '../shared/paths.ts';
import type { SnapshotSource } from '../status/service.ts';
import type { Route } from '../web/types.ts';
import { type CardFacts, cardFacts, cardKey } from './card.ts';
import { answer, prepare, type Prepared } from './documents.ts';

export type DrawCard = (facts: CardFacts) => Promise<Buffer<ArrayBuffer>>;

export interface CardSource {
  /** The newest card there is; undefined before the first. */
  current(): Prepared | undefined;
  /** The newest card there is; the first is waited for. Undefined when it could not be drawn. */
  ready(): Promise<Prepared | undefined>;
  /** Calls back whenever `current()` has become another; answers how to stop that. */
  onChange(listener: () => void): () => void;
  /** Draws the first one, and from then on whatever changes. */
  start(): void;
  stop(): void;
}

/** Many changes in a row become one drawing: it costs a second of a processor. */
const pause = seconds(2);
/** After a failed drawing: nobody's requests may start one after the other. */
const rest = seconds(30);
const drawingLimit = seconds(30);

const path = '/og.png';

/** A card source over the snapshots. */
export function createCardSource(
  { clock, log, publicUrl }: Pick<Kernel, 'clock' | 'log' | 'publicUrl'>,
  snapshots: Pick<SnapshotSource, 'current' | 'onChange'>,
  draw: DrawCard = drawAside,
): CardSource {
  const listeners = new Set<() => void>();
  const https = publicUrl.startsWith('https:');
  let shown: { key: string; card: Prepared } | undefined;
  let drawing: Promise<void> | undefined;
  let restsUntil = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  let stopListening: (() => void) | undefined;

  async function drawNewest(): Promise<void> {
    const snapshot = snapshots.current();
    const key = cardKey(snapshot);
    if (key === shown?.key || clock.monotonic() < restsUntil) return;
    try {
      const body = await draw(cardFacts(snapshot));
      const facts = { path, https, modifiedAt: snapshot.page.updatedAt };
      shown = { key, card: prepare({ body, contentType: 'image/png' }, facts) };
      for (const listener of listeners) listener();
    } catch (error) {
      restsUntil = clock.monotonic() + rest;
      log.warn({ err: error }, 'The picture for link previews could not be drawn.');
    }
  }

  function drawNow(): Promise<void> {
    drawing ??= drawNewest().finally(() => (drawing = undefined));
    return drawing;
  }

  function drawSoon(): void {
    if (timer || cardKey(snapshots.current()) === shown?.key) return;
    timer = setTimeout(() => {
      timer = undefined;
      // What changed while it was being drawn is drawn after it.
      void drawNow().then(() => stopListening && drawSoon());
    }, pause);
    timer.unref();
  }

  return {
    current: () => shown?.card,
    async ready() {
      if (!shown) await drawNow();
      return shown?.card;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    start() {
      stopListening ??= snapshots.onChange(drawSoon);
      drawSoon();
    },
    stop() {
      stopListening?.();
      stopListening = undefined;
      clearTimeout(timer);
    },
  };
}

/** Draws in a process of its own, of the lowest priority. */
async function drawAside(facts: CardFacts): Promise<Buffer<ArrayBuffer>> {
  const child = spawn(process.execPath, [packagePath('dist', 'public', 'card-process.js')], {
    env: {},
    stdio: ['pipe', 'pipe', 'ignore'],
    timeout: drawingLimit,
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  // It may be over before it is told.
  child.stdin.on('error', () => {});
  child.stdin.end(JSON.stringify(facts));
  lowerPriority(child.pid);
  const [png, code] = await Promise.all([buffer(child.stdout), ended]);
  if (code !== 0 || png.length === 0) throw new Error(`The drawing ended with ${String(code)}.`);
  return png;
}

function lowerPriority(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch {
    // Not every system lets us, and some children are quicker.
  }
}

export const cardRoutes = ({ clock }: Pick<Kernel, 'clock'>, cards: CardSource): Route[] => [
  {
    method: 'GET',
    path,
    surface: 'public',
    needs: null,
    async handle(c) {
      const card = await cards.ready();
      if (!card)
        throw new AppError('unavailable', 'This picture is not ready.', { retryAfter: 10 });
      return answer(c, card, clock);
    },
  },
];
