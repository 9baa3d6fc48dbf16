import type { BranchRef } from '../../shared/model/branch-ref.ts';
import type { BranchState } from '../../shared/model/branch-state.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import type { AppliedPolicy, BranchPolicy } from '../../shared/model/policy.ts';
import { applyToBranch, createBranchState, type PolicyChange } from '../../shared/trust/apply-policy.ts';
import { describeExceptions } from '../../shared/trust/policy-exceptions.ts';
import { applyTags } from './apply-tags.ts';
import type { Installation } from './installation.ts';
import type { RepositoryPlan } from './plan-policy.ts';
import { updateBranch } from './update-branch.ts';

export interface AppliedRepository {
  readonly repository: string;
  /** The policy's version now. */
  readonly version: number;
  /** The branches that were changed, and that are decided anew. */
  readonly branches: readonly string[];
  /** Whether its tags are decided anew as well. */
  readonly tags: boolean;
}

type Ports = Pick<Installation, 'policies' | 'branches' | 'tags' | 'queue' | 'floor'>;

/**
 * Stores one repository's part of a plan, and raises the version of every branch that it affects before it returns, so that
 * a verifier that read the former policy fails its write (trust rule 5.1). Doing it again finishes what a crash left undone.
 * @throws HeadlockError `policy_conflict`, `contended`, `restore_unfinished`
 */
export async function applyPolicy(
  plan: RepositoryPlan,
  { actor, now }: Pick<PolicyChange, 'actor' | 'now'>,
  ports: Ports,
): Promise<AppliedRepository> {
  const { repository } = plan;
  // Trust rule 5.6: a restored table may have lost branches whose sequences agents know. One that is not whole takes nothing.
  const floor = await ports.floor.read();
  const version = await storePolicy(plan, ports);
  const { policy } = plan.kind === 'unchanged' || plan.kind === 'removed' ? plan.former : plan.next;
  const exceptions = describeExceptions(policy);
  const change: PolicyChange = { policyVersion: version, actor, now, url: changedUrl(plan), exceptions };
  const rules = plan.kind === 'removed' ? [] : policy.branches;
  const known = await ports.branches.list(repository);
  const written: BranchState[] = [];
  for (const branch of new Set([...known.map(({ ref }) => ref.branch), ...rules.map(({ name }) => name)])) {
    const ref = { repository, branch };
    const rule = rules.find(({ name }) => name === branch) ?? null;
    const isUnchanged = plan.kind === 'unchanged';
    const state = await updateBranch(ref, ports.branches, (former) =>
      changeBranch(ref, former, rule, change, isUnchanged, floor),
    );
    if (state !== null) written.push(state);
  }
  const tagRules = plan.kind === 'removed' ? [] : policy.tags;
  const tags = await applyTags(repository, tagRules, change, plan.kind === 'unchanged', ports);
  const told = new Set(written.map(({ ref }) => ref.branch));
  // Trust rule 5.5: no sweep finds what a removed branch owes, and a removal that was cut off has hinted nothing.
  const owing = plan.kind === 'removed' ? known.filter(({ ref, due }) => due.length > 0 && !told.has(ref.branch)) : [];
  for (const { ref, version: at } of [...written, ...owing, ...(tags === null ? [] : [tags])])
    await ports.queue.send({ ref, delivery: `apply:${at}` });
  // Last, so that a removal that is cut off is still found and finished by the next apply.
  if (plan.kind === 'removed') await ports.policies.retire(repository);
  return { repository, version, branches: written.map(({ ref }) => ref.branch), tags: tags !== null };
}

async function storePolicy(plan: RepositoryPlan, { policies }: Ports): Promise<number> {
  if (plan.kind === 'unchanged' || plan.kind === 'removed') return plan.former.version;
  const expected = plan.kind === 'changed' ? plan.former.version : 0;
  const applied: AppliedPolicy | null = await policies.add(plan.next.policy, plan.next.signatories, expected);
  if (applied !== null) return applied.version;
  const message = `The policy of ${plan.repository} was changed by somebody else at the same time. Run the command again to see the difference to that.`;
  throw new HeadlockError('policy_conflict', message, { kind: 'input', retryable: true });
}

function changedUrl(plan: RepositoryPlan): PolicyChange['url'] {
  if (plan.kind !== 'changed' || plan.former.policy.url === plan.next.policy.url) return null;
  return { from: plan.former.policy.url, to: plan.next.policy.url };
}

/** Null where the branch is as the policy says. */
function changeBranch(
  ref: BranchRef,
  state: BranchState | null,
  rule: BranchPolicy | null,
  change: PolicyChange,
  isUnchanged: boolean,
  floor: number,
): BranchState | null {
  if (state === null) return rule === null ? null : createBranchState(ref, rule, change, floor);
  if (rule === null && state.retired) return null;
  // An apply that was cut off may have stored this version and not have come here: then this is the branch's turn.
  const isTold = isUnchanged && state.policyVersion === change.policyVersion && state.retired === (rule === null);
  return isTold ? null : applyToBranch(state, rule, change);
}
