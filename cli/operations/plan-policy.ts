import { isDeepStrictEqual } from 'node:util';
import { findStatusProblem } from '../../shared/forges/status-request.ts';
import type { AppliedPolicy, RepositoryPolicy } from '../../shared/model/policy.ts';
import { PolicyError, type PolicyProblem } from '../../shared/model/policy-error.ts';
import { findAnchorProblem } from '../../shared/trust/apply-policy.ts';
import { type KeyExpiry, listKeyExpiries } from '../../shared/trust/list-key-expiries.ts';
import type { ReadPolicy } from '../policy/read-policy.ts';
import type { Installation } from './installation.ts';
import { secretsOf } from './secrets-of.ts';

/** What applying a policy file means for one repository. */
export type RepositoryPlan =
  | { readonly kind: 'added'; readonly repository: string; readonly next: ReadPolicy }
  | { readonly kind: 'changed'; readonly repository: string; readonly former: AppliedPolicy; readonly next: ReadPolicy }
  | { readonly kind: 'unchanged'; readonly repository: string; readonly former: AppliedPolicy }
  /** The file no longer names it. */
  | { readonly kind: 'removed'; readonly repository: string; readonly former: AppliedPolicy };

export interface PolicyPlan {
  readonly repositories: readonly RepositoryPlan[];
  /** What hinders nothing now, with what to do. */
  readonly warnings: readonly string[];
}

/** As long before as people are told of a key that is applied (`key-expiring`). */
const WARNED_DAYS = 30;
const DAY_MS = 24 * 3_600_000;

type Ports = Pick<Installation, 'policies' | 'branches' | 'secrets'>;

/**
 * Compares a policy file with what is applied, and refuses what must not be. Writes nothing.
 * @param file - its name in messages
 * @throws PolicyError with all problems at once
 */
export async function planPolicy(
  read: readonly ReadPolicy[],
  file: string,
  ports: Ports,
  now = new Date(),
): Promise<PolicyPlan> {
  const names = new Set(read.map(({ policy }) => policy.repository));
  const applied = new Map<string, AppliedPolicy>();
  for (const repository of new Set([...names, ...(await ports.policies.listRepositories())])) {
    const former = await ports.policies.readApplied(repository);
    if (former !== null) applied.set(repository, former);
  }
  const problems: PolicyProblem[] = [];
  const warnings: string[] = [];
  for (const next of read) {
    const found = await findProblems(next, applied.get(next.policy.repository) ?? null, ports);
    problems.push(...found.map((problem) => ({ file, ...problem })));
    warnings.push(...next.warnings, ...findUnjudgedSides(next), ...(await findMissingSecrets(next.policy, ports)));
    warnings.push(...findEndingKeys(next, now));
  }
  if (problems.length > 0) throw new PolicyError(problems.toSorted((one, other) => one.line - other.line));
  const removed = [...applied].filter(([repository]) => !names.has(repository));
  return {
    repositories: [
      ...read.map((next) => compare(next, applied.get(next.policy.repository) ?? null)),
      ...removed.map(([repository, former]) => ({ kind: 'removed' as const, repository, former })),
    ],
    warnings: [...new Set(warnings)],
  };
}

function compare(next: ReadPolicy, former: AppliedPolicy | null): RepositoryPlan {
  const { repository } = next.policy;
  if (former === null) return { kind: 'added', repository, next };
  const isSame = isDeepStrictEqual([next.policy, next.signatories], [former.policy, former.signatories]);
  return isSame ? { kind: 'unchanged', repository, former } : { kind: 'changed', repository, former, next };
}

async function findProblems(
  { policy, lineOf }: ReadPolicy,
  former: AppliedPolicy | null,
  { branches }: Ports,
): Promise<Omit<PolicyProblem, 'file'>[]> {
  const problems: Omit<PolicyProblem, 'file'>[] = [];
  if (policy.url.startsWith('file:')) {
    const message = '`file:` URLs are for `headlock verify` alone. Write the https URL that Headlock is to fetch from.';
    problems.push({ line: lineOf(['url']), message });
  }
  const untold = policy.url.startsWith('file:') ? null : findStatusProblem(policy);
  if (untold !== null) problems.push({ line: lineOf(['commitStatus']), message: untold });
  for (const [at, branch] of policy.branches.entries()) {
    const state = await branches.read({ repository: policy.repository, branch: branch.name });
    if (state === null) continue;
    const formerBranch = former?.policy.branches.find(({ name }) => name === branch.name) ?? null;
    const message = findAnchorProblem(state, branch, formerBranch);
    if (message !== null) problems.push({ line: lineOf(['branches', at, 'anchor']), message });
  }
  return problems;
}

/** Trust rule 3.5: a limit to merges rests on the sides, and only mode `all` judges these. */
function findUnjudgedSides({ policy, signatories }: ReadPolicy): string[] {
  const limited = signatories.filter(({ limit }) => limit !== null);
  const unjudged = policy.branches.filter(({ mode }) => mode !== 'all');
  const ofBranches = unjudged.flatMap(({ name, mode }) =>
    limited.map((signatory) => {
      const where = `${policy.repository}@${name} has mode ${mode}, which does not judge the sides of a merge`;
      const what =
        signatory.limit === 'merges'
          ? trustedWith(signatory)
          : `the merges of ${signatory.name} count there only where they bring nothing but a commit that is judged`;
      return `${where}: ${what}. Mode \`all\` judges them.`;
    }),
  );
  if (policy.tags.every(({ verify }) => verify === 'tag')) return ofBranches;
  // Trust rule 4.9: a tag's commit is judged by itself.
  const ofTags = limited.map((signatory) => {
    const where = `${policy.repository} has tags with \`verify: tag-and-commit\`, which does not judge the sides of a merge`;
    return signatory.limit === 'merges'
      ? `${where}: ${trustedWith(signatory)}.`
      : `${where}: no merge of ${signatory.name} counts there. Tag a commit that somebody else signed, or write \`verify: tag\`.`;
  });
  return [...ofBranches, ...ofTags];
}

function trustedWith({ name }: { readonly name: string }): string {
  return `whoever holds the keys of ${name} is trusted with everything that it merges there`;
}

/** What is applied is watched from then on: nobody would be told of a point that lies behind a key already. */
function findEndingKeys(next: ReadPolicy, now: Date): string[] {
  const inDays = ({ expires }: KeyExpiry) => (expires * 1000 - now.getTime()) / DAY_MS;
  return listKeyExpiries(next)
    .filter((expiry) => inDays(expiry) > 0 && inDays(expiry) <= WARNED_DAYS)
    .map(({ signatory, key, expires }) => {
      const end = new Date(expires * 1000).toISOString();
      return `${key} of ${signatory} ends at ${end}: what is signed after that locks its branch. Extend or replace the key.`;
    });
}

async function findMissingSecrets(policy: RepositoryPolicy, { secrets }: Ports): Promise<string[]> {
  const warnings: string[] = [];
  for (const { name, purpose, need } of secretsOf(policy)) {
    const secret = await secrets.read(name);
    if (secret?.purpose === purpose) continue;
    const what = secret === null ? `There is no secret ${name}` : `The secret ${name} is stored for ${secret.purpose}`;
    warnings.push(`${what}: ${need}. Store it with \`headlock secret set ${name} --purpose ${purpose}\`.`);
  }
  return warnings;
}
