// The fields that declaring and updating share, as views show them: components and the promise.
import { statusLabels } from '../shared/labels.ts';
import { defaultPromise } from '../cadence/rules.ts';
import type { ComponentList, ComponentRow } from '../components/types.ts';
import type { ComponentStatus } from '../shared/words.ts';
import { componentStatuses } from '../shared/words.ts';
import { localTime } from '../shared/local-time.ts';
import { utcClock } from '../shared/time.ts';
import { arrange } from './arrange.ts';
import type { FormState, PromiseField } from './forms.ts';
import { promiseChoices } from './forms.ts';

export const statusOptions = componentStatuses.map((value) => ({
  value,
  label: statusLabels[value],
}));

export interface ComponentsField {
  groups: { name: string; rows: { id: string; name: string; field: string; value: string }[] }[];
  options: { value: string; label: string }[];
  /** Whether there is any component to choose. */
  isEmpty: boolean;
}

/** Selects for all components in the page's order, with what was typed or what stands now. */
export function componentsField(
  list: ComponentList,
  form: FormState,
  current: ReadonlyMap<string, ComponentStatus>,
): ComponentsField {
  const row = ({ publicId, name }: ComponentRow) => {
    const field = `components.${publicId}`;
    return { id: publicId, name, field, value: form.values[field] ?? current.get(publicId) ?? '' };
  };
  const groups = arrange(list)
    .map((entry) =>
      entry.kind === 'group'
        ? { name: entry.group.name, rows: entry.children.map(row) }
        : { name: '', rows: [row(entry.component)] },
    )
    .filter((group) => group.rows.length > 0);
  return { groups, options: statusOptions, isEmpty: list.components.length === 0 };
}

export interface PromiseView {
  value: string;
  /** What the field was filled with: left untouched, it stands for published + target. */
  usual: string;
  zone: string;
  utc: string;
  targetMinutes: number;
  choices: { value: string; label: string }[];
}

/** The field `Next update by`, in the page's zone. */
export function promiseView(
  form: FormState,
  field: PromiseField,
  targetMinutes: number,
): PromiseView {
  const usual = localTime(field.zone, field.usual);
  const value = form.values['nextUpdateBy'] ?? usual;
  const wasUntouched = value === form.values['nextUpdateDefault'];
  return {
    value: wasUntouched ? usual : value,
    usual,
    zone: field.zone === 'Etc/UTC' ? 'UTC' : field.zone,
    utc: utcClock(field.usual),
    targetMinutes,
    choices: promiseChoices(value, field.zone),
  };
}

export const promiseField = (zone: string, now: Date, targetMinutes: number): PromiseField => ({
  zone,
  now,
  usual: defaultPromise(now, targetMinutes),
});
