import { hash } from 'node:crypto';
import type { BranchState, Progress, Timestamp } from '../../shared/model/branch-state.ts';
import type { Oid } from '../../shared/model/oid.ts';
import type { AppliedPolicy, BranchPolicy, RepositoryPolicy } from '../../shared/model/policy.ts';
import type { UnixSeconds } from '../../shared/model/signatory.ts';
import { JUDGING_DEADLINE_MS } from '../../shared/model/time-limits.ts';
import type { Verdict } from '../../shared/model/verdict.ts';
import { loadSigstore } from '../../shared/signatures/x509/load-sigstore.ts';
import { hashDeniedPayloads } from '../../shared/trust/hash-denied-payloads.ts';
import { judgeRange } from '../../shared/trust/judge-range.ts';
import { limitExceeded, type Offence } from '../../shared/trust/offence.ts';
import { createExceptions } from '../../shared/trust/policy-exceptions.ts';
import type { CommitRange } from '../../shared/trust/walk-history.ts';
import type { DecisionTally } from './decision-tally.ts';
import type { RawCommits } from './fetch-range.ts';
import type { VerifyPorts } from './ports.ts';

/** Trust rule 4.7: signatures of some kinds take a hundred times as long as others. */
function tooSlow(tip: Oid, judged: number, total: number): Offence {
  const message = `Only ${judged} of ${total} new commits could be judged in the time that one run has.`;
  const nextStep = 'Anchor the branch nearer its tip, at a commit that you checked: `headlock unlock … --to COMMIT`.';
  return { ...limitExceeded(tip, message), nextStep };
}

/**
 * Trust rules 3.1 and 1.7: first seen is written before any commit is judged, and every verdict is recorded. Where the range
 * is too long for one run, as many as one step takes (trust rule 4.7).
 */
export async function judgeAndRecord(
  state: BranchState,
  applied: AppliedPolicy,
  branch: BranchPolicy,
  { range, commits }: { range: CommitRange; commits: RawCommits },
  { seen, verdicts, now, verdictsPerStep }: VerifyPorts,
  tally: Pick<DecisionTally, 'see' | 'judge'>,
): Promise<ReadonlyMap<Oid, Verdict> | Progress | Offence> {
  const fetchedAt = now().toISOString();
  const recorded = await seen.read(state.ref, state.seenFrom, range.asked);
  const fresh = range.asked.filter((id) => !recorded.has(id));
  if (fresh.length > 0) await seen.write(state.ref, fetchedAt, range.tip, fresh);
  tally.see(fresh);

  const { signatories } = applied;
  await loadSigstore(signatories);
  const payloads = await findDeniedPayloads([state.ref], applied.policy, branch, commits, verdicts);
  const exceptions = createExceptions(applied.policy, payloads);
  const firstSeen = new Map([...recorded].map(([id, time]) => [id, toUnixSeconds(time)]));
  const judged = new Map<Oid, Verdict>();
  const { compromisedKeys } = applied.policy;
  const judgedAt = toUnixSeconds(fetchedAt);
  const terms = { signatories, compromisedKeys, branch, exceptions, judgedAt, firstSeen };
  const { asked } = range;
  const start = countRecorded(state.progress, asked, applied.version);
  const end = Math.min(start + verdictsPerStep, asked.length);
  for (const verdict of judgeRange({ ...range, asked: asked.slice(0, end) }, commits, terms)) {
    if (now().getTime() - Date.parse(fetchedAt) > JUDGING_DEADLINE_MS)
      return tooSlow(range.tip, judged.size, asked.length);
    judged.set(verdict.commit, verdict);
  }
  const step = asked.slice(start, end).flatMap((id) => judged.get(id) ?? []);
  await verdicts.write(state.ref, applied.version, step);
  tally.judge(step, start > 0);
  if (end === asked.length) return judged;
  return { policyVersion: applied.version, judged: end, digest: digestOf(asked.slice(0, end)), total: asked.length };
}

/** How many of these commits former steps have recorded: none where the policy or what stands below them changed since. */
function countRecorded(progress: Progress | null, asked: readonly Oid[], policyVersion: number): number {
  if (progress === null || progress.policyVersion !== policyVersion) return 0;
  return digestOf(asked.slice(0, progress.judged)) === progress.digest ? progress.judged : 0;
}

function digestOf(commits: readonly Oid[]): string {
  return hash('sha256', commits.join(' '));
}

/** Trust rule 2.7: of a denied commit that is not sent now, the verdict that was recorded when it was tells the payload. */
export async function findDeniedPayloads(
  refs: readonly BranchState['ref'][],
  { denied }: RepositoryPolicy,
  { limits }: Pick<BranchPolicy, 'limits'>,
  commits: RawCommits,
  verdicts: VerifyPorts['verdicts'],
): Promise<ReadonlyMap<Oid, string>> {
  const payloads = hashDeniedPayloads({ denied }, commits, limits);
  const unsent = denied.flatMap((entry) => ('commit' in entry && !payloads.has(entry.commit) ? [entry.commit] : []));
  const recorded = await Promise.all(unsent.flatMap((commit) => refs.map((ref) => verdicts.read(ref, commit))));
  const known = recorded.flatMap((found) => (found === null ? [] : [found.verdict]));
  return new Map([...payloads, ...known.map(({ commit, payloadSha256 }) => [commit, payloadSha256] as const)]);
}

export function toUnixSeconds(time: Timestamp): UnixSeconds {
  return Math.floor(Date.parse(time) / 1000);
}
