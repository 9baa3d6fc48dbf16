import { readPolicy } from '../policy/read-policy.ts';
import { type AppliedRepository, applyPolicy } from './apply-policy.ts';
import type { Installation } from './installation.ts';
import { type PolicyPlan, planPolicy } from './plan-policy.ts';

/**
 * Applies a policy file, or of it what concerns one repository.
 * @throws PolicyError, HeadlockError as `readPolicy`, `planPolicy` and `applyPolicy` do
 */
export async function applyPolicyFile(
  file: string,
  installation: Installation,
  only: string | null = null,
): Promise<{ readonly plan: PolicyPlan; readonly applied: readonly AppliedRepository[] }> {
  const plan = await planPolicy(await readPolicy(file), file, installation);
  const act = { actor: installation.operator, now: new Date().toISOString() };
  const applied: AppliedRepository[] = [];
  for (const one of plan.repositories) {
    if (only === null || one.repository === only) applied.push(await applyPolicy(one, act, installation));
  }
  return { plan, applied };
}
