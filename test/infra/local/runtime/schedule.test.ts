import { describe, expect, it } from 'vitest';
import { parseRate } from '../../../../infra/local/runtime/schedule.ts';

describe('parseRate', () => {
  it.each([
    ['rate(1 minute)', 60_000],
    ['rate(5 minutes)', 300_000],
    ['rate(2 hours)', 7_200_000],
    ['rate(1 day)', 86_400_000],
    ['rate(0 minutes)', null],
    ['rate(5 seconds)', null],
    ['rate(1.5 hours)', null],
    ['cron(0 12 * * ? *)', null],
  ])('%s', (expression, milliseconds) => {
    expect(parseRate(expression)).toBe(milliseconds);
  });
});
