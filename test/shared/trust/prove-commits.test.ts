import { beforeAll, describe, expect, it } from 'vitest';
import { computeOid } from '../../../shared/git/object-id.ts';
import { HeadlockError } from '../../../shared/model/headlock-error.ts';
import { DEFAULT_BRANCH_LIMITS } from '../../../shared/model/limits.ts';
import { createKeyring, type Keyring } from '../../../shared/signatures/keyring.ts';
import { judgeCommit, judgeProvenCommit, type ProvenCommit } from '../../../shared/trust/judge-commit.ts';
import { proveCommits, proveCommitsInBackground, type RawCommit } from '../../../shared/trust/prove-commits.ts';
import { MUTATIONS } from '../../support/mutations.ts';
import { RandomNumbers } from '../../support/random-numbers.ts';
import { createSignedKinds } from '../../support/signed-kinds.ts';
import { LATE } from '../../support/verify-payload.ts';

const MUTANTS_OF_EACH = 40;
const limits = DEFAULT_BRANCH_LIMITS;
const terms = { keyTime: 'first-seen', matchEmail: false, limits, firstSeen: LATE, judgedAt: LATE } as const;

describe('the verdicts on commits of every kind, good and changed', () => {
  let commits: readonly RawCommit[];
  let keyring: Keyring;
  const proveAll = async (all: readonly RawCommit[], inFlight: number) => {
    const proven: ProvenCommit[] = [];
    for await (const one of proveCommitsInBackground(all, keyring, limits, inFlight)) proven.push(one);
    return proven;
  };
  const judgeAll = (proven: readonly ProvenCommit[]) => proven.map((one) => judgeProvenCommit(one, terms));

  beforeAll(async () => {
    const kinds = await createSignedKinds();
    const random = new RandomNumbers(3);
    const mutations = Object.values(MUTATIONS);
    const originals = kinds.commits.map(({ raw }) => raw);
    const mutants = originals.flatMap((raw) =>
      Array.from({ length: MUTANTS_OF_EACH }, () => random.pick(mutations)(raw, random.pick(originals), random)),
    );
    commits = [...originals, ...mutants].map((raw) => [computeOid('commit', raw, 'sha1').oid, raw]);
    keyring = createKeyring(kinds.signatories);
  });

  it('are the same one by one, in batches, and on other threads however many are in flight (trust rules 1.7, 2)', async () => {
    const expected = commits.map(([oid, raw]) => judgeCommit(oid, raw, keyring, terms));
    expect(new Set(expected.map(({ outcome }) => outcome)).size).toBe(2);
    expect(judgeAll([...proveCommits(commits, keyring, limits)])).toEqual(expected);
    for (const inFlight of [1, 7, 64]) {
      expect(judgeAll(await proveAll(commits, inFlight))).toEqual(expected);
    }
  });

  it.each([
    ['a bug', new RangeError('ours')],
    ['a fault with a name', new HeadlockError('unreachable', 'ours', { kind: 'upstream' })],
  ])('are none where reading fails by %s of ours (trust rule 1.2)', (_, error) => {
    const [oid, raw] = commits[0] ?? [computeOid('commit', new Uint8Array(), 'sha1').oid, new Uint8Array()];
    const unreadable = new Proxy(raw, {
      get: () => {
        throw error;
      },
    });
    expect(() => judgeCommit(oid, unreadable, keyring, terms)).toThrow(error);
  });

  it('are none where there is no commit', async () => {
    expect([...proveCommits([], keyring, limits)]).toEqual([]);
    expect(await proveAll([], 2)).toEqual([]);
  });
});
