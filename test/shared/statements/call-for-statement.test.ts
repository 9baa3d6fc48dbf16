import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BranchState, publishedStateOf } from '../../../shared/model/branch-state.ts';
import { callForStatement, isStatementDue } from '../../../shared/statements/call-for-statement.ts';
import { createStatement, EXTENSION } from '../../../shared/statements/create-statement.ts';
import { digestPolicy } from '../../../shared/statements/digest-policy.ts';
import { createBranchState, createLockedBranchState } from '../../support/branch-states.ts';
import { createPolicy } from '../../support/policies.ts';
import { SEED } from '../../support/seed.ts';
import { oidOf } from '../../support/small-history.ts';
import { APPLIED, createStatedBranch, ISSUED_AT, readPayload } from '../../support/statements.ts';

const DAY = 24 * 3600;
const HOUR_MS = 3_600_000;
const timeAfter = (ms: number) => new Date(Date.parse(ISSUED_AT) + ms).toISOString();
const call = (state: BranchState, now = timeAfter(1000), applied = APPLIED) =>
  callForStatement(state, applied, { now, lifeSeconds: DAY });
const signed = (state: BranchState): BranchState =>
  state.statement === null
    ? state
    : { ...state, statement: { ...state.statement, isSigned: true, keyId: '1'.repeat(64) } };
const { lock } = createLockedBranchState();
const COMPROMISE = { keys: ['SHA256:lost'], message: 'A key is lost.', nextStep: 'Look.', since: ISSUED_AT };
const UNREACHABLE = { cause: 'timeout', message: '', since: ISSUED_AT, attempts: 1, alerted: false } as const;

describe('callForStatement', () => {
  it('calls for one where a revision was published and none was issued', () => {
    const state = createStatedBranch({ statement: null });
    const { statement } = call(state);
    expect(statement).toEqual({
      ...{ sequence: 1, state: 'Trusted', isSigned: false, keyId: null },
      policy: {
        ...{ version: 1, verifier: APPLIED.policy.verifier, url: APPLIED.policy.url, sha256: digestPolicy(APPLIED) },
      },
      issuedAt: timeAfter(1000),
      renewAt: timeAfter(12 * HOUR_MS + 1000),
      expires: timeAfter(24 * HOUR_MS + 1000),
    });
    expect(isStatementDue(state, timeAfter(1000))).toBe(true);
  });

  it('calls for none before anything is published, or where it is not known what the revision rests on', () => {
    for (const state of [createBranchState(), createLockedBranchState()]) expect(call(state)).toBe(state);
  });

  it('leaves one alone that still tells the state, also while it is not signed', () => {
    const unsigned = createStatedBranch();
    expect(call(unsigned)).toBe(unsigned);
    expect(isStatementDue(unsigned, timeAfter(1000))).toBe(true);
    const state = signed(unsigned);
    expect(call({ ...state, tip: null, recheckAt: ISSUED_AT }).statement).toBe(state.statement);
    expect(isStatementDue(state, timeAfter(1000))).toBe(false);
  });

  it.each<[string, Partial<BranchState>, string]>([
    ['another revision', { sequence: 2 }, 'Trusted'],
    ['a lock', { lock }, 'Locked'],
    ['a compromise', { compromise: COMPROMISE }, 'Compromised'],
    ['a forge that cannot be read', { unreachable: UNREACHABLE }, 'Unreachable'],
  ])('calls for another at %s (rule 6.2)', (_, changes, expected) => {
    const former = signed(createStatedBranch());
    const state = { ...former, ...changes };
    expect(isStatementDue(state, timeAfter(1000))).toBe(true);
    const { statement } = call(state);
    expect(statement).toMatchObject({ state: expected, isSigned: false, keyId: '1'.repeat(64) });
    expect(statement && statement.issuedAt > ISSUED_AT).toBe(true);
  });

  it('calls for another under another policy once that was decided by, and states none before (rule 5.6)', () => {
    const url = 'https://elsewhere.example.com/payments.git';
    const next = { ...APPLIED, version: 2, policy: createPolicy('payments', { url }) };
    const state = signed(createStatedBranch());
    expect(call(state, timeAfter(1000), next)).toBe(state);
    // Renewed meanwhile, it names the policy that was decided by.
    expect(call(state, timeAfter(13 * HOUR_MS), next).statement?.policy).toEqual(state.statement?.policy);
    expect(call({ ...state, policyVersion: 2 }, timeAfter(1000), next).statement?.policy).toMatchObject({
      version: 2,
      url,
    });
    expect(call({ ...state, statement: null }, timeAfter(1000), next).statement).toBeNull();
  });

  it('calls for another at half of its life (rule 6.2)', () => {
    const state = signed(createStatedBranch());
    for (const [ms, isDue] of [
      [12 * HOUR_MS - 1, false],
      [12 * HOUR_MS, true],
    ] as const) {
      expect(isStatementDue(state, timeAfter(ms))).toBe(isDue);
      expect(call(state, timeAfter(ms)) === state).toBe(!isDue);
    }
    const renewed = call(state, timeAfter(12 * HOUR_MS)).statement;
    expect(renewed).toMatchObject({ issuedAt: timeAfter(12 * HOUR_MS), expires: timeAfter(36 * HOUR_MS) });
  });

  it('goes forward in time where a clock goes back, and shortens what a clock that was ahead made too long', () => {
    const state = signed(createStatedBranch({ decidedAt: timeAfter(-HOUR_MS) }));
    const back = call({ ...state, lock }, timeAfter(-HOUR_MS));
    expect(back.statement).toMatchObject({ issuedAt: timeAfter(1), expires: timeAfter(23 * HOUR_MS) });
    const ahead = signed(call({ ...state, lock }, timeAfter(1000 * HOUR_MS)));
    expect(isStatementDue(ahead, timeAfter(0))).toBe(true);
    const mended = call(ahead, timeAfter(0));
    expect(mended.statement).toMatchObject({
      issuedAt: timeAfter(1000 * HOUR_MS + 1),
      expires: timeAfter(24 * HOUR_MS),
    });
    expect(isStatementDue(signed(mended), timeAfter(0))).toBe(false);
  });

  it('is never older than the decision that it tells of', () => {
    const state = createStatedBranch({ statement: null, decidedAt: timeAfter(5000) });
    expect(call(state, timeAfter(0)).statement?.issuedAt).toBe(timeAfter(5000));
  });

  it('calls for none of a branch that the policy left out', () => {
    expect(isStatementDue(createStatedBranch({ retired: true }), timeAfter(0))).toBe(false);
  });
});

