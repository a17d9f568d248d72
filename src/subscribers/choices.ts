// Reading which components somebody chose in a form.
import type { Reader } from '../db/tx.ts';
import { invalid } from '../shared/errors.ts';
import { idsOfComponents } from './store.ts';

/** Ids of the components with these public ids. Throws `invalid` when one of them cannot be chosen. */
export async function readChoices(reader: Reader, publicIds: readonly string[]): Promise<number[]> {
  const ids = await idsOfComponents(reader, publicIds);
  if (ids) return ids;
  throw invalid('component', 'Please choose from the components shown.');
}
