// What lanes take from: nothing that was claimed may fall out of it.
import { describe, expect, it } from 'vitest';
import { createSupply } from '../../src/delivery/supply.ts';
import { released } from '../notifications/fixtures.ts';

const idOf = (claimed: { recipient: { id: number } } | undefined) => claimed?.recipient.id;

describe('a supply', () => {
  it('keeps what is put back while it is being filled', async () => {
    const { kernel } = await released('a', 'b', 'c');
    const supply = createSupply(kernel, 'boot', 'bulk', 1);
    const first = await supply.take();
    if (!first) throw new Error('nothing was due');
    const filling = supply.take();
    supply.putBack(first);
    const others = [await filling, await supply.take(), await supply.take(), await supply.take()];
    expect(others.map(idOf)).toEqual([1, 2, 3, undefined]);
    expect(idOf(first)).toBe(1);
  });

  it('hands over all it holds, and fills again', async () => {
    const { kernel } = await released('a', 'b', 'c');
    const supply = createSupply(kernel, 'boot', 'bulk', 3);
    const first = await supply.take();
    expect(supply.empty()).toHaveLength(2);
    expect(supply.empty()).toEqual([]);
    expect(idOf(first)).toBe(1);
    expect(await supply.take()).toBeUndefined();
  });
});
