import { formatTable } from './format-table.ts';
import type { Style } from './style.ts';

/** A name and what is known under it; null where there is nothing to tell. */
export type Field = readonly [name: string, value: string | null];

/** All that is known of one thing, a line each. */
export function formatFields(fields: readonly Field[], style: Style): string {
  return formatTable(
    fields.flatMap(([name, value]) => (value === null ? [] : [[{ text: name, paint: style.dim }, value]])),
  );
}
