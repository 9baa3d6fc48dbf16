import type { Oid } from '../model/oid.ts';
import type { BranchPolicy } from '../model/policy.ts';
import type { UnixSeconds } from '../model/signatory.ts';
import { mintTrustedRevision, type TrustedRevision } from '../model/trusted-revision.ts';
import type { Verdict } from '../model/verdict.ts';
import { type Evidence, listEvidence } from './list-evidence.ts';
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
  const { asked, parents, candidates } = range;
  const judged = asked.map((id) => verdicts.get(id));
  const offences = asked.map((id, position) => findOffence(id, range, judged[position]));
  const blocked = new Uint8Array(asked.length);
  const isBlocked = (position: number): boolean => blocked[position] === 1;
  for (const [position, offence] of offences.entries())
    if (offence !== null || parents.some(position, isBlocked)) blocked[position] = 1;

  const proven = candidates.findIndex((position) => !isBlocked(position) && mayPublish(judged[position], publishers));
  const revision = candidates[proven];
  const advance = revision === undefined ? null : mintTrustedRevision(asked[revision] as Oid);
  const behind = revision === undefined ? [] : askedBehind(range, revision);
  const evidence = listEvidence(behind.map((position) => judged[position]));
  if (advance?.oid === range.tip) return { advance, offence: null, evidence, recheckAt: null };

  const recheckAt = earliestRecheck(judged);
  const tip = asked.length - 1;
  if (publishers !== null && !isBlocked(tip)) {
    const offence = notPublisher(range.tip, signatoryOf(judged[tip]), publishers);
    return { advance, offence, evidence, recheckAt };
  }
  // Trust rule 4.3: the blocked candidate nearest what is trusted now. The tip at least is one.
  const ahead = proven === -1 ? candidates : candidates.slice(0, proven);
  const nearest = ahead.findLast(isBlocked) as number;
  return { advance, offence: firstOffence(range, nearest, offences, isBlocked), evidence, recheckAt };
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

function findOffence(id: Oid, range: CommitRange, verdict: Verdict | undefined): Offence | null {
  const missing = range.missing.get(id);
  if (missing !== undefined) return absentCommit(missing, range.collisions ?? new Set());
  if (verdict === undefined) return missingObject(id);
  if (verdict.outcome === 'refused' && verdict.reason === 'malformed_commit') return refusedCommit(verdict);
  if (range.roots.has(id)) return unrelatedHistory(id);
  return verdict.outcome === 'refused' ? refusedCommit(verdict) : null;
}

/** What must verify for `candidate`: parents before children, itself last. */
export function askedBehind({ parents }: CommitRange, candidate: number): readonly number[] {
  const isAsked = new Uint8Array(candidate + 1);
  const ask = (position: number): void => {
    isAsked[position] = 1;
  };
  const behind: number[] = [];
  ask(candidate);
  for (let position = candidate; position >= 0; position -= 1) {
    if (isAsked[position] !== 1) continue;
    behind.push(position);
    parents.forEach(position, ask);
  }
  return behind.reverse();
}

/** The first commit that fails of what `candidate` asks: parents before children, ties by id. */
function firstOffence(
  range: CommitRange,
  candidate: number,
  offences: readonly (Offence | null)[],
  isBlocked: (position: number) => boolean,
): Offence {
  const idOf = (position: number): Oid => range.asked[position] as Oid;
  const first = askedBehind(range, candidate)
    .filter((position) => offences[position] !== null && !range.parents.some(position, isBlocked))
    .reduce((one, other) => (idOf(other) < idOf(one) ? other : one));
  return offences[first] as Offence;
}

function earliestRecheck(judged: readonly (Verdict | undefined)[]): UnixSeconds | null {
  let earliest: UnixSeconds | null = null;
  for (const verdict of judged) {
    const due = verdict?.outcome === 'refused' ? verdict.recheckAt : null;
    if (due !== null && (earliest === null || due < earliest)) earliest = due;
  }
  return earliest;
}
