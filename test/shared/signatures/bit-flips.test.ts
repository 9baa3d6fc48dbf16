import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMutantJudge, type MutantJudge, MutantTally } from '../../support/mutant-judge.ts';
import { createSignedKinds, type SignedKinds } from '../../support/signed-kinds.ts';

/** Twelve characters of base64 hold the key id that is not hashed, five the checksum. Not every flip leaves base64. */
const MAX_UNSIGNED_BITS = 17 * 8;
/** Of each of two numbers the lowest bits of its count. */
const MAX_COUNTING_BITS = 2 * 3;

describe('every single flipped bit of a signed commit (trust rules 1.4, 1.7, 2.1–2.3)', () => {
  let kinds: SignedKinds;
  let judge: MutantJudge['judge'];
  const total = new MutantTally();
  beforeAll(async () => {
    kinds = await createSignedKinds();
    ({ judge } = createMutantJudge(kinds));
  }, 120_000);
  afterAll(() => console.log(`Single bits of ${kinds.commits.length} commits: ${total}`));

  it('changes no signed byte, no signature value and no key where it is accepted', () => {
    for (const { kind, raw } of kinds.commits) {
      let accepted = 0;
      for (let bit = 0; bit < raw.length * 8; bit += 1) {
        const mutant = Buffer.from(raw);
        mutant[bit >> 3] = (mutant[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const outcome = judge(mutant);
        if (outcome.kind === 'foul')
          throw new Error(`${kind}, bit ${bit}: ${outcome.what}\n${mutant.toString('latin1')}`);
        if (outcome.kind === 'accepted') accepted += 1;
        total.add(outcome);
      }
      // Nothing in an SSH signature goes unsigned, and in version 6 of OpenPGP nothing but how its numbers are counted.
      if (kind.startsWith('SSH')) expect([kind, accepted]).toEqual([kind, 0]);
      else if (kind.startsWith('OpenPGP v6')) expect(accepted, kind).toBeLessThanOrEqual(MAX_COUNTING_BITS);
      else expect(accepted, kind).toBeGreaterThan(20);
      expect(accepted, kind).toBeLessThanOrEqual(MAX_UNSIGNED_BITS);
    }
    expect(kinds.commits).toHaveLength(27);
    // Whether a count can be higher by a bit depends on the numbers that the keys made.
    const others = [...total.accepted.keys()].filter((category) => category !== 'bit count of a number');
    expect(others.toSorted()).toEqual(['armor checksum', 'unhashed area']);
  }, 600_000);
});
