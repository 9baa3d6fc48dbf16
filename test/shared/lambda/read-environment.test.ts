import { describe, expect, it } from 'vitest';
import { readEnvironment } from '../../../shared/lambda/read-environment.ts';

describe('readEnvironment', () => {
  it('hands over the named variables alone', () => {
    expect(readEnvironment({ A: '1', B: '2' }, ['A'])).toEqual({ A: '1' });
  });

  it('names every variable that is missing or empty', () => {
    expect(() => readEnvironment({ A: '1', B: '' }, ['A', 'B', 'C'])).toThrow('lacks B, C.');
  });
});
