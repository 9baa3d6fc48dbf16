import type { BranchState, Lock } from '../model/branch-state.ts';
import { formatClaim } from '../model/claim.ts';
import { type CommitStatus, MAX_STATUS_LENGTH } from '../model/commit-status.ts';
import type { Oid } from '../model/oid.ts';

/**
 * What the forge should show of a branch: the published revision as it stands, and the tip that keeps the branch locked. A
 * dry run refuses nothing, so it shows no failure (trust rule 4.6).
 */
export function listStatuses(branch: BranchState): readonly CommitStatus[] {
  const { ref, trusted, sequence, tip, lock, compromise, enforcement } = branch;
  const isDryRun = enforcement === 'report';
  const look = [`See \`headlock status ${ref.repository} ${ref.branch}\`.`, 'See `headlock status`.'];
  const refuse = (commit: Oid, why: string, steps: readonly string[] = []): CommitStatus => ({
    commit,
    state: isDryRun ? 'success' : 'failure',
    description: describe(isDryRun ? `Dry run. ${why}` : why, [...steps, ...look]),
  });
  const statuses: CommitStatus[] = [];
  if (lock !== null && tip !== null) {
    statuses.push(refuse(tip.revision, `Locked: ${lock.reason}${placeOf(lock)}.`, stepsOf(lock)));
  }
  if (trusted !== null && compromise === null) {
    const description = `Trusted and published (sequence ${sequence}).`;
    statuses.push({ commit: trusted.oid, state: 'success', description });
  } else if (trusted !== null) {
    // Trust rule 3.3: it stays published, and flagged, and nothing advances.
    statuses.push(refuse(trusted.oid, 'Compromised: it rests on a key that is void.'));
    if (lock === null && tip !== null && tip.revision !== trusted.oid) {
      statuses.push(refuse(tip.revision, 'Held back: what is published rests on a key that is void.'));
    }
  }
  return statuses;
}

function placeOf({ commit }: Lock): string {
  return commit === null ? '' : ` at ${commit.slice(0, 12)}`;
}

/** The whole next step, or its clauses up to one. The lock's message stays out: it holds what a committer claims. */
function stepsOf({ nextStep }: Lock): readonly string[] {
  const clauses = [...nextStep.matchAll(/[.;,](?= )/g)].map(({ index }) => nextStep.slice(0, index + 1));
  // Half a command would be worse than none.
  const whole = clauses.filter((text) => text.split('`').length % 2 === 1);
  return [nextStep, ...whole.reverse().map((text) => `${text} …`)];
}

/** With the first of the steps that fits. */
function describe(head: string, steps: readonly string[]): string {
  const texts = [...steps.map((step) => `${head} ${step}`), head];
  return formatClaim(texts.find((text) => text.length <= MAX_STATUS_LENGTH) ?? head, MAX_STATUS_LENGTH);
}
