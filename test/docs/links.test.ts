import { globSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { expect, it } from 'vitest';

const PROJECT = resolve(import.meta.dirname, '..', '..');
const PAGES = ['*.md', 'docs/**/*.md'].flatMap((pattern) => globSync(pattern, { cwd: PROJECT }));

/** Without what is shown as it is typed. */
function readText(page: string): string {
  return readFileSync(join(PROJECT, page), 'utf8').replaceAll(/^ *```[\s\S]*?^ *```/gm, '');
}

/** The anchors of a page's headings, as forges make them. */
function listAnchors(page: string): ReadonlySet<string> {
  const headings = readText(page).match(/(?<=^#{1,6} ).+$/gm) ?? [];
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\p{M} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

it.each(PAGES)('%s links to files and headings that are there', (page) => {
  const broken: string[] = [];
  for (const [, target = ''] of readText(page).matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(target)) continue;
    const [path = '', anchor] = target.split('#', 2);
    const file = path === '' ? page : relative(PROJECT, resolve(PROJECT, page, '..', path));
    const isThere = globSync(file, { cwd: PROJECT }).length === 1;
    const isFound = isThere && (anchor === undefined || !file.endsWith('.md') || listAnchors(file).has(anchor));
    if (!isFound) broken.push(target);
  }
  expect(broken).toEqual([]);
});

it('finds pages and links', () => {
  expect(PAGES.length).toBeGreaterThan(10);
  expect(listAnchors('docs/operations.md')).toContain('when-a-branch-locks');
  expect(listAnchors('docs/operations.md')).not.toContain('anywhere-else');
});
