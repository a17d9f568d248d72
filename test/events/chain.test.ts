import { Driver } from '../../src/db/driver.ts';
import { describe, expect, it } from 'vitest';
import { databaseFile } from '../../src/db/open.ts';
import { append, currentHead, verifyChain } from '../../src/events/service.ts';
import { systemActor } from '../../src/events/types.ts';
import { testKernel } from '../support/kernel.ts';

async function recorded() {
  const kernel = await testKernel();
  for (const word of ['one', 'two', 'three', 'four']) {
    await kernel.db.write((tx) =>
      append(tx, kernel.clock, systemActor, { kind: `test.${word}`, subject: 'test' }),
    );
  }
  return kernel;
}

/** Does what the triggers forbid, as someone with the file and a tool would. */
function tamper(dataDir: string, statements: string) {
  const connection = new Driver(databaseFile(dataDir));
  connection.exec(`drop trigger events_no_update; drop trigger events_no_delete; ${statements}`);
  connection.close();
}

describe('the event chain', () => {
  it('is whole after appending', async () => {
    const kernel = await recorded();
    const result = await verifyChain(kernel.db.read);
    expect(result).toEqual({ fault: undefined, head: await currentHead(kernel.db.read) });
    expect(result.head.seq).toBe(4);
  });

  it.each([
    ['an edit', `update events set kind = 'test.other' where seq = 2`, 'event 2 was changed'],
    ['a deletion', 'delete from events where seq = 2', 'event 2 is missing'],
    ['a cut tail', 'delete from events where seq > 2', 'event 3 is missing'],
    [
      'a swap',
      'update events set seq = 9 where seq = 2; update events set seq = 2 where seq = 3; update events set seq = 3 where seq = 9',
      'event 2 does not follow event 1',
    ],
  ])('names the first bad row after %s', async (_, statements, fault) => {
    const kernel = await recorded();
    tamper(kernel.dataDir, statements);
    expect((await verifyChain(kernel.db.read)).fault).toBe(fault);
  });

  it('shows a tail that was cut and grown again, against a head noted before', async () => {
    const kernel = await recorded();
    const noted = await currentHead(kernel.db.read);
    tamper(kernel.dataDir, 'delete from events where seq = 4; update sqlite_sequence set seq = 3');
    await kernel.db.write((tx) =>
      append(tx, kernel.clock, systemActor, { kind: 'test.forged', subject: 'test' }),
    );
    expect((await verifyChain(kernel.db.read)).fault).toBeUndefined();
    expect((await verifyChain(kernel.db.read, noted)).fault).toBe('event 4 is not the one noted');
  });

  it.each(['update events set kind = kind', 'delete from events'])(
    'aborts "%s"',
    async (statement) => {
      const kernel = await recorded();
      const connection = new Driver(databaseFile(kernel.dataDir));
      expect(() => connection.exec(statement)).toThrow(/events are never/);
      connection.close();
    },
  );
});
