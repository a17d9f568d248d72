// How the public page says the words of the product.
import type { Impact } from '../shared/words.ts';

export const impactLabels: Record<Impact, string> = {
  none: 'No impact',
  minor: 'Minor impact',
  major: 'Major impact',
  critical: 'Critical impact',
};

/** Where an update stands on its incident's page; also the end of its address in feeds. */
export const updateAnchor = (updateId: string) => `update-${updateId}`;
