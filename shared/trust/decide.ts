import type { Oid } from '../model/oid.ts';
import type { BranchPolicy } from '../model/policy.ts';
import type { UnixSeconds } from '../model/signatory.ts';
import { mintTrustedRevision, type TrustedRevision } from '../model/trusted-revision.ts';
import type { Verdict } from '../model/verdict.ts';
import { type Evidence, listEvidence, NO_EVIDENCE } from './list-evidence.ts';
import { absentCommit, missingObject, notPublisher, type Offence, refusedCommit, unrelatedHistory } from './offence.ts';
import type { CommitRange } from './walk-history.ts';

export interface Decision {
  /** The new trusted revision, or null where nothing past the present one is proven. */
  readonly advance: TrustedRevision | null;
  /** Null where the tip itself is proven; else the branch locks. */
  readonly offence: Offence | null;
  /** What the advance rests on. */
  readonly evidence: Evidence;
  /** When time alone may change the decision. */
  readonly recheckAt: UnixSeconds | null;
}

/**
 * Decides a branch: how far it advances (trust rule 4.2) and on what it locks (4.3). Pure and linear in the asked commits.
 * A commit without a verdict is not trusted.
 */
export function decide(
  range: CommitRange,
  verdicts: ReadonlyMap<Oid, Verdict>,
  { publishers }: Pick<BranchPolicy, 'publishers'>,
): Decision {
  const offences = new Map<Oid, Offence>();
  const blocked = new Set<Oid>();
  for (const id of range.asked) {
    const offence = findOffence(id, range, verdicts.get(id));
    if (offence !== null) offences.set(id, offence);
    if (offence !== null || parentsOf(range, id).some((parent) => blocked.has(parent))) blocked.add(id);
  }

  const proven = range.candidates.findIndex((id) => !blocked.has(id) && mayPublish(verdicts.get(id), publishers));
  const revision = range.candidates[proven];
  const advance = revision === undefined ? null : mintTrustedRevision(revision);
  const evidence = revision === undefined ? NO_EVIDENCE : listEvidence(askedBehind(range, revision), verdicts);
  if (revision === range.tip) return { advance, offence: null, evidence, recheckAt: null };

  const recheckAt = earliestRecheck(range, verdicts);
  if (publishers !== null && !blocked.has(range.tip)) {
    const offence = notPublisher(range.tip, signatoryOf(verdicts.get(range.tip)), publishers);
    return { advance, offence, evidence, recheckAt };
  }
  // Trust rule 4.3: the blocked candidate nearest what is trusted now.
  const ahead = proven === -1 ? range.candidates : range.candidates.slice(0, proven);
  const nearest = ahead.findLast((id) => blocked.has(id)) ?? range.tip;
  return { advance, offence: firstOffence(range, nearest, offences, blocked), evidence, recheckAt };
}

/** Trust rule 4.8: the candidate itself must be signed by a publisher, whoever signed what is behind it. */
function mayPublish(verdict: Verdict | undefined, publishers: readonly string[] | null): boolean {
  if (publishers === null) return true;
  const signatory = signatoryOf(verdict);
  return signatory !== null && publishers.includes(signatory);
}

function signatoryOf(verdict: Verdict | undefined): string | null {
  return verdict?.outcome === 'verified' && verdict.format !== 'policy' ? verdict.signatory : null;
}

function parentsOf(range: CommitRange, id: Oid): readonly Oid[] {
  return range.parents.get(id) ?? [];
}

function findOffence(id: Oid, range: CommitRange, verdict: Verdict | undefined): Offence | null {
  const missing = range.missing.get(id);
  if (missing !== undefined) return absentCommit(missing, range.collisions ?? new Set());
  if (verdict === undefined) return missingObject(id);
  if (verdict.outcome === 'refused' && verdict.reason === 'malformed_commit') return refusedCommit(verdict);
  if (range.roots.has(id)) return unrelatedHistory(id);
  return verdict.outcome === 'refused' ? refusedCommit(verdict) : null;
}

/** What must verify for `candidate`, itself first. */
function askedBehind(range: CommitRange, candidate: Oid): ReadonlySet<Oid> {
  const asked = new Set<Oid>([candidate]);
  for (const id of asked) for (const parent of parentsOf(range, id)) asked.add(parent);
  return asked;
}

/** The first commit that fails of what `candidate` asks: parents before children, ties by id. */
function firstOffence(
  range: CommitRange,
  candidate: Oid,
  offences: ReadonlyMap<Oid, Offence>,
  blocked: ReadonlySet<Oid>,
): Offence {
  let first: Oid | null = null;
  for (const id of askedBehind(range, candidate)) {
    const isFirst = offences.has(id) && !parentsOf(range, id).some((parent) => blocked.has(parent));
    if (isFirst && (first === null || id < first)) first = id;
  }
  return (first === null ? undefined : offences.get(first)) ?? missingObject(candidate);
}

function earliestRecheck(range: CommitRange, verdicts: ReadonlyMap<Oid, Verdict>): UnixSeconds | null {
  let earliest: UnixSeconds | null = null;
  for (const id of range.asked) {
    const verdict = verdicts.get(id);
    const due = verdict?.outcome === 'refused' ? verdict.recheckAt : null;
    if (due !== null && (earliest === null || due < earliest)) earliest = due;
  }
  return earliest;
}
