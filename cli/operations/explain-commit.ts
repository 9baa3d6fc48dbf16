import type { Oid } from '../../shared/model/oid.ts';
import { NO_FACTS } from '../../shared/trust/list-checks.ts';
import { subjectOf } from '../output/commit-subject.ts';
import { type Explanation, explain, factsOf, unknownCommit } from './explanation.ts';
import type { PreparedCheck } from './prepare-check.ts';
import type { VerifiedRepository } from './verify-repository.ts';

/**
 * Explains a commit as an instance would judge it that sees it for the first time: as the tip of the branch, or as part of
 * what stands below the tip.
 * @throws HeadlockError `unknown_commit`, and as `verifyRepository` does
 */
export async function explainCommit({ chosen, branch, verify }: PreparedCheck, commit: Oid): Promise<Explanation> {
  const { anchor } = branch;
  if (commit === anchor) {
    throw unknownCommit(`${commit} is the anchor: trust starts there on your word, so its signature is not judged.`);
  }
  const explainIn = ({ verdicts, commits, decision }: VerifiedRepository): Explanation | null => {
    const verdict = verdicts.find((each) => each.commit === commit) ?? null;
    return explain({
      ref: { repository: chosen.policy.repository, branch: branch.name },
      commit,
      subject: subjectOf(commits.get(commit)),
      verdict,
      policyVersion: null,
      facts: verdict === null ? NO_FACTS : factsOf(verdict, chosen.signatories, branch),
      lock: decision.offence,
      anchor,
    });
  };
  const asTip = await verify({ from: null, to: commit });
  const isJudged = asTip.decision.offence?.reason !== 'history_rewritten';
  const explanation = (isJudged ? explainIn(asTip) : null) ?? explainIn(await verify({ from: null, to: null }));
  if (explanation !== null) return explanation;
  throw unknownCommit(
    `${commit} is not judged on ${branch.name}: it is neither on top of the anchor ${anchor} nor among what the mode \`${branch.mode}\` asks for below the tip. See \`git log --oneline ${anchor.slice(0, 12)}..${commit.slice(0, 12)}\`, or name another --branch.`,
  );
}
