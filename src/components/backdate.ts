// Gives young components a longer past, for seeding: a status record can only grow at its end.
import type { Kernel } from '../db/kernel.ts';
import { append } from '../events/service.ts';
import type { Actor } from '../events/types.ts';
import { liveComponents, moveBeginning, recordLength } from './store.ts';
import type { ComponentRow } from './types.ts';

/** Moves the beginning of each component's record to `since`, and answers those where it could be. */
export async function backdate(kernel: Kernel, actor: Actor, since: Date): Promise<ComponentRow[]> {
  return kernel.db.write(async (tx) => {
    const moved: ComponentRow[] = [];
    for (const component of await liveComponents(tx)) {
      const isYoung = (await recordLength(tx, component.id)) === 1 && component.createdAt > since;
      if (!isYoung) continue;
      await moveBeginning(tx, component.id, since);
      moved.push(component);
    }
    if (moved.length > 0) {
      const data = { since, components: moved.map(({ publicId }) => publicId) };
      await append(tx, kernel.clock, actor, {
        kind: 'component.backdated',
        subject: 'component',
        isPublic: true,
        data,
      });
    }
    return moved;
  });
}
