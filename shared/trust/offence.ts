import { formatBranchRef } from '../model/branch-ref.ts';
import type { BranchState, LockReason } from '../model/branch-state.ts';
import type { Oid } from '../model/oid.ts';
import type { Verdict } from '../model/verdict.ts';

/** What keeps a branch from its tip, for people. */
export interface Offence {
  readonly commit: Oid | null;
  readonly reason: LockReason;
  readonly message: string;
  readonly nextStep: string;
}

/** The form in which messages name a commit. */
export function shortOid(id: Oid): string {
  return `${id.slice(0, 12)}…`;
}

export function refusedCommit(verdict: Verdict & { outcome: 'refused' }): Offence {
  const { commit, reason, message, nextStep } = verdict;
  return { commit, reason, message: `${shortOid(commit)} by ${verdict.committer} ${message}`, nextStep };
}

/** Trust rule 1.5. */
export function missingObject(commit: Oid): Offence {
  return {
    commit,
    reason: 'missing_object',
    message: `${shortOid(commit)} is needed to prove the branch, and the server does not send it.`,
    nextStep: 'Run `git fsck` on the server. Headlock tries again at the next push and every few minutes.',
  };
}

/** Trust rule 1.1: the bytes of such a commit are never used, so it is as absent as one that was not sent. */
export function absentCommit(commit: Oid, collisions: ReadonlySet<Oid>): Offence {
  if (!collisions.has(commit)) return missingObject(commit);
  return {
    commit,
    reason: 'sha1_collision',
    message: `${shortOid(commit)} was made by a SHA-1 collision attack: other bytes have the same id.`,
    nextStep: 'Find out who made it, and push the branch without it. Consider a repository in SHA-256 format.',
  };
}

/** Trust rules 1.2, 4.4. */
export function unreadableParents(commit: Oid): Offence {
  return {
    commit,
    reason: 'malformed_commit',
    message: `The tree or parent lines of ${shortOid(commit)} are malformed: what it descends from cannot be told.`,
    nextStep: 'Make the commit again with git, and push it in place of this one.',
  };
}

const MAX_PUBLISHERS_SHOWN = 5;

/** Trust rule 4.8. */
export function notPublisher(tip: Oid, signedBy: string | null, publishers: readonly string[]): Offence {
  const shown = publishers.slice(0, MAX_PUBLISHERS_SHOWN).join(', ');
  const names = publishers.length > MAX_PUBLISHERS_SHOWN ? `${shown}, …` : shown;
  const signer = signedBy === null ? 'no signatory' : signedBy;
  return {
    commit: tip,
    reason: 'not_authorized',
    message: `${shortOid(tip)} is signed by ${signer}; what this branch publishes must be signed by a publisher: ${names}.`,
    nextStep: `Have a publisher (${names}) sign a commit or a merge on top of it, and push that; or change \`publishers:\` of the branch in \`headlock.yaml\` and run \`headlock apply\`.`,
  };
}

/** Trust rule 4.5. */
export function unrelatedHistory(root: Oid): Offence {
  return {
    commit: root,
    reason: 'unrelated_history',
    message: `${shortOid(root)} is the first commit of another history that was merged in.`,
    nextStep: 'Push the branch without that merge, or bring the files over in a signed commit.',
  };
}

/** Trust rule 4.7. */
export function limitExceeded(tip: Oid, message: string): Offence {
  return {
    commit: tip,
    reason: 'limit_exceeded',
    message,
    nextStep: 'Raise that limit under `limits:` of the branch in `headlock.yaml`, and run `headlock apply`.',
  };
}

/** Trust rule 4.4. */
export function branchDeleted({ ref, trusted }: BranchState): Offence {
  const restore =
    trusted === null ? 'Push it' : `Restore it with \`git push origin ${trusted.oid}:refs/heads/${ref.branch}\``;
  return {
    commit: null,
    reason: 'branch_deleted',
    message: `The forge no longer lists ${formatBranchRef(ref)}.`,
    nextStep: `${restore}, or take it out of \`headlock.yaml\`.`,
  };
}

/** Trust rule 4.4. Before anything was trusted it is the anchor that is likely to be wrong. */
export function historyRewritten({ ref, trusted, anchor, sequence }: BranchState, tip: Oid): Offence {
  const unlock = (to: string) =>
    `headlock unlock ${ref.repository} ${ref.branch} --sequence ${sequence} --to ${to} --reason "why"`;
  if (trusted === null) {
    return {
      commit: tip,
      reason: 'history_rewritten',
      message: `The tip ${shortOid(tip)} does not descend from the anchor ${anchor}, or the repository lacks that commit.`,
      nextStep: `Anchor the branch at a commit behind it: correct \`anchor:\` in \`headlock.yaml\`, and where that is applied already run \`${unlock('COMMIT')}\`.`,
    };
  }
  const restore = `git push --force origin ${trusted.oid}:refs/heads/${ref.branch}`;
  return {
    commit: tip,
    reason: 'history_rewritten',
    message: `The tip ${shortOid(tip)} does not descend from the trusted revision ${shortOid(trusted.oid)}: the branch was rewritten.`,
    nextStep: `Restore it with \`${restore}\`, or accept the new history with \`${unlock(tip)}\`.`,
  };
}
