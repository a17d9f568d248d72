import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { takingTurns } from '../../src/web/turns.ts';

const response = {} as ServerResponse;
const numbered = (number: number) => ({ url: String(number) }) as IncomingMessage;

/** A listener that takes a millisecond of a clock for each request. */
function busy() {
  let now = 0;
  const answered: number[] = [];
  const listener = takingTurns(
    (request) => {
      now += 1;
      answered.push(Number(request.url));
    },
    { monotonic: () => now },
  );
  return { listener, answered };
}

const nextTurn = () => new Promise((turn) => setImmediate(turn));

describe('a flood of requests', () => {
  it('is interrupted for others, and answered whole and in order', async () => {
    const { listener, answered } = busy();
    for (let i = 0; i < 2000; i += 1) listener(numbered(i), response);
    // The first look asks for a turn, the next one finds that it did not come.
    expect(answered.length).toBe(128);
    let turns = 0;
    for (; answered.length < 2000 && turns < 100; turns += 1) await nextTurn();
    expect(turns).toBeGreaterThan(5);
    expect(answered).toEqual(Array.from({ length: 2000 }, (_, i) => i));
  });

  it('whoever comes while others wait stands behind them', async () => {
    const { listener, answered } = busy();
    for (let i = 0; i < 500; i += 1) listener(numbered(i), response);
    await nextTurn();
    for (let i = 500; i < 600; i += 1) listener(numbered(i), response);
    for (let turns = 0; answered.length < 600 && turns < 100; turns += 1) await nextTurn();
    expect(answered).toEqual(Array.from({ length: 600 }, (_, i) => i));
  });

  it('that is none is answered at once', async () => {
    const { listener, answered } = busy();
    for (let i = 0; i < 300; i += 1) {
      listener(numbered(i), response);
      expect(answered).toHaveLength(i + 1);
      await nextTurn();
    }
  });

  it('cannot make more wait than there is room for', () => {
    const { listener, answered } = busy();
    for (let i = 0; i < 30_000; i += 1) listener(numbered(i), response);
    expect(answered).toHaveLength(10_000);
  });
});
