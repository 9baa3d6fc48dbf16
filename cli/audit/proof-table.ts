import type { BranchLimits } from '../../shared/model/limits.ts';
import type { Oid } from '../../shared/model/oid.ts';
import type { KeyTime, UnixSeconds } from '../../shared/model/signatory.ts';
import type { Verdict } from '../../shared/model/verdict.ts';
import type { ProvenSignature } from '../../shared/signatures/signature-format.ts';
import { judgeProvenCommit, type ProvenCommit } from '../../shared/trust/judge-commit.ts';

/** What each commit proves by the proposed keys: with those of forges, and for what these signed without them too. */
export interface ProofTable {
  readonly proofs: ReadonlyMap<Oid, ProvenCommit>;
  readonly withoutForge: ReadonlyMap<Oid, ProvenCommit>;
}

/** What each commit is found to be. The verdicts on good ones tell their signatory alone. */
export function judgeTable(
  { proofs, withoutForge }: ProofTable,
  keyTime: KeyTime,
  withForge: boolean,
  limits: BranchLimits,
  now: UnixSeconds,
): ReadonlyMap<Oid, Verdict> {
  const terms = { keyTime, matchEmail: false, limits, firstSeen: now, judgedAt: now };
  const verdicts = new Map<Oid, Verdict>();
  const verified = new Map<string, Verdict>();
  for (const [oid, proven] of proofs) {
    const counted = withForge ? proven : (withoutForge.get(oid) ?? proven);
    const verdict = judgeProvenCommit(counted, terms);
    // Of a good commit nothing but its signatory is asked: one verdict stands for all of these, or they would fill the memory.
    const signatory = signatoryOf(verdict);
    const kept = signatory === null ? verdict : (verified.get(signatory) ?? verdict);
    if (signatory !== null) verified.set(signatory, kept);
    verdicts.set(oid, kept);
  }
  return verdicts;
}

export function signatureOf(proven: ProvenCommit | undefined): ProvenSignature | null {
  return proven === undefined || 'outcome' in proven.proof ? null : proven.proof;
}

/** Who signed what is verified; null of all else. */
export function signatoryOf(verdict: Verdict | undefined): string | null {
  return verdict?.outcome === 'verified' && verdict.format !== 'policy' ? verdict.signatory : null;
}
