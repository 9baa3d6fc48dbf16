import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Alert } from '../../../shared/model/alert.ts';
import type { BranchState } from '../../../shared/model/branch-state.ts';
import type { Oid } from '../../../shared/model/oid.ts';
import type { BranchPolicy } from '../../../shared/model/policy.ts';
import { mintTrustedRevision } from '../../../shared/model/trusted-revision.ts';
import { NO_EVIDENCE } from '../../../shared/trust/list-evidence.ts';
import { nextState, type Observation } from '../../../shared/trust/next-state.ts';
import { createBranchState } from '../../support/branch-states.ts';
import { createBranchPolicy } from '../../support/policies.ts';
import { oidNamed } from '../../support/small-history.ts';

const START = '2026-11-21T10:00:00.000Z';
const branch = createBranchPolicy({ anchor: oidNamed('T') });
const pending = createBranchState({
  ref: { repository: 'shop', branch: 'main' },
  version: 1,
  anchor: oidNamed('T'),
  policyVersion: 1,
});

function minute(minutes: number): string {
  return new Date(Date.parse(START) + minutes * 60_000).toISOString();
}

/** The state after the observation is written and what it owes is delivered, with what was delivered. */
function step(state: BranchState, observation: Observation, minutes: number, policy: BranchPolicy = branch) {
  const context = { policyVersion: 1, branch: policy, now: minute(minutes), lagSeconds: 120, tellsForge: false };
  const next = nextState(state, observation, context);
  if (next === null)
    return { state, changed: false, events: [] as string[], alerts: [] as Alert[], revisions: [] as Oid[] };
  return {
    state: { ...next, version: state.version + 2, due: [] },
    changed: true,
    events: next.due.flatMap((due) => (due.kind === 'event' ? [due.event.kind as string] : [])),
    alerts: next.due.flatMap((due) => (due.kind === 'alert' ? [due.alert] : [])),
    revisions: next.due.flatMap((due) => (due.kind === 'revision' ? [due.record.revision] : [])),
  };
}

function proven(name: string): Observation {
  return {
    kind: 'decided',
    tip: oidNamed(name),
    decision: { advance: mintTrustedRevision(oidNamed(name)), offence: null, evidence: NO_EVIDENCE, recheckAt: null },
    isWhole: true,
  };
}

function locked(
  tip: string,
  on: string,
  advance: string | null = null,
  reason: 'unsigned' | 'invalid' = 'unsigned',
): Observation {
  const offence = { commit: oidNamed(on), reason, message: `${on} is ${reason}.`, nextStep: 'Sign it.' };
  const decision = {
    advance: advance === null ? null : mintTrustedRevision(oidNamed(advance)),
    offence,
    evidence: NO_EVIDENCE,
    recheckAt: null,
  };
  return { kind: 'decided', tip: oidNamed(tip), decision, isWhole: true };
}

const atAnchor: Observation = {
  kind: 'decided',
  tip: oidNamed('T'),
  decision: { advance: null, offence: null, evidence: NO_EVIDENCE, recheckAt: null },
  isWhole: true,
};
const rewritten = (tip: string, mayLag = false): Observation => ({
  kind: 'not-descendant',
  tip: oidNamed(tip),
  mayLag,
  isWhole: true,
});
const trustedAtA = step(pending, proven('A'), 0).state;

