// Components in the order of the page: groups and single components mixed at the top, children inside.
import type { ComponentList, ComponentRow, GroupRow } from '../components/types.ts';

export type Arranged =
  | { kind: 'component'; component: ComponentRow }
  | { kind: 'group'; group: GroupRow; children: ComponentRow[] };

export function arrange({ groups, components }: ComponentList): Arranged[] {
  const top: Arranged[] = [
    ...groups.map((group) => ({
      kind: 'group' as const,
      group,
      children: components.filter((one) => one.groupId === group.id).toSorted(byPosition),
    })),
    ...components
      .filter((component) => component.groupId === null)
      .map((component) => ({ kind: 'component' as const, component })),
  ];
  return top.toSorted((a, b) => byPosition(rowOf(a), rowOf(b)));
}

export const rowOf = (entry: Arranged) => (entry.kind === 'group' ? entry.group : entry.component);

const byPosition = (a: { position: number }, b: { position: number }) => a.position - b.position;

/** The order of public ids with one of them moved a place up or down. */
export function moved(ids: readonly string[], id: string, direction: 'up' | 'down'): string[] {
  const from = ids.indexOf(id);
  const to = direction === 'up' ? from - 1 : from + 1;
  if (from === -1 || to < 0 || to >= ids.length) return [...ids];
  const rest = ids.filter((one) => one !== id);
  return [...rest.slice(0, to), id, ...rest.slice(to)];
}
