import type { Oid } from '../../shared/model/oid.ts';
import type { CommitReason, Verdict } from '../../shared/model/verdict.ts';
import { ruleOfReason } from '../../shared/trust/list-checks.ts';
import type {
  AuditedBot,
  AuditedForge,
  AuditedRefusal,
  CommitSpan,
  OutcomeCounts,
  SignatureCounts,
} from './audit-report.ts';
import { type ForgeKind, forgeOfCommitter, isBot } from './forges.ts';
import { isoTime } from './iso-time.ts';
import type { Signer } from './signer.ts';
import { compare } from './signers.ts';
import type { Person, SurveyedCommit } from './survey.ts';

type ForgeOfSigner = (signer: Signer | null) => ForgeKind | null;

export function countSignatures(commits: Iterable<SurveyedCommit>): SignatureCounts {
  const counts = { openpgp: 0, ssh: 0, x509: 0, unsigned: 0, unreadable: 0 };
  for (const { signer, isUnreadable } of commits)
    counts[signer?.format ?? (isUnreadable ? 'unreadable' : 'unsigned')] += 1;
  return counts;
}

export function countOutcomes(verdicts: Iterable<Verdict>): OutcomeCounts {
  const counts = new Map<'verified' | CommitReason, number>();
  for (const verdict of verdicts) {
    const outcome = verdict.outcome === 'refused' ? verdict.reason : 'verified';
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].sort(([one], [other]) => compare(one, other)));
}

/** @param chain - first parents, the tip first */
export function findUnsignedRanges(
  chain: readonly Oid[],
  commits: ReadonlyMap<Oid, SurveyedCommit>,
): readonly CommitSpan[] {
  const spans: CommitSpan[] = [];
  let run: SurveyedCommit[] = [];
  let after: Oid | null = null;
  const close = (): void => {
    const [first, last] = [run[0], run.at(-1)];
    if (first === undefined || last === undefined) return;
    const [firstDate, lastDate] = [isoTime(first.committedAt), isoTime(last.committedAt)];
    spans.push({ after, last: last.oid, commits: run.length, firstDate, lastDate });
    run = [];
  };
  for (const oid of chain.toReversed()) {
    const commit = commits.get(oid);
    if (commit?.signer === null && !commit.isUnreadable) {
      run.push(commit);
      continue;
    }
    close();
    after = oid;
  }
  close();
  return spans;
}

export function summarizeForges(
  commits: ReadonlyMap<Oid, SurveyedCommit>,
  forgeOf: ForgeOfSigner,
): readonly AuditedForge[] {
  const forges = new Map<ForgeKind, { -readonly [Key in keyof AuditedForge]: AuditedForge[Key] }>();
  for (const { signer, committer, parents, hasRequestNumber } of commits.values()) {
    const signedBy = forgeOf(signer);
    const forge = signedBy ?? forgeOfCommitter(committer);
    if (forge === null) continue;
    const none = { forge, commits: 0, signed: 0, fraction: 0, merges: 0, squashes: 0, others: 0 };
    const row = forges.get(forge) ?? none;
    forges.set(forge, row);
    row.commits += 1;
    if (signedBy === null) continue;
    row.signed += 1;
    row.fraction = Math.round((row.signed / commits.size) * 10_000) / 10_000;
    if (parents.length > 1) row.merges += 1;
    else if (hasRequestNumber) row.squashes += 1;
    else row.others += 1;
  }
  return [...forges.values()].sort((one, other) => other.commits - one.commits);
}

/** By author: a forge often commits for them. */
export function summarizeBots(commits: Iterable<SurveyedCommit>, forgeOf: ForgeOfSigner): readonly AuditedBot[] {
  const bots = new Map<Person, { -readonly [Key in keyof AuditedBot]: AuditedBot[Key] }>();
  for (const { author, signer } of commits) {
    if (!isBot(author)) continue;
    const row = bots.get(author) ?? { ...author, commits: 0, signed: 0, signedByForge: 0 };
    bots.set(author, row);
    row.commits += 1;
    if (signer !== null) row.signed += 1;
    if (forgeOf(signer) !== null) row.signedByForge += 1;
  }
  return [...bots.values()].sort((one, other) => other.commits - one.commits || compare(one.email, other.email));
}

/** Signatures that do not count, the newest as the example. @param verdicts - the newest first, as `keyTime: ignore` has them */
export function summarizeRefusals(verdicts: Iterable<Verdict>): readonly AuditedRefusal[] {
  const reasons = new Map<CommitReason, { -readonly [Key in keyof AuditedRefusal]: AuditedRefusal[Key] }>();
  for (const verdict of verdicts) {
    if (verdict.outcome !== 'refused' || verdict.reason === 'unsigned') continue;
    const { reason, commit, committer, message } = verdict;
    const said = `${commit.slice(0, 12)}… by ${committer} ${message}`;
    const row = reasons.get(reason) ?? {
      reason,
      rule: ruleOfReason(reason),
      commits: 0,
      example: commit,
      message: said,
    };
    reasons.set(reason, row);
    row.commits += 1;
  }
  return [...reasons.values()].sort((one, other) => other.commits - one.commits || compare(one.reason, other.reason));
}
