// Statuspage's subscriber files: its export and its import template alike, a row at a time.
import { createReadStream } from 'node:fs';
import { parse } from 'csv-parse';
import { parseAddress } from '../shared/address.ts';
import { isActive } from './understand.ts';
import type { SourceSubscriber } from './types.ts';

export type CsvRow =
  | ({ kind: 'subscriber' } & SourceSubscriber)
  /** `other`: not by email. `inactive`: unconfirmed, quarantined or unsubscribed. `unreadable`: no address. */
  | { kind: 'other' | 'inactive' | 'unreadable' };

/** The rows of a file, as they are read: it may be larger than memory. */
export async function* readCsv(file: string): AsyncGenerator<CsvRow> {
  const rows = createReadStream(file).pipe(
    parse({
      bom: true,
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      trim: true,
    }),
  );
  let columns: Columns | undefined;
  let isFirst = true;
  for await (const row of rows as AsyncIterable<string[]>) {
    if (isFirst) {
      isFirst = false;
      columns = columnsOf(row);
      if (columns) continue;
    }
    yield readRow(columns ?? noHeader, row);
  }
}

interface Columns {
  email: number[];
  mode: number | undefined;
  state: number[];
  /** Columns whose being filled says that it is over: `quarantined_at`. */
  ended: number[];
  components: number | undefined;
}

const noHeader: Columns = {
  email: [],
  mode: undefined,
  state: [],
  ended: [],
  components: undefined,
};

/** The columns by their heads; undefined where the first row is no head. */
function columnsOf(head: string[]): Columns | undefined {
  if (head.some((cell) => parseAddress(cell) !== undefined)) return undefined;
  const names = head.map((cell) =>
    cell
      .toLowerCase()
      .replaceAll(/[^a-z]+/g, ' ')
      .trim(),
  );
  const where = (pattern: RegExp) => names.flatMap((name, i) => (pattern.test(name) ? [i] : []));
  const email = where(
    /\bemail\b|\be mail\b|\baddress\b|\bendpoint\b|\bdestination\b|\brecipient\b/,
  );
  if (email.length === 0) return undefined;
  return {
    email,
    mode: where(/^(mode|type|method|channel|subscriber type|subscription type)$/)[0],
    state: where(/^(state|status|confirmed|active)$/),
    ended: where(/quarantin|unsubscribed|purge|^(unconfirmed|bounced)/),
    components: where(/component/)[0],
  };
}

const otherModes = /^(sms|webhook|slack|teams|ms teams|microsoft teams|integration.partner|rss)$/i;

function readRow(columns: Columns, row: string[]): CsvRow {
  const cells = columns.email.length > 0 ? columns.email.map((i) => row[i] ?? '') : row;
  const mode = (columns.mode === undefined ? row[0] : row[columns.mode]) ?? '';
  if (otherModes.test(mode)) return { kind: 'other' };
  const email = cells.find((cell) => parseAddress(cell) !== undefined);
  if (email === undefined) {
    return { kind: cells.some((cell) => /^https?:\/\//i.test(cell)) ? 'other' : 'unreadable' };
  }
  const isEnded = columns.ended.some((i) => !/^(|no|false|0|nil|null|-)$/i.test(row[i] ?? ''));
  if (isEnded || columns.state.some((i) => !isActive(row[i] ?? ''))) return { kind: 'inactive' };
  const chosen = columns.components === undefined ? '' : (row[columns.components] ?? '');
  return { kind: 'subscriber', email, components: componentsIn(chosen) };
}

/** Ids or names, parted by commas, semicolons or bars; a JSON list too. `All` is everything. */
function componentsIn(cell: string): string[] {
  const text = cell.trim().replaceAll(/^\[|\]$/g, '');
  if (/^(all|all components|everything|)$/i.test(text)) return [];
  return text
    .split(/[,;|\n]/)
    .map((part) => part.trim().replaceAll(/^"|"$/g, ''))
    .filter((part) => part !== '');
}
