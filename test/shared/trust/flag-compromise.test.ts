import { describe, expect, it } from 'vitest';
import type { BranchState, RevisionRecord } from '../../../shared/model/branch-state.ts';
import type { SignatureKeys } from '../../../shared/model/verdict.ts';
import { flagCompromise, listKeys } from '../../../shared/trust/flag-compromise.ts';
import { createBranchState, createLockedBranchState } from '../../support/branch-states.ts';
import { oidOf } from '../../support/small-history.ts';

const NOW = '2026-11-21T11:00:00.000Z';
const LATER = '2026-11-21T12:00:00.000Z';
const keys = (fingerprint: string): SignatureKeys => ({ fingerprint, certifiedBy: null, certificate: null });
const lost =
  (...fingerprints: readonly string[]) =>
  (signed: SignatureKeys) =>
    fingerprints.includes(signed.fingerprint);

function recordOf(sequence: number, signedBy: RevisionRecord['signedBy']): RevisionRecord {
  return {
    ...{ sequence, revision: oidOf(String(sequence)), previous: null, decidedAt: NOW, mode: 'all' },
    ...{ keyTime: 'first-seen', policyVersion: 1, operatorAnchored: false, signedBy },
  };
}

const published = createLockedBranchState({ version: 4, sequence: 3 });
const records = [recordOf(1, []), recordOf(2, [keys('A'), keys('B')]), recordOf(3, [keys('B')])];
const flag = (state: BranchState, ...fingerprints: readonly string[]) =>
  flagCompromise(state, records, lost(...fingerprints), NOW);

describe('flagCompromise (trust rule 3.3)', () => {
  it('names the key and the first revision that rests on it, and owes an audit record and an alert', () => {
    const flagged = flag(published, 'B');
    expect(flagged).toMatchObject({
      ...{ version: 4, sequence: 3, trusted: published.trusted, lock: published.lock, decidedAt: NOW },
      compromise: {
        keys: ['B'],
        since: NOW,
        message: expect.stringContaining('(B), which counted first for 222222222222… (sequence 2).'),
      },
      due: [
        { kind: 'event', id: '5:0', event: { kind: 'compromised', sequence: 3, details: { keys: 'B', since: '2' } } },
        { kind: 'alert', id: '5:1', alert: { event: 'compromised', severity: 'critical' } },
      ],
    });
    expect(flagged?.compromise?.nextStep).toContain(
      'headlock unlock payments main --sequence 3 --clear --compromised --reason',
    );
  });

  it('flags nothing where no published revision rests on such a key, or none is published', () => {
    expect(flag(published, 'C')).toBeNull();
    expect(flag(createBranchState(), 'A')).toBeNull();
  });

  it('looks no further back than the latest anchor', () => {
    expect(flag({ ...published, anchorSequence: 3 }, 'A')).toBeNull();
    expect(flag({ ...published, anchorSequence: 3 }, 'B')).toMatchObject({ compromise: { keys: ['B'] } });
  });

  it('flags where it was not recorded who signed', () => {
    const unknown = [...records, recordOf(4, null)];
    expect(flagCompromise(published, unknown, lost('C'), NOW)).toMatchObject({
      compromise: { keys: [], message: expect.stringContaining('may rest on a key') },
    });
  });

  it('keeps no more keys than an item holds, and tells them once', () => {
    const many = Array.from({ length: 5000 }, (_, n) => keys(`K${n}`));
    const rested = [recordOf(1, many)];
    const flagged = flagCompromise(published, rested, () => true, NOW);
    expect(flagged?.compromise?.keys).toHaveLength(100);
    if (flagged !== null) expect(flagCompromise(flagged, rested, () => true, LATER)).toBeNull();
  });

  it('tells a compromise once, and tells it again where another key is lost too', () => {
    const flagged = flag(published, 'B');
    if (flagged === null) throw new Error('It is flagged.');
    expect(flagCompromise(flagged, records, lost('B'), LATER)).toBeNull();
    const more = flagCompromise({ ...flagged, due: [] }, records, lost('A', 'B'), LATER);
    expect(more).toMatchObject({ compromise: { keys: ['A', 'B'], since: NOW }, due: [{}, { kind: 'alert' }] });
  });
});

it('lists no more keys than people read', () => {
  expect(listKeys(['A', 'B'])).toBe('A, B');
  expect(listKeys(Array.from({ length: 25 }, () => 'A'))).toMatch(/^(A, ){19}A and 5 more$/);
});
