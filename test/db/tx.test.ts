import { describe, expect, it } from 'vitest';
import { eq, sql } from 'drizzle-orm';
import { settings } from '../../src/db/schema.ts';
import type { Tx } from '../../src/db/tx.ts';
import { testKernel } from '../support/kernel.ts';

const put = (tx: Tx, name: string, value: number) =>
  tx.insert(settings).values({ name, value, version: 1, updatedAt: new Date(0) });
const read = async (kernel: Awaited<ReturnType<typeof testKernel>>, name: string) =>
  (await kernel.db.read.select().from(settings).where(eq(settings.name, name)))[0]?.value;

describe('the single writer', () => {
  it('runs transactions one after another, across awaits', async () => {
    const { db, ...rest } = await testKernel();
    await db.write((tx) => put(tx, 'n', 0));
    const increment = () =>
      db.write(async (tx) => {
        const [row] = await tx.select().from(settings).where(eq(settings.name, 'n'));
        await Promise.resolve();
        await tx
          .update(settings)
          .set({ value: Number(row?.value) + 1 })
          .where(eq(settings.name, 'n'));
      });
    await Promise.all(Array.from({ length: 20 }, increment));
    expect(await read({ db, ...rest }, 'n')).toBe(20);
  });

  it('undoes everything when the work throws after an await, and goes on', async () => {
    const kernel = await testKernel();
    const failing = kernel.db.write(async (tx) => {
      await put(tx, 'half', 1);
      await Promise.resolve();
      throw new Error('stop');
    });
    await expect(failing).rejects.toThrow('stop');
    expect(await read(kernel, 'half')).toBeUndefined();
    await kernel.db.write((tx) => put(tx, 'next', 2));
    expect(await read(kernel, 'next')).toBe(2);
  });

  it('refuses a transaction inside a transaction, and writes neither', async () => {
    const kernel = await testKernel();
    const nested = kernel.db.write(async (tx) => {
      await put(tx, 'outer', 1);
      await kernel.db.write((inner) => put(inner, 'inner', 1));
    });
    await expect(nested).rejects.toThrow('inside itself');
    await kernel.db.write((tx) => put(tx, 'next', 2));
    expect(await read(kernel, 'outer')).toBeUndefined();
    expect(await read(kernel, 'inner')).toBeUndefined();
    expect(await read(kernel, 'next')).toBe(2);
  });

  it('undoes a transaction that waits for the world, and lets it write nothing afterwards', async () => {
    const kernel = await testKernel();
    let late: Promise<unknown> | undefined;
    const slow = kernel.db.write((tx) => {
      late = (async () => {
        await put(tx, 'early', 1);
        await new Promise((resolve) => setTimeout(resolve, 20));
        await put(tx, 'late', 1);
      })();
      return late;
    });
    await expect(slow).rejects.toThrow('other than the database');
    await expect(late).rejects.toThrow(/readonly/);
    expect(await read(kernel, 'early')).toBeUndefined();
    expect(await read(kernel, 'late')).toBeUndefined();
  });

  it('reads through a connection that cannot write', async () => {
    const { db } = await testKernel();
    expect(() => db.read.all(sql`delete from settings returning name`)).toThrow(/readonly/);
  });
});
