import { describe, expect, it } from 'vitest';
import {
  applyToBranch,
  createBranchState,
  findAnchorProblem,
  type PolicyChange,
} from '../../../shared/trust/apply-policy.ts';
import { createLockedBranchState } from '../../support/branch-states.ts';
import { createBranchPolicy } from '../../support/policies.ts';
import { oidOf } from '../../support/small-history.ts';

const NOW = '2026-11-21T11:00:00.000Z';
const branch = createBranchPolicy();
const change: PolicyChange = { policyVersion: 3, actor: 'local operator ana', now: NOW, url: null, exceptions: {} };
const ref = { repository: 'payments', branch: 'main' };

describe('createBranchState', () => {
  it('starts at the anchor with nothing published, and owes its audit record (trust rules 5.4, 5.6, 5.7)', () => {
    const state = createBranchState(ref, { ...branch, enforcement: 'report' }, change);
    expect(state).toMatchObject({
      ref,
      version: 0,
      sequence: 0,
      trusted: null,
      anchor: oidOf('a'),
      operatorAnchored: false,
      enforcement: 'report',
      policyVersion: 0,
      seenFrom: '1970-01-01T00:00:00.000Z',
      retired: false,
    });
    expect(state.due).toEqual([
      {
        kind: 'event',
        id: '1:0',
        event: {
          kind: 'created',
          at: NOW,
          sequence: 0,
          actor: 'local operator ana',
          message: `payments@main is guarded from ${oidOf('a')} on.`,
          details: { policyVersion: '3', anchor: oidOf('a') },
        },
      },
    ]);
  });
});

describe('applyToBranch', () => {
  const locked = createLockedBranchState({ version: 7 });

  it('changes nothing of what is trusted, found or published, and owes one audit record', () => {
    const { due, ...rest } = applyToBranch(locked, branch, change);
    const { due: _, ...before } = locked;
    expect(rest).toEqual(before);
    expect(due).toMatchObject([
      { id: '8:0', event: { kind: 'policy_changed', sequence: 1, actor: 'local operator ana' } },
    ]);
  });

  it('drops nothing that was due before (trust rule 5.5)', () => {
    const indebted = { ...locked, due: createBranchState(ref, branch, change).due };
    expect(applyToBranch(indebted, branch, change).due.map(({ id }) => id)).toEqual(['1:0', '8:0']);
  });

  it('audits a changed URL (trust rule 5.6)', () => {
    const url = { from: 'https://old.example/x.git', to: 'https://new.example/x.git' };
    expect(applyToBranch(locked, branch, { ...change, url }).due).toMatchObject([
      { event: { details: { policyVersion: '3', formerUrl: url.from, url: url.to } } },
    ]);
  });

  it('retires a branch that the policy no longer names, and resumes it with its state (trust rule 5.6)', () => {
    const retired = applyToBranch(locked, null, change);
    expect(retired).toMatchObject({ ...locked, retired: true, due: [{ event: { kind: 'retired' } }] });
    const delivered = { ...retired, version: 8, due: [] };
    const resumed = applyToBranch(delivered, branch, { ...change, policyVersion: 4 });
    const { due, ...rest } = resumed;
    expect({ ...rest, due: [] }).toEqual({ ...locked, version: 8 });
    expect(due).toMatchObject([
      { event: { kind: 'policy_changed', message: 'The policy names payments@main again: version 4.' } },
    ]);
  });

  it('leaves a retired branch alone that still is not named', () => {
    const retired = { ...locked, retired: true };
    expect(applyToBranch(retired, null, change)).toBe(retired);
  });
});

describe('findAnchorProblem', () => {
  const state = createLockedBranchState({ sequence: 4 });
  const other = { ...branch, anchor: oidOf('e') };

  it('accepts the anchor of the state, and the one that the former policy named (trust rule 5.6)', () => {
    expect(findAnchorProblem(state, branch, branch)).toBeNull();
    expect(findAnchorProblem(state, branch, null)).toBeNull();
    const reanchored = { ...state, anchor: oidOf('f') };
    expect(findAnchorProblem(reanchored, branch, branch)).toBeNull();
    expect(findAnchorProblem(reanchored, { ...branch, anchor: oidOf('f') }, branch)).toBeNull();
  });

  it('refuses any other and names the unlock that would move trust', () => {
    for (const former of [branch, null]) {
      const problem = findAnchorProblem(state, other, former);
      expect(problem).toContain(oidOf('a'));
      expect(problem).toContain(`headlock unlock payments main --sequence 4 --to ${oidOf('e')} --reason`);
    }
  });
});
