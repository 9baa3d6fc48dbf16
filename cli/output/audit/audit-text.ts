import { count } from '../count.ts';
import type { Cell } from '../format-table.ts';
import { formatTable } from '../format-table.ts';

/** Rows of one section; `--output json` has all. */
export const MAX_ROWS = 20;

type Row = readonly (string | Cell)[];

/** The first rows as an indented table, and how many there are besides. */
export function tabulate(rows: readonly Row[], what: string, head: readonly Row[] = []): readonly string[] {
  const shown = [...head, ...rows.slice(0, MAX_ROWS)];
  return rows.length === 0 ? [] : [...indent(formatTable(shown)), ...more(rows.length - MAX_ROWS, what)];
}

export function more(hidden: number, what: string): readonly string[] {
  return hidden > 0 ? [`  and ${count(hidden, `more ${what}`)} (--output json has all)`] : [];
}

export function indent(text: string): readonly string[] {
  return text.split('\n').map((line) => `  ${line}`);
}

/** `2,177` */
export function number(value: number): string {
  return value.toLocaleString('en-US');
}

/** `12.5 %` */
export function percent(part: number, whole: number): string {
  return whole === 0 ? '0 %' : `${((100 * part) / whole).toFixed(1)} %`;
}

/** The day of a time, as the report has it. */
export function day(time: string | null): string {
  return time?.slice(0, 10) ?? 'no date';
}