describe('nextState', () => {
  it('publishes first with the first decision, at sequence 1 (rules 5.1, 5.7)', () => {
    const { state, events, alerts, revisions } = step(pending, proven('A'), 0);
    expect(state).toMatchObject({ sequence: 1, trusted: { oid: oidNamed('A') }, lock: null, decidedAt: minute(0) });
    expect([events, revisions]).toEqual([['advanced'], [oidNamed('A')]]);
    expect(alerts).toMatchObject([{ event: 'advanced', severity: 'info' }]);
  });

  it('publishes the anchor where nothing past it is proven', () => {
    expect(step(pending, atAnchor, 0).state).toMatchObject({
      sequence: 1,
      trusted: { oid: oidNamed('T') },
      lock: null,
    });
    expect(step(pending, locked('A', 'A'), 0).state).toMatchObject({
      sequence: 1,
      trusted: { oid: oidNamed('T') },
      lock: { commit: oidNamed('A') },
    });
  });

  it('publishes nothing where the anchor is not in the history', () => {
    expect(step(pending, rewritten('X'), 0).state).toMatchObject({
      sequence: 0,
      trusted: null,
      lock: { reason: 'history_rewritten' },
    });
  });

  it('writes nothing where a sweep finds nothing', () => {
    expect(step(trustedAtA, proven('A'), 5).changed).toBe(false);
    const { state } = step(trustedAtA, locked('B', 'B'), 5);
    expect(step(state, locked('B', 'B'), 10).changed).toBe(false);
  });

  it('locks with one alert, keeps `since`, and unlocks by itself (rules 4.3, 5.5)', () => {
    const first = step(trustedAtA, locked('B', 'B'), 5);
    expect(first.state).toMatchObject({
      sequence: 1,
      trusted: { oid: oidNamed('A') },
      lock: { reason: 'unsigned', since: minute(5) },
    });
    expect(first.alerts).toMatchObject([
      { event: 'locked', severity: 'critical', nextSteps: ['Sign it.', expect.any(String)] },
    ]);
    const later = step(first.state, locked('C', 'B'), 6);
    expect(later.state.lock?.since).toBe(minute(5));
    expect(later.alerts).toEqual([]);
    const mended = step(later.state, proven('D'), 7);
    expect(mended.state).toMatchObject({ sequence: 2, trusted: { oid: oidNamed('D') }, lock: null });
    expect(mended.events).toEqual(['advanced', 'unlocked']);
    expect(mended.alerts.map(({ event }) => event)).toEqual(['advanced', 'unlocked']);
  });

  it('alerts the same lock once, however often it comes and goes', () => {
    let state = step(trustedAtA, locked('B', 'B'), 1).state;
    state = step(state, { ...atAnchor, tip: oidNamed('A') }, 2).state;
    const again = step(state, locked('B', 'B'), 3);
    expect(again.events).toEqual(['locked']);
    expect(again.alerts).toEqual([]);
  });

  it('sends a handful of lock alerts an hour, and holds the rest for one digest', () => {
    let state = trustedAtA;
    const alerts: Alert[] = [];
    for (let n = 0; n < 20; n += 1) {
      const stepped = step(state, locked(`L${n}`, `L${n}`), n);
      alerts.push(...stepped.alerts);
      state = stepped.state;
    }
    expect(alerts).toHaveLength(5);
    expect(state.recheckAt).toBe(minute(60));
    const digest = step(state, locked('L19', 'L19'), 60);
    expect(digest.alerts).toMatchObject([{ event: 'locked', title: expect.stringContaining('15 more changes') }]);
    expect(digest.state).toMatchObject({ alertHour: null, recheckAt: null });
  });

  it('advances as far as is proven while it locks (rule 4.2)', () => {
    const { state, events } = step(trustedAtA, locked('C', 'C', 'B'), 1);
    expect(state).toMatchObject({ sequence: 2, trusted: { oid: oidNamed('B') }, lock: { commit: oidNamed('C') } });
    expect(events).toEqual(['advanced', 'locked']);
  });

  it('never moves backwards: a rewritten or deleted branch locks where it was (rule 4.4)', () => {
    const { state } = step(trustedAtA, rewritten('X'), 1);
    expect(state).toMatchObject({
      sequence: 1,
      trusted: { oid: oidNamed('A') },
      lock: { reason: 'history_rewritten', commit: oidNamed('X') },
    });
    const gone = step(state, { kind: 'gone' }, 2);
    expect(gone.state).toMatchObject({
      sequence: 1,
      trusted: { oid: oidNamed('A') },
      tip: null,
      lock: { reason: 'branch_deleted', commit: null },
    });
    expect(gone.alerts).toHaveLength(1);
  });

  it('gives a lagging replica two minutes and a second reading before it locks (rule 4.4)', () => {
    const lagging = step(trustedAtA, rewritten('T', true), 10);
    expect(lagging.state).toMatchObject({ lock: null, lagging: { revision: oidNamed('T') }, recheckAt: minute(12) });
    expect(step(lagging.state, rewritten('T', true), 11).state.lock).toBeNull();
    const caughtUp = step(lagging.state, { ...atAnchor, tip: oidNamed('A') }, 11);
    expect(caughtUp.state).toMatchObject({ lagging: null, recheckAt: null, lock: null });
    const rolledBack = step(lagging.state, rewritten('T', true), 12);
    expect(rolledBack.state).toMatchObject({ lagging: null, recheckAt: null, lock: { reason: 'history_rewritten' } });
    expect(step(rolledBack.state, rewritten('T', true), 20).changed).toBe(false);
  });

  it('records an unreachable forge, alerts it once after a while, and keeps the ETag of a second failure', () => {
    const down: Observation = { kind: 'unreachable', cause: 'connection', message: 'Refused.' };
    const first = step(trustedAtA, down, 1);
    expect(first).toMatchObject({
      events: ['unreachable'],
      alerts: [],
      state: { unreachable: { attempts: 1, since: minute(1) }, decidedAt: minute(1) },
    });
    const second = step(first.state, down, 6);
    expect(second).toMatchObject({
      events: [],
      alerts: [],
      state: { unreachable: { attempts: 2 }, decidedAt: minute(1) },
    });
    const third = step(second.state, down, 17);
    expect(third.alerts).toMatchObject([{ event: 'unreachable', severity: 'warning' }]);
    expect(step(third.state, down, 22).alerts).toEqual([]);
    expect(step(third.state, { ...atAnchor, tip: oidNamed('A') }, 23)).toMatchObject({
      events: ['reachable'],
      state: { unreachable: null },
    });
  });

  it('publishes an observed tip in a dry run alone, and never an object that is not whole (rule 4.6)', () => {
    const report: BranchPolicy = { ...branch, enforcement: 'report' };
    expect(step(trustedAtA, locked('B', 'B'), 1).state.observedTip).toBeNull();
    expect(step(trustedAtA, locked('B', 'B'), 1, report).state).toMatchObject({
      observedTip: { revision: oidNamed('B'), enforced: false },
      trusted: { oid: oidNamed('A') },
    });
    const broken: Observation = { ...locked('B', 'B'), isWhole: false } as Observation;
    expect(step(trustedAtA, broken, 1, report).state.observedTip).toBeNull();
  });

  it('ends the dry run with the policy that enforces, whatever the forge says or keeps to itself (rule 4.6)', () => {
    const observed = step(trustedAtA, locked('B', 'B'), 1, { ...branch, enforcement: 'report' }).state;
    expect(observed.observedTip).not.toBeNull();
    const answers: Observation[] = [
      { kind: 'unreachable', cause: 'timeout', message: 'Slow.' },
      rewritten('T', true),
      rewritten('X'),
    ];
    for (const answer of answers) {
      expect(step(observed, answer, 2).state).toMatchObject({ enforcement: 'enforce', observedTip: null });
    }
  });

  it('orders states by their time, and waits no longer, where a clock was set back (rules 4.4, 5.1, 5.5)', () => {
    const ahead = step(trustedAtA, locked('B', 'B'), 6_000).state;
    const back = step(ahead, proven('C'), 1);
    expect(Date.parse(back.state.decidedAt ?? '')).toBe(Date.parse(minute(6_000)) + 1);
    const rolledBack = rewritten('T', true);
    const lagging = step(trustedAtA, rolledBack, 6_000).state;
    const counted = step(lagging, rolledBack, 1).state;
    expect(step(counted, rolledBack, 3).state.lock?.reason).toBe('history_rewritten');
    const down: Observation = { kind: 'unreachable', cause: 'timeout', message: 'Slow.' };
    const dark = step(step(trustedAtA, down, 6_000).state, down, 1).state;
    expect(step(dark, down, 16).alerts).toMatchObject([{ event: 'unreachable' }]);
    let flood = trustedAtA;
    for (let n = 0; n < 7; n += 1) flood = step(flood, locked(`L${n}`, `L${n}`), 6_000).state;
    expect(step(flood, locked('M', 'M'), 1).alerts).toMatchObject([{ title: expect.stringContaining('3 more') }]);
  });

  it('drops nothing that is still due, and names what it owes by the version that it writes (rule 5.5)', () => {
    const owing = { ...trustedAtA, due: [{ kind: 'revision' as const, id: '1:0', record: {} as never }] };
    const next = nextState(owing, locked('B', 'B'), {
      policyVersion: 1,
      branch,
      now: minute(1),
      lagSeconds: 120,
      tellsForge: false,
    });
    expect(next?.due.map(({ id }) => id)).toEqual(['1:0', `${owing.version + 1}:0`, `${owing.version + 1}:1`]);
  });

  it('raises the sequence by one with each revision and never otherwise, whatever comes', () => {
    const observation: fc.Arbitrary<Observation> = fc.oneof(
      fc.constantFrom('A', 'B', 'C').map(proven),
      fc
        .tuple(fc.constantFrom('X', 'Y'), fc.option(fc.constantFrom('A', 'B')))
        .map(([on, advance]) => locked(on, on, advance)),
      fc.constantFrom(rewritten('X'), rewritten('T', true), { kind: 'gone' } as const, atAnchor),
      fc.constant({ kind: 'unreachable', cause: 'timeout', message: 'Slow.' } as const),
    );
    fc.assert(
      fc.property(fc.array(observation, { maxLength: 25 }), (observations) => {
        let state = pending;
        observations.forEach((each, n) => {
          const stepped = step(state, each, n * 3);
          const moved = stepped.state.trusted?.oid !== state.trusted?.oid;
          expect(stepped.state.sequence).toBe(state.sequence + (moved ? 1 : 0));
          expect(stepped.revisions).toHaveLength(moved ? 1 : 0);
          if (moved && each.kind !== 'decided') throw new Error(`${each.kind} moved the trusted revision`);
          state = stepped.state;
        });
      }),
      { numRuns: 500 },
    );
  });
});
