import { describe, expect, it } from 'vitest';
import { formatClaim } from '../../../shared/model/claim.ts';
import { MAX_CLAIM_LENGTH } from '../../../shared/model/limits.ts';

describe('formatClaim', () => {
  it('keeps letters of every script, marks, digits, punctuation, symbols and spaces', () => {
    const text = 'Žofie Ωmega 李明 <a.b+c@example.com> 100 % — ✓ 👍🏽';
    expect(formatClaim(text)).toBe(text);
  });

  it.each([
    ['an escape sequence', '\u001b[2Jred'],
    ['a line feed', 'one\ntwo'],
    ['a carriage return', 'one\rtwo'],
    ['a text direction that turns what follows', 'one\u202etwo'],
    ['a zero-width joiner', 'one\u200btwo'],
    ['a lone surrogate', 'one\ud800two'],
    ['a NUL', 'one\0two'],
  ])('replaces %s', (_what, text) => {
    expect(formatClaim(text)).toMatch(/^[a-z[\d]*\ufffd[\w[]*$/i);
  });

  it('cuts by characters, never through one', () => {
    expect(formatClaim('👍'.repeat(MAX_CLAIM_LENGTH))).toBe('👍'.repeat(MAX_CLAIM_LENGTH));
    expect(formatClaim('👍'.repeat(MAX_CLAIM_LENGTH + 1))).toBe(`${'👍'.repeat(MAX_CLAIM_LENGTH)}…`);
    expect(formatClaim('abcdef', 3)).toBe('abc…');
  });
});
