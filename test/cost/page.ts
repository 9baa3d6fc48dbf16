import { join } from 'node:path';

export const COST_PAGE = join(import.meta.dirname, '..', '..', 'docs', 'cost.md');

/** Puts tables into a page, each between the comments `<!-- name -->` and `<!-- /name -->`. */
export function fillIn(page: string, tables: Readonly<Record<string, string>>): string {
  return Object.entries(tables).reduce((text, [name, table]) => {
    const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
    const [from, to] = [text.indexOf(start), text.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`The page has no place for ${name}.`);
    return `${text.slice(0, from + start.length)}\n\n${table}\n\n${text.slice(to)}`;
  }, page);
}
