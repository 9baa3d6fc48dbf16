import { describe, expect, it } from 'vitest';
import { explainRecorded } from '../../../cli/operations/explain-recorded.ts';
import { isTrusted } from '../../../cli/operations/explanation.ts';
import type { Verdict } from '../../../shared/model/verdict.ts';
import { createDynamoClient } from '../../../shared/store/dynamo-client.ts';
import { createDynamoVerdictStore } from '../../../shared/store/dynamo-verdict-store.ts';
import { createBranchState, createLockedBranchState } from '../../support/branch-states.ts';
import { useEmbeddedInstallation } from '../../support/embedded-installation.ts';
import { TABLE } from '../../support/embedded-services.ts';
import { createBranchPolicy, createPolicy } from '../../support/policies.ts';
import { createSignatory } from '../../support/signatories.ts';
import { oidOf } from '../../support/small-history.ts';

const installation = useEmbeddedInstallation();
const SSH = { format: 'ssh', fingerprint: 'SHA256:a', type: 'ssh-ed25519', blob: '' } as const;
const VERIFIED: Verdict = {
  ...{ outcome: 'verified', format: 'ssh', signatory: 'Alice', fingerprint: 'SHA256:a', certifiedBy: null },
  ...{ certificate: null, signedAt: null, commit: oidOf('b'), payloadSha256: 'f'.repeat(64) },
  ...{ committer: 'Alice <alice@example.com>', firstSeen: 60 },
};

/** Branches by name, each locked or not, of a repository with one policy version. */
async function guard(repository: string, branches: readonly string[], isLocked = false): Promise<void> {
  const { policies, branches: states } = installation();
  const policy = createPolicy(repository, { branches: branches.map((name) => createBranchPolicy({ name })) });
  await policies.add(policy, [createSignatory([SSH])], 0);
  for (const branch of branches) {
    const ref = { repository, branch };
    await states.write(isLocked ? createLockedBranchState({ ref }) : createBranchState({ ref }));
  }
}

const record = (repository: string, branch: string, policyVersion: number, ...verdicts: readonly Verdict[]) =>
  createDynamoVerdictStore(createDynamoClient(), TABLE).write({ repository, branch }, policyVersion, verdicts);
const explain = (repository: string, commit: string, branch?: string) =>
  explainRecorded({ repository, commit, branch }, installation());
const B = 'b'.repeat(8);

describe('explainRecorded', () => {
  it('adds what the policy of the verdict says, and nothing of a later one', async () => {
    await guard('shop', ['main']);
    await record('shop', 'main', 1, VERIFIED);
    const explanation = await explain('shop', B.toUpperCase());
    expect(explanation).toMatchObject({ policyVersion: 1, verdict: VERIFIED, offence: null, isAnchor: false });
    expect(isTrusted(explanation)).toBe(true);
    const details = explanation.checks.map(({ detail }) => detail);
    expect(details).toContain('ssh-ed25519');
    expect(details.join()).toContain('(keyTime: first-seen)');
    await record('shop', 'main', 2, VERIFIED);
    expect((await explain('shop', B)).checks.map(({ detail }) => detail)).not.toContain('ssh-ed25519');
  });

  it('takes the branch that is named, or main', async () => {
    await guard('branched', ['main', 'next']);
    await record('branched', 'next', 1, VERIFIED);
    await expect(explain('branched', B)).rejects.toMatchObject({ code: 'unknown_commit' });
    expect(await explain('branched', B, 'next')).toMatchObject({ ref: { branch: 'next' } });
    await guard('unusual', ['one', 'two']);
    await expect(explain('unusual', B)).rejects.toThrow('Choose with --branch one of: one, two.');
    await guard('tagged', []);
    await expect(explain('tagged', B)).rejects.toThrow('The policy of tagged guards no branch');
  });

  it('explains by the lock a commit that has no verdict, or a good one', async () => {
    await guard('locked', ['main'], true);
    const locked = await explain('locked', 'c'.repeat(7));
    expect(locked).toMatchObject({ commit: oidOf('c'), verdict: null, offence: { reason: 'unsigned' } });
    expect(locked.checks.filter(({ outcome }) => outcome === 'failed')).toMatchObject([{ rule: '4.1' }]);
    expect(isTrusted(locked)).toBe(false);
    await record('locked', 'main', 1, { ...VERIFIED, commit: oidOf('c') });
    expect(await explain('locked', oidOf('c'))).toMatchObject({
      verdict: { outcome: 'verified' },
      offence: { reason: 'unsigned' },
    });
  });

  it('says so where the digits are those of several commits, of the anchor, or of none', async () => {
    await guard('vague', ['main']);
    await record('vague', 'main', 1, VERIFIED, { ...VERIFIED, commit: oidOf('b', 64) });
    await expect(explain('vague', B)).rejects.toThrow('Several commits start with bbbbbbbb. Write more digits.');
    await expect(explain('vague', 'a'.repeat(7))).rejects.toThrow('is the anchor of vague@main');
    await expect(explain('vague', 'b'.repeat(6))).rejects.toThrow('is no commit id');
  });
});
