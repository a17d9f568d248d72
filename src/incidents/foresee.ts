// What an email sent together with an update will have to tell, before the update is written.
import type { Kernel } from '../db/kernel.ts';
import type { Reader } from '../db/tx.ts';
import { detailChanges } from './changes.ts';
import { findIncident } from './find.ts';
import type { Foreseen } from './mail.ts';
import type { UpdatePart } from './publish.ts';
import { affectedBy, componentsNamed } from './store.ts';
import type { DeclareInput, StatusChoices, UpdateInput } from './types.ts';

export async function foreseeDeclared(
  kernel: Kernel,
  publicId: string,
  input: DeclareInput,
): Promise<Foreseen> {
  const now = kernel.clock.now();
  const { title, severity, startedAt = now } = input;
  return {
    incidentId: undefined,
    stage: input.state,
    incident: { publicId, title, severity, startedAt },
    update: updateToBe(input, now),
    components: await namesOf(kernel.db.read, input.components, []),
  };
}

export async function foreseeUpdated(
  kernel: Kernel,
  publicId: string,
  input: UpdateInput,
): Promise<Foreseen> {
  const before = await findIncident(kernel.db.read, publicId);
  const current = (await affectedBy(kernel.db.read, before.id)).map((row) => row.publicId);
  return {
    incidentId: before.id,
    stage: input.state,
    incident: { ...before, ...detailChanges(before, input.details ?? {}) },
    update: updateToBe(input, kernel.clock.now()),
    components: await namesOf(kernel.db.read, input.components, current),
  };
}

const updateToBe = ({ state, body, nextUpdateBy }: UpdatePart, displayAt: Date) => ({
  body,
  nextUpdateBy: state === 'resolved' ? null : nextUpdateBy,
  displayAt,
});

async function namesOf(reader: Reader, named: StatusChoices, current: string[]): Promise<string[]> {
  const rows = await componentsNamed(reader, [...new Set([...current, ...Object.keys(named)])]);
  return rows.map((row) => row.name);
}
