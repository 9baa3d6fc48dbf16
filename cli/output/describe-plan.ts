import type { AppliedRepository } from '../operations/apply-policy.ts';
import { comparePolicies, type Difference } from '../operations/compare-policies.ts';
import type { PolicyPlan, RepositoryPlan } from '../operations/plan-policy.ts';
import { count } from './count.ts';
import type { Style } from './style.ts';

export function differencesOf(plan: RepositoryPlan): readonly Difference[] {
  switch (plan.kind) {
    case 'unchanged':
    case 'removed':
      return [];
    case 'added':
      return comparePolicies(null, plan.next);
    case 'changed':
      return comparePolicies(plan.former, plan.next);
  }
}

const TITLES = {
  added: 'new',
  changed: 'changed',
  unchanged: 'unchanged',
  removed: 'no longer guarded; its state is kept',
} as const satisfies Record<RepositoryPlan['kind'], string>;

/** What a plan changes, for people. */
export function describePlan({ repositories }: PolicyPlan, { bold, green, red, yellow }: Style): string {
  const paints = { '+': green, '-': red, '~': yellow };
  return repositories
    .flatMap((plan) => [
      `${bold(plan.repository)}: ${TITLES[plan.kind]}`,
      ...differencesOf(plan).map(({ sign, text }) => paints[sign](`  ${sign} ${text}`)),
    ])
    .join('\n');
}

export function describeOutcome(applied: readonly AppliedRepository[], dryRun: boolean): string {
  if (dryRun) return 'Nothing was written (--dry-run).';
  const branches = applied.flatMap((one) => one.branches);
  const versions = applied.map(({ repository, version }) => `${repository} at version ${version}`).join(', ');
  const anew = [
    ...(branches.length === 0 ? [] : [count(branches.length, 'branch', 'branches')]),
    ...applied.flatMap(({ repository, tags }) => (tags ? [`tags of ${repository}`] : [])),
  ];
  return `Applied: ${versions}; ${anew.length === 0 ? 'nothing is' : anew.join(', ')} decided anew.`;
}
