import { describe, expect, it } from 'vitest';
import { HeadlockError } from '../../../shared/model/headlock-error.ts';
import { DEFAULT_BRANCH_LIMITS } from '../../../shared/model/limits.ts';
import type { BranchPolicy } from '../../../shared/model/policy.ts';
import { NO_EVIDENCE } from '../../../shared/trust/list-evidence.ts';
import { nextState } from '../../../shared/trust/next-state.ts';
import { acceptTag, clearTag } from '../../../shared/trust/operate-on-tag.ts';
import { clear, type OperatorAct, reanchor } from '../../../shared/trust/operator-act.ts';
import { createBranchState, createLockedBranchState } from '../../support/branch-states.ts';
import { oidOf } from '../../support/small-history.ts';
import { createTrustedTagState } from '../../support/tag-states.ts';

const NOW = '2026-11-21T11:00:00.000Z';
const branch: BranchPolicy = {
  name: 'main',
  mode: 'first-parent',
  anchor: oidOf('a'),
  enforcement: 'enforce',
  keyTime: 'signature',
  matchEmail: false,
  publishers: null,
  limits: DEFAULT_BRANCH_LIMITS,
};
const act: OperatorAct = {
  sequence: 1,
  overCompromise: false,
  reason: 'The history was rewritten on purpose.',
  actor: 'local operator ana',
  now: NOW,
  branch,
  policyVersion: 3,
};
const locked = createLockedBranchState({
  version: 7,
  alertedLocks: [`unsigned:${oidOf('c')}`],
  recheckAt: '2026-11-21T12:00:00.000Z',
});

function codeOf(run: () => unknown): string | null {
  try {
    run();
    return null;
  } catch (error) {
    if (error instanceof HeadlockError) return error.code;
    throw error;
  }
}

it("never dates an act before the state that it ends, whatever the operator's clock says (rule 5.1)", () => {
  const decidedAt = '2026-11-21T12:00:00.000Z';
  const { due, ...after } = clear({ ...locked, decidedAt }, act);
  expect(after.decidedAt).toBe('2026-11-21T12:00:00.001Z');
  expect(due).toMatchObject([{}, { record: { decidedAt: '2026-11-21T12:00:00.001Z' } }, {}]);
});

describe('reanchor', () => {
  const moved = reanchor(locked, oidOf('d'), act);

  it('moves trust to the chosen commit, raises the sequence by one and has the tip decided anew (trust rule 5.3)', () => {
    expect(moved).toMatchObject({
      version: 7,
      sequence: 2,
      trusted: { oid: oidOf('d') },
      anchor: oidOf('d'),
      operatorAnchored: true,
      decidedAt: NOW,
      tip: null,
      lock: null,
      recheckAt: null,
      alertedLocks: [],
    });
  });

  it('owes its audit record, the revision and an alert (trust rules 5.4, 5.5)', () => {
    expect(moved.due).toMatchObject([
      {
        kind: 'event',
        id: '8:0',
        event: {
          kind: 'reanchored',
          sequence: 2,
          actor: 'local operator ana',
          details: { reason: act.reason, revision: oidOf('d'), previous: oidOf('b'), lock: 'unsigned' },
        },
      },
      {
        kind: 'revision',
        id: '8:1',
        record: {
          sequence: 2,
          revision: oidOf('d'),
          previous: oidOf('b'),
          decidedAt: NOW,
          mode: 'first-parent',
          keyTime: 'signature',
          policyVersion: 3,
          operatorAnchored: true,
        },
      },
      { kind: 'alert', id: '8:2', alert: { event: 'reanchored', severity: 'warning', ref: locked.ref } },
    ]);
    const [, , alert] = moved.due;
    expect(alert?.kind === 'alert' && alert.alert.description).toContain(
      `local operator ana anchored payments@main at dddddddddddd… (sequence 2). Reason: ${act.reason}`,
    );
  });

  it('publishes for the first time where nothing was published before', () => {
    const pending = createBranchState({ version: 1 });
    expect(reanchor(pending, oidOf('d'), { ...act, sequence: 0 })).toMatchObject({
      sequence: 1,
      trusted: { oid: oidOf('d') },
      due: [{ event: { kind: 'reanchored' } }, { record: { previous: null } }, { alert: {} }],
    });
  });

  it('lets the next decision advance from there with the next sequence', () => {
    const observation = {
      kind: 'decided',
      tip: oidOf('e'),
      decision: { advance: { oid: oidOf('e') } as never, offence: null, evidence: NO_EVIDENCE, recheckAt: null },
      isWhole: true,
    } as const;
    const written = { ...moved, version: 9, due: [] };
    const next = nextState(written, observation, {
      policyVersion: 3,
      branch,
      now: NOW,
      lagSeconds: 120,
      tellsForge: false,
    });
    expect(next).toMatchObject({ sequence: 3, trusted: { oid: oidOf('e') }, operatorAnchored: true, lock: null });
  });

  it('drops nothing that was due before (trust rule 5.5)', () => {
    const again = reanchor(moved, oidOf('e'), { ...act, sequence: 2 });
    expect(again.due).toHaveLength(6);
    expect(again.due.slice(0, 3)).toEqual(moved.due);
  });

  it('escapes and bounds the reason wherever people read it', () => {
    const [event, , alert] = reanchor(locked, oidOf('d'), { ...act, reason: `\u001b[2J${'x'.repeat(9999)}` }).due;
    const texts = [
      event?.kind === 'event' ? event.event.message : '',
      event?.kind === 'event' ? event.event.details.reason : '',
      alert?.kind === 'alert' ? alert.alert.description : '',
    ];
    for (const text of texts) {
      expect(text).toContain('\ufffd[2Jx');
      expect(text).not.toContain('\u001b');
      expect(text?.length).toBeLessThan(700);
    }
  });

  it.each([0, 2])('refuses sequence %i, which is not the current one, and names that', (sequence) => {
    expect(codeOf(() => reanchor(locked, oidOf('d'), { ...act, sequence }))).toBe('stale_sequence');
    expect(() => reanchor(locked, oidOf('d'), { ...act, sequence })).toThrow('is at sequence 1');
  });
});

