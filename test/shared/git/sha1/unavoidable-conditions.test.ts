import { expect, test } from 'vitest';
import { DISTURBANCE_VECTORS } from '../../../../shared/git/sha1/disturbance-vectors.ts';
import { deriveConditions } from './derive-conditions.ts';
import { followBackwards, followForwards } from './trace-sha1.ts';
import { writeFilter } from './write-filter.ts';

test('the filter holds what the local collisions of the vectors demand, and no more', async () => {
  const conditions = DISTURBANCE_VECTORS.map((vector) => deriveConditions(vector));
  for (const ofVector of conditions) expect(new Set(ofVector.map(({ t, i }) => `${t}.${i}`)).size).toBeGreaterThan(3);
  await expect(writeFilter(conditions)).toMatchFileSnapshot('../../../../shared/git/sha1/unavoidable-conditions.ts');
});

/** SHA-1 itself, run on pairs whose states differ as the vector says, is never at odds with what was derived. */
test.each(
  DISTURBANCE_VECTORS.map((vector) => [`${vector.type}(${vector.k},${vector.b})`, vector] as const),
)('%s: pairs that follow its local collisions meet every condition', (_, vector) => {
  const { testStep } = vector;
  const ways = [
    { first: testStep - 16, last: testStep - 1, pairs: 4, follow: followBackwards },
    { first: testStep, last: testStep + 7, pairs: 40, follow: followForwards },
  ];
  for (const { first, last, pairs, follow } of ways) {
    const conditions = deriveConditions(vector, first, last);
    for (let pair = 0; pair < pairs; pair++) {
      const w = follow(vector, first, last);
      const bit = (step: number, place: number) => ((w[step] ?? 0) >>> place) & 1;
      const broken = conditions.filter(({ t, i, u, j, differ }) => (bit(t, i) !== bit(u, j)) !== differ);
      expect(broken).toEqual([]);
    }
    if (first < testStep) expect(conditions.length).toBeGreaterThan(0);
  }
});
