import { describe, expect, it } from 'vitest';
import { parseRetryAfter } from '../../../shared/git/retry-after.ts';

const NOW = Date.parse('2026-11-22T08:49:37.500Z');
const RESET = String(Date.parse('2026-11-22T08:59:38.000Z') / 1000);

describe('parseRetryAfter', () => {
  it.each([
    [{ 'retry-after': '120' }, 120],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after': 'Sun, 22 Nov 2026 08:50:38 GMT' }, 61],
    [{ 'retry-after': 'Sun, 22 Nov 2026 08:00:00 GMT' }, 0],
    [{ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': RESET }, 601],
    [{ 'retry-after': '7', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': RESET }, 7],
    [{ 'retry-after': 'soon', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': RESET }, 601],
  ])('reads %o', (headers, seconds) => {
    expect(parseRetryAfter(headers, NOW)).toBe(seconds);
  });

  it.each([
    {},
    { 'retry-after': '' },
    { 'retry-after': '-1' },
    { 'retry-after': '1.5' },
    { 'retry-after': '9999999999' },
    { 'retry-after': ['1', '2'] },
    { 'retry-after': 'Sunday, 22-Nov-26 08:50:38 GMT' },
    { 'retry-after': 'Sun, 99 Nov 2026 08:50:38 GMT' },
    { 'retry-after': '2026-11-22T08:50:38Z' },
    { 'x-ratelimit-remaining': '1', 'x-ratelimit-reset': RESET },
    { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': 'later' },
    { 'x-ratelimit-remaining': '0' },
  ])('takes nothing from %o', (headers) => {
    expect(parseRetryAfter(headers, NOW)).toBeNull();
  });
});
