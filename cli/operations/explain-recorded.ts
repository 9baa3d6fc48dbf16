import { formatBranchRef } from '../../shared/model/branch-ref.ts';
import type { BranchState } from '../../shared/model/branch-state.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import type { RecordedVerdict } from '../../shared/store/verdict-store.ts';
import { NO_FACTS, type PolicyFacts } from '../../shared/trust/list-checks.ts';
import { type Explanation, explain, factsOf, unknownCommit } from './explanation.ts';
import type { Installation } from './installation.ts';
import { readStatus } from './read-status.ts';

export interface RecordedRequest {
  readonly repository: string;
  /** Without it the only one there is, or `main`. */
  readonly branch: string | undefined;
  /** A full id, or its first digits. */
  readonly commit: string;
}

const COMMIT = /^[0-9a-f]{7,64}$/;

type Stores = Pick<Installation, 'policies' | 'branches' | 'verdicts'>;

/**
 * Explains a commit by the verdict that an installation recorded of it.
 * @throws HeadlockError `unknown_commit`, `no_such_repository`, `no_such_branch`
 */
export async function explainRecorded(request: RecordedRequest, installation: Stores): Promise<Explanation> {
  const commit = request.commit.toLowerCase();
  if (!COMMIT.test(commit)) {
    throw unknownCommit(
      `${JSON.stringify(request.commit)} is no commit id: write its digits, seven of them or more. To explain a commit of a clone by its name, give its path and -f headlock.yaml.`,
    );
  }
  const state = await chooseBranch(request, installation);
  const [found, second] = await installation.verdicts.find(state.ref, commit);
  if (second !== undefined) throw unknownCommit(`Several commits start with ${commit}. Write more digits.`);
  const lock = state.lock;
  const blamed = lock?.commit?.startsWith(commit) ? lock.commit : null;
  const id = found?.verdict.commit ?? blamed;
  const explanation =
    id === null
      ? null
      : explain({
          ref: state.ref,
          commit: id,
          verdict: found?.verdict ?? null,
          policyVersion: found?.policyVersion ?? null,
          facts: found === undefined ? NO_FACTS : await readFacts(state, found, installation),
          lock,
          anchor: state.anchor,
        });
  if (explanation === null) throw unknownCommit(describeUnknown(state, commit));
  return explanation;
}

async function chooseBranch({ repository, branch }: RecordedRequest, installation: Stores): Promise<BranchState> {
  const states = await readStatus({ repository, branch }, installation);
  const chosen = states.length === 1 ? states[0] : states.find(({ ref }) => ref.branch === 'main');
  if (chosen !== undefined) return chosen;
  const names = states.map(({ ref }) => ref.branch).join(', ');
  const message =
    states.length === 0
      ? `The policy of ${repository} guards no branch, and no commit is judged but with its tag: see \`headlock status ${repository}\`.`
      : `Several branches of ${repository} are guarded. Choose with --branch one of: ${names}.`;
  throw new HeadlockError('no_such_branch', message, { kind: 'input' });
}

/** None where the policy is another by now. */
async function readFacts(
  { ref }: BranchState,
  { policyVersion, verdict }: RecordedVerdict,
  { policies }: Stores,
): Promise<PolicyFacts> {
  const applied = await policies.readApplied(ref.repository);
  if (applied === null || applied.version !== policyVersion) return NO_FACTS;
  const branch = applied.policy.branches.find(({ name }) => name === ref.branch);
  return factsOf(verdict, applied.signatories, branch);
}

function describeUnknown({ ref, anchor }: BranchState, commit: string): string {
  const name = formatBranchRef(ref);
  if (anchor.startsWith(commit)) {
    return `${anchor} is the anchor of ${name}: trust starts there on an operator's word, so its signature is not judged.`;
  }
  return `No verdict on ${commit} is recorded for ${name}: either it was never pushed there, or it is behind the anchor ${anchor}, or the mode of the branch does not ask for it. To judge it now in a clone: \`headlock explain PATH ${commit} -f headlock.yaml\`.`;
}
