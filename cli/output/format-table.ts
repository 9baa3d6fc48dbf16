import type { Paint } from './style.ts';

export interface Cell {
  readonly text: string;
  readonly paint: Paint;
}

const asIs: Paint = (text) => text;

/** Columns as wide as their widest cell, two spaces apart. Colour takes no width. */
export function formatTable(rows: readonly (readonly (string | Cell)[])[]): string {
  const cells = rows.map((row) => row.map((cell) => (typeof cell === 'string' ? { text: cell, paint: asIs } : cell)));
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => widthOf(row[column]?.text ?? ''))));
  const lines = cells.map((row) =>
    row
      .map(({ text, paint }, column) => paint(text) + ' '.repeat(Math.max(0, (widths[column] ?? 0) - widthOf(text))))
      .join('  ')
      .trimEnd(),
  );
  return lines.join('\n');
}

/** Characters, not UTF-16 units. */
function widthOf(text: string): number {
  return [...text].length;
}
