import type { TagPolicy } from './policy.ts';
import type { KeyTime } from './signatory.ts';

/** What a tag must prove (trust rule 4.9). */
export type TagRule = Omit<TagPolicy, 'pattern'>;

const STRICTEST_FIRST: readonly KeyTime[] = ['first-seen', 'signature', 'ignore'];

/** The rule of a tag, or null where no pattern matches it. Where several do, the strictest of what each says. */
export function findTagRule(tags: readonly TagPolicy[], name: string): TagRule | null {
  const matching = tags.filter(({ pattern }) => matchesPattern(pattern, name));
  if (matching.length === 0) return null;
  const keyTime = STRICTEST_FIRST.find((each) => matching.some((tag) => tag.keyTime === each));
  return {
    verify: matching.some(({ verify }) => verify === 'tag-and-commit') ? 'tag-and-commit' : 'tag',
    keyTime: keyTime ?? 'first-seen',
  };
}

/** As `git tag --list` matches: `*` stands for any characters, `/` too. In time linear in the name for each `*`. */
export function matchesPattern(pattern: string, name: string): boolean {
  const [start = '', ...parts] = pattern.split('*');
  const end = parts.pop();
  if (end === undefined) return name === pattern;
  if (!name.startsWith(start)) return false;
  let from = start.length;
  for (const part of parts) {
    const found = name.indexOf(part, from);
    if (found === -1) return false;
    from = found + part.length;
  }
  return name.length - end.length >= from && name.endsWith(end);
}