describe('statements of one branch, whatever becomes of it', () => {
  const changes: fc.Arbitrary<Partial<BranchState>> = fc.record(
    {
      lock: fc.constantFrom(null, lock),
      compromise: fc.constantFrom(null, COMPROMISE),
      unreachable: fc.constantFrom(null, UNREACHABLE),
      operatorAnchored: fc.boolean(),
      enforcement: fc.constantFrom('enforce', 'report'),
      observedTip: fc.constantFrom(null, { revision: oidOf('d'), enforced: false as const }),
    },
    { requiredKeys: [] },
  );
  const step = fc.record({ minutes: fc.integer({ min: -30, max: 900 }), publishes: fc.boolean(), changes });

  it('agree with what is published, and go forward (rules 5.1, 6.1, 6.2)', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        let state = createStatedBranch({ statement: null });
        let now = Date.parse(ISSUED_AT);
        let former: { place: string; payload: string } | null = null;
        for (const { minutes, publishes, changes: changed } of steps) {
          now += minutes * 60_000;
          const sequence = publishes ? state.sequence + 1 : state.sequence;
          state = call({ ...state, ...changed, sequence }, new Date(now).toISOString());
          const statement = createStatement(state);
          if (statement === null) throw new Error('No statement.');
          const { predicate, subject } = readPayload(statement.payload);
          const { [EXTENSION]: about, timeVerified } = predicate;
          expect(about).toMatchObject({
            sequence,
            state: publishedStateOf(state),
            operatorAnchored: state.operatorAnchored,
          });
          expect(subject[0]?.digest.gitCommit).toBe(state.trusted?.oid);
          expect(predicate.verificationResult).toBe(state.compromise === null ? 'PASSED' : 'FAILED');
          expect(Date.parse(about.expires) - now).toBeGreaterThan(12 * HOUR_MS);
          const place = `${String(sequence).padStart(12, '0')}:${timeVerified}`;
          const payload = Buffer.from(statement.payload).toString();
          if (former !== null && state.statement?.isSigned === false) expect(place >= former.place).toBe(true);
          if (
            former !== null &&
            place === former.place &&
            state.operatorAnchored === readPayload(Buffer.from(former.payload)).predicate[EXTENSION].operatorAnchored
          )
            expect(payload).toBe(former.payload);
          former = { place, payload };
          state = signed(state);
        }
      }),
      { seed: SEED, numRuns: 100 },
    );
  });
});

describe('digestPolicy', () => {
  it('is the same in whatever order the names come, and another for another policy or keyring', () => {
    const { policy } = APPLIED;
    const reversed = Object.fromEntries(Object.entries(policy).reverse()) as unknown as typeof policy;
    expect(digestPolicy({ policy: reversed, signatories: [] })).toBe(digestPolicy(APPLIED));
    const bob = {
      name: 'Bob',
      emails: [],
      matchEmail: false,
      validFrom: null,
      validUntil: null,
      limit: null,
      keys: [],
    };
    expect(digestPolicy({ policy, signatories: [bob] })).not.toBe(digestPolicy(APPLIED));
    expect(digestPolicy({ policy: createPolicy('other'), signatories: [] })).not.toBe(digestPolicy(APPLIED));
    expect(digestPolicy(APPLIED)).toMatch(/^[0-9a-f]{64}$/);
  });
});
