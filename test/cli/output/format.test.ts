import { describe, expect, it } from 'vitest';
import { subjectOf } from '../../../cli/output/commit-subject.ts';
import { count } from '../../../cli/output/count.ts';
import { formatAge } from '../../../cli/output/format-age.ts';
import { formatTable } from '../../../cli/output/format-table.ts';
import { dataOption, quoteForShell } from '../../../cli/output/quote-for-shell.ts';

describe('formatTable', () => {
  it('aligns columns by characters, whatever they are painted with, and ends no line with spaces', () => {
    const red = (text: string) => `<red>${text}</red>`;
    expect(
      formatTable([
        ['a', 'bb', 'c'],
        [{ text: '👍👍👍', paint: red }, '', 'c'],
        ['aa', { text: 'b', paint: red }, ''],
      ]),
    ).toBe(['a    bb  c', '<red>👍👍👍</red>      c', 'aa   <red>b</red>'].join('\n'));
  });

  it('of nothing is nothing', () => {
    expect(formatTable([])).toBe('');
  });
});

describe('quoteForShell', () => {
  it.each([
    ['/tmp/data', '/tmp/data'],
    ['two words', "'two words'"],
    ["it's", "'it'\\''s'"],
    ['$(true)', "'$(true)'"],
    ['', "''"],
  ])('%s', (word, quoted) => {
    expect(quoteForShell(word)).toBe(quoted);
  });

  it('names a data folder only where it must', () => {
    expect([dataOption('.headlock'), dataOption('/tmp/my data')]).toEqual(['', " --data '/tmp/my data'"]);
  });
});

describe('formatAge', () => {
  it.each([
    [0, '0s'],
    [59_999, '59s'],
    [60_000, '1m'],
    [3_599_999, '59m'],
    [3_600_000, '1h'],
    [86_400_000 * 90, '90d'],
    [-5000, '0s'],
  ])('%i ms is %s', (milliseconds, age) => {
    const now = new Date('2026-11-21T10:00:00.000Z');
    expect(formatAge(new Date(now.getTime() - milliseconds).toISOString(), now)).toBe(age);
  });
});

describe('count', () => {
  it.each([
    [0, '0 branches'],
    [1, '1 branch'],
    [2177, '2,177 branches'],
  ])('%i', (number, text) => {
    expect(count(number, 'branch', 'branches')).toBe(text);
  });
});

describe('subjectOf', () => {
  it.each([
    ['the first line', 'tree x\n\nOne\n\nTwo\n', 'One'],
    ['the first line after empty ones', 'tree x\n\n\n\nOne\nTwo', 'One'],
    ['nothing, of a commit without message', 'tree x\n\n', ''],
    ['nothing, of what is no commit', 'tree x', ''],
    ['a bounded line', `tree x\n\n${'x'.repeat(99)}`, `${'x'.repeat(60)}…`],
    ['an escaped line', 'tree x\n\n\u001b]0;title\u0007', '\ufffd]0;title\ufffd'],
  ])('is %s', (_what, raw, subject) => {
    expect(subjectOf(Buffer.from(raw))).toBe(subject);
  });

  it('is nothing where the commit was not sent', () => {
    expect(subjectOf(undefined)).toBe('');
  });
});
