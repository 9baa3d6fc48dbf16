import { describe, expect, it } from 'vitest';
import { parseOid } from '../../../shared/model/oid.ts';
import type { Verdict } from '../../../shared/model/verdict.ts';
import { createDynamoClient } from '../../../shared/store/dynamo-client.ts';
import { createDynamoVerdictStore } from '../../../shared/store/dynamo-verdict-store.ts';
import { TABLE, useEmbeddedServices } from '../../support/embedded-services.ts';
import { oidOf } from '../../support/small-history.ts';

useEmbeddedServices();
const createStore = () => createDynamoVerdictStore(createDynamoClient(), TABLE);

const REF = { repository: 'payments', branch: 'main' };
const BINDING = { payloadSha256: 'f'.repeat(64), committer: 'Bob <bob@example.com>', firstSeen: 1_700_000_000 };
const VERIFIED: Verdict = {
  ...BINDING,
  commit: oidOf('1'),
  outcome: 'verified',
  format: 'ssh',
  signatory: 'Bob',
  fingerprint: `SHA256:${'a'.repeat(43)}`,
  certifiedBy: null,
  certificate: null,
  signedAt: null,
};
const REFUSED: Verdict = {
  ...BINDING,
  commit: oidOf('2'),
  outcome: 'refused',
  reason: 'future_signature',
  message: 'Signed in the future.',
  nextStep: 'Wait.',
  recheckAt: 1_700_000_300,
};

describe('createDynamoVerdictStore', () => {
  it('brings back verdicts with the policy version that they rest on (rule 1.7)', async () => {
    const store = createStore();
    await store.write(REF, 7, [VERIFIED, REFUSED]);
    expect(await store.read(REF, VERIFIED.commit)).toEqual({ policyVersion: 7, verdict: VERIFIED });
    expect(await store.read(REF, REFUSED.commit)).toEqual({ policyVersion: 7, verdict: REFUSED });
    const accepted: Verdict = {
      ...BINDING,
      commit: oidOf('4'),
      outcome: 'verified',
      format: 'policy',
      justification: 'Old key.',
      against: 'expired_key',
    };
    await store.write(REF, 7, [accepted]);
    expect(await store.read(REF, accepted.commit)).toEqual({ policyVersion: 7, verdict: accepted });
    const { commit: _, payloadSha256: __, committer: ___, firstSeen: ____, ...signed } = VERIFIED;
    const denied = { ...REFUSED, commit: oidOf('5'), signed } as const;
    await store.write(REF, 7, [denied]);
    expect(await store.read(REF, denied.commit)).toEqual({ policyVersion: 7, verdict: denied });
  });

  it('knows nothing of what another repository or branch proved (rule 1.7)', async () => {
    const store = createStore();
    await store.write(REF, 7, [VERIFIED]);
    for (const other of [
      { ...REF, branch: 'other' },
      { ...REF, repository: 'other' },
    ]) {
      expect(await store.read(other, VERIFIED.commit)).toBeNull();
      expect(await store.find(other, VERIFIED.commit)).toEqual([]);
    }
    expect(await store.read(REF, VERIFIED.commit)).not.toBeNull();
  });

  it('is read consistently: a denied payload is known by it alone (rules 2.7, 5.1)', async () => {
    const client = createDynamoClient();
    const reads: unknown[] = [];
    client.middlewareStack.add(
      (next) => (args) => {
        reads.push(args.input);
        return next(args);
      },
      { step: 'initialize' },
    );
    await createDynamoVerdictStore(client, TABLE).read(REF, VERIFIED.commit);
    expect(reads).toEqual([expect.objectContaining({ ConsistentRead: true })]);
  });

  it('finds a verdict by the start of its commit, on its branch alone, and no more than two', async () => {
    const store = createStore();
    const ref = { repository: 'abbreviated', branch: 'main' };
    const commits = ['1a', '1b', '1c'].map((start) => parseOid(start.padEnd(40, '0')));
    await store.write(
      ref,
      7,
      commits.map((commit) => ({ ...VERIFIED, commit })),
    );
    await store.write({ ...ref, branch: 'other' }, 7, [{ ...REFUSED, commit: parseOid('1a'.padEnd(40, '0')) }]);
    const found = async (start: string) => (await store.find(ref, start)).map(({ verdict }) => verdict.commit);
    expect(await found('1a0')).toEqual([commits[0]]);
    expect(await store.find(ref, String(commits[0]))).toEqual([
      { policyVersion: 7, verdict: { ...VERIFIED, commit: commits[0] } },
    ]);
    expect(await found('1')).toEqual(commits.slice(0, 2));
    expect(await found('2')).toEqual([]);
  });

  it('keeps the latest verdict of a commit', async () => {
    const store = createStore();
    await store.write(REF, 1, [{ ...REFUSED, commit: oidOf('3') }]);
    await store.write(REF, 2, [{ ...VERIFIED, commit: oidOf('3') }]);
    expect(await store.read(REF, oidOf('3'))).toMatchObject({ policyVersion: 2, verdict: { outcome: 'verified' } });
  });

  it('writes hundreds of verdicts in batches', async () => {
    const store = createStore();
    const ref = { repository: 'many', branch: 'main' };
    const commits = Array.from({ length: 260 }, (_, i) => parseOid(i.toString(16).padStart(40, '0')));
    await store.write(
      ref,
      1,
      commits.map((commit) => ({ ...VERIFIED, commit })),
    );
    let found = 0;
    for (const commit of commits) if ((await store.read(ref, commit)) !== null) found += 1;
    expect(found).toBe(commits.length);
  });
});
