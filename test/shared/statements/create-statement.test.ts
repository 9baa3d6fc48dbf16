import { describe, expect, it } from 'vitest';
import type { BranchState } from '../../../shared/model/branch-state.ts';
import { createStatement, describeSubject } from '../../../shared/statements/create-statement.ts';
import { createLockedBranchState } from '../../support/branch-states.ts';
import { oidOf } from '../../support/small-history.ts';
import { createStatedBranch, ISSUED_AT, readPayload } from '../../support/statements.ts';

const SINCE = ISSUED_AT;
const COMPROMISE = { keys: ['SHA256:lost'], message: 'A key is lost.', nextStep: 'Look.', since: SINCE };

function read(state: BranchState) {
  const statement = createStatement(state);
  if (statement === null) throw new Error('No statement.');
  return readPayload(statement.payload);
}

describe('createStatement', () => {
  it('is an in-toto Statement v1 with a SLSA verification summary, and one extension (rule 6.1)', () => {
    expect(read(createStatedBranch())).toEqual({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [
        {
          digest: { gitCommit: oidOf('b'), gitTree: oidOf('e') },
          annotations: { sourceRefs: ['refs/heads/main'] },
        },
      ],
      predicateType: 'https://slsa.dev/verification_summary/v1',
      predicate: {
        verifier: { id: 'https://headlock.example.com/test' },
        timeVerified: ISSUED_AT,
        resourceUri: 'git+https://forge.example.com/payments.git',
        policy: { uri: 'urn:headlock:policy:payments:1', digest: { sha256: '0'.repeat(64) } },
        verificationResult: 'PASSED',
        verifiedLevels: ['SLSA_SOURCE_LEVEL_0', 'ORG_SOURCE_SIGNED_HISTORY'],
        'urn:headlock:branch:v1': {
          repository: 'payments',
          branch: 'main',
          sequence: 1,
          previousRevision: oidOf('a'),
          state: 'Trusted',
          mode: 'all',
          keyTime: 'first-seen',
          anchor: oidOf('a'),
          since: 1,
          operatorAnchored: false,
          expires: '2026-11-22T10:15:00.000Z',
        },
      },
    });
  });

  it('is the same bytes for the same branch item', () => {
    const [one, other] = [createStatement(createStatedBranch()), createStatement(createStatedBranch())];
    expect(one).not.toBeNull();
    expect(one?.payload).toEqual(other?.payload);
    // What is of no concern to it changes nothing.
    const later = createStatement(createStatedBranch({ version: 9, recheckAt: SINCE, alertedLocks: ['x'] }));
    expect(later?.payload).toEqual(one?.payload);
  });

  it('names no tree that was not read, and a SHA-256 commit in full', () => {
    const [subject] = read(createStatedBranch({}, {}, { tree: null })).subject;
    expect(subject?.digest).toEqual({ gitCommit: oidOf('b') });
  });

  it('has a locked branch pass for the revision that it holds (rule 6.3)', () => {
    const { lock } = createLockedBranchState();
    const { predicate, subject } = read(createStatedBranch({ lock }, { state: 'Locked' }));
    expect(predicate).toMatchObject({ verificationResult: 'PASSED', 'urn:headlock:branch:v1': { state: 'Locked' } });
    expect(subject[0]?.digest.gitCommit).toBe(oidOf('b'));
  });

  it('has one fail that rests on a compromised key (rule 3.3)', () => {
    const { predicate } = read(createStatedBranch({ compromise: COMPROMISE }, { state: 'Compromised' }));
    expect(predicate).toMatchObject({ verificationResult: 'FAILED', verifiedLevels: ['FAILED'] });
  });

  it.each([
    ['an operator anchored it', { operatorAnchored: true }, {}],
    ['not every advance was proven in mode all', {}, { isWhole: false }],
  ])('claims no signed history where %s (rule 6.1)', (_, changes, proof) => {
    const { predicate } = read(createStatedBranch(changes, {}, proof));
    expect(predicate).toMatchObject({ verificationResult: 'PASSED', verifiedLevels: ['SLSA_SOURCE_LEVEL_0'] });
  });

  it('never tells of the observed tip of a dry run (rule 4.6)', () => {
    const observedTip = { revision: oidOf('d'), enforced: false } as const;
    const state = createStatedBranch({ enforcement: 'report', observedTip });
    expect(JSON.stringify(read(state))).not.toContain(oidOf('d'));
    // @ts-expect-error An observed tip is no trusted revision: a statement about one does not compile.
    describeSubject(observedTip, { tree: null }, state);
  });

  it('is none where nothing is published, and none of what the branch has left behind', () => {
    const { lock } = createLockedBranchState();
    for (const state of [
      createLockedBranchState(),
      createStatedBranch({ trusted: null }),
      createStatedBranch({ proof: null }),
      createStatedBranch({ statement: null }),
      createStatedBranch({ sequence: 2 }),
      createStatedBranch({ lock }),
      createStatedBranch({ compromise: COMPROMISE }),
      createStatedBranch({}, { state: 'Locked' }),
    ])
      expect(createStatement(state)).toBeNull();
  });
});
