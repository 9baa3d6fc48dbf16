import { describe, expect, it } from 'vitest';
import type { RevisionRecord } from '../../../shared/model/branch-state.ts';
import type { Oid } from '../../../shared/model/oid.ts';
import type { Mode } from '../../../shared/model/policy.ts';
import type { KeyTime } from '../../../shared/model/signatory.ts';
import type { Proof } from '../../../shared/model/statement.ts';
import { nextProof, rebuildProof } from '../../../shared/trust/next-proof.ts';
import { oidOf } from '../../support/small-history.ts';

const [A, B, C, D] = ['a', 'b', 'c', 'd'].map((digit) => oidOf(digit)) as [Oid, Oid, Oid, Oid];

/** Each revision with the mode and `keyTime` that it was published by. */
function publish(revisions: readonly [Oid, Mode, KeyTime?][], first = 1): RevisionRecord[] {
  return revisions.map(([revision, mode, keyTime = 'first-seen'], n) => ({
    ...{ sequence: first + n, revision, previous: revisions[n - 1]?.[0] ?? null, mode, keyTime },
    ...{ decidedAt: '2026-11-21T10:15:00.000Z', policyVersion: 1, operatorAnchored: false, signedBy: [] },
  }));
}

function prove(records: readonly RevisionRecord[], anchor: Oid, anchorSequence = 1): Proof | null {
  return records.reduce<Proof | null>((proof, record) => nextProof(proof, record, { anchor, anchorSequence }), null);
}

describe('nextProof (rule 6.1)', () => {
  it('says since when every revision was proven alike', () => {
    expect(
      prove(
        publish([
          [A, 'all'],
          [B, 'all'],
          [C, 'all'],
        ]),
        A,
      ),
    ).toEqual({
      ...{ previous: B, mode: 'all', keyTime: 'first-seen', since: 1, isWhole: true, tree: null },
    });
    const changed = publish([
      [A, 'all'],
      [B, 'all', 'ignore'],
      [C, 'all'],
      [D, 'all'],
    ]);
    expect(prove(changed, A)).toMatchObject({ keyTime: 'first-seen', since: 3, isWhole: true });
  });

  it('never calls a history whole again of which a part was proven less', () => {
    for (const mode of ['head', 'first-parent'] as const) {
      expect(
        prove(
          publish([
            [A, 'all'],
            [B, mode],
          ]),
          A,
        ),
      ).toMatchObject({ mode, since: 2, isWhole: false });
      expect(
        prove(
          publish([
            [A, 'all'],
            [B, mode],
            [C, 'all'],
            [D, 'all'],
          ]),
          A,
        ),
      ).toMatchObject({
        ...{ mode: 'all', since: 3, isWhole: false },
      });
    }
  });

  it('does not count what was published at the anchor itself, where nothing was proven', () => {
    expect(
      prove(
        publish([
          [A, 'head'],
          [B, 'all'],
          [C, 'all'],
        ]),
        A,
      ),
    ).toMatchObject({ since: 2, isWhole: true });
    // Published at once beyond its anchor, it was proven.
    expect(
      prove(
        publish([
          [B, 'head'],
          [C, 'all'],
        ]),
        A,
      ),
    ).toMatchObject({ isWhole: false });
  });

  it('proves nothing by clearing a lock, and begins anew at an anchor of an operator (rule 5.3)', () => {
    const records = publish([
      [A, 'all'],
      [B, 'head'],
      [B, 'all'],
      [C, 'all'],
    ]);
    expect(prove(records.slice(0, 3), A)).toMatchObject({ previous: B, mode: 'head', since: 2, isWhole: false });
    expect(prove(records, A)).toMatchObject({ mode: 'all', since: 4, isWhole: false });
    expect(prove(records, B, 3)).toMatchObject({ mode: 'all', since: 3, isWhole: true });
  });

  it('claims nothing on top of what is not known', () => {
    const [, record] = publish([
      [A, 'all'],
      [B, 'all'],
    ]);
    if (record === undefined) throw new Error('No record.');
    expect(nextProof(null, record, { anchor: A, anchorSequence: 1 })).toBeNull();
  });
});

describe('rebuildProof', () => {
  const records = publish([
    [A, 'head'],
    [B, 'head'],
    [C, 'all'],
    [D, 'all'],
  ]);

  it('finds from the records what was said step by step', () => {
    expect(rebuildProof({ anchor: A, anchorSequence: 1, sequence: 4 }, records)).toEqual(prove(records, A));
    expect(rebuildProof({ anchor: C, anchorSequence: 3, sequence: 4 }, records)).toMatchObject({
      since: 3,
      isWhole: true,
    });
  });

  it('finds nothing where a record is missing', () => {
    // The one in between may have been proven less than those about it.
    const weak = publish([
      [A, 'all'],
      [B, 'head'],
      [C, 'all'],
      [D, 'all'],
    ]);
    for (const kept of [[], records.slice(0, 3), records.slice(1), weak.toSpliced(1, 1)])
      expect(rebuildProof({ anchor: A, anchorSequence: 1, sequence: 4 }, kept)).toBeNull();
  });
});