describe('clear', () => {
  it('takes the lock away, keeps what is trusted, and raises the sequence (trust rule 5.3)', () => {
    const cleared = clear(locked, act);
    expect(cleared).toMatchObject({
      sequence: 2,
      trusted: { oid: oidOf('b') },
      anchor: oidOf('a'),
      operatorAnchored: false,
      tip: null,
      lock: null,
      alertedLocks: [],
      due: [
        { event: { kind: 'unlocked', details: { lock: 'unsigned', revision: oidOf('b') } } },
        { record: { sequence: 2, revision: oidOf('b'), previous: oidOf('b'), operatorAnchored: false } },
        { alert: { event: 'unlocked', severity: 'info' } },
      ],
    });
  });

  it('anchors a branch anew where the signatures of compromised keys stood, and clears its lock with that (trust rule 3.3)', () => {
    const compromise = { keys: ['SHA256:lost'], message: 'It is lost.', nextStep: 'Look.', since: NOW };
    const knowing = { ...act, overCompromise: true };
    expect(clear({ ...locked, compromise }, knowing)).toMatchObject({
      ...{ sequence: 2, trusted: { oid: oidOf('b') }, lock: null, compromise: null },
      ...{ anchor: oidOf('b'), anchorSequence: 2, operatorAnchored: true },
      due: [
        { event: { kind: 'reanchored', details: { lock: 'unsigned', compromisedKeys: 'SHA256:lost' } } },
        { record: { sequence: 2, revision: oidOf('b'), operatorAnchored: true, signedBy: [] } },
        { alert: { event: 'reanchored', severity: 'warning' } },
      ],
    });
    expect(reanchor({ ...locked, compromise }, oidOf('d'), knowing)).toMatchObject({
      ...{ compromise: null, anchorSequence: 2 },
    });
  });

  it('ends no compromise that the operator did not see: a flag does not raise the sequence (trust rules 3.3, 5.1, 5.3)', () => {
    const compromise = { keys: ['SHA256:lost'], message: 'It is lost.', nextStep: 'Look.', since: NOW };
    const flagged = { ...locked, compromise };
    for (const run of [() => clear(flagged, act), () => reanchor(flagged, oidOf('d'), act)]) {
      expect(codeOf(run)).toBe('unseen_compromise');
      expect(run).toThrow('It is lost. Where you vouch for it in spite of that, add --compromised.');
    }
    const tag = createTrustedTagState('payments', 'v1', { compromise });
    expect(codeOf(() => clearTag(tag, act))).toBe('unseen_compromise');
    expect(codeOf(() => acceptTag(tag, oidOf('d'), oidOf('b'), act))).toBe('unseen_compromise');
    expect(codeOf(() => clear(locked, { ...act, overCompromise: true }))).toBe('nothing_to_clear');
  });

  it('refuses a stale sequence, a branch without a lock, and one that has published nothing', () => {
    expect(codeOf(() => clear(locked, { ...act, sequence: 9 }))).toBe('stale_sequence');
    expect(codeOf(() => clear({ ...locked, lock: null }, act))).toBe('nothing_to_clear');
    expect(codeOf(() => clear(createBranchState({ lock: locked.lock }), { ...act, sequence: 0 }))).toBe(
      'nothing_to_clear',
    );
  });
});
