import type { AcceptedCommit } from '../model/policy.ts';
import type { SignatureKeys, Verdict } from '../model/verdict.ts';

/** What an advance rests on besides git's own hashes. */
export interface Evidence {
  /** What an operator vouched for (trust rule 2.7). */
  readonly accepted: readonly AcceptedCommit[];
  /** Whose signatures were proven, each once (trust rule 3.3); null where there are too many to record. */
  readonly signedBy: readonly SignatureKeys[] | null;
}

export const NO_EVIDENCE: Evidence = { accepted: [], signedBy: [] };

/** Characters: an item holds 400 kB, and certificates that live for minutes make each commit a signer of its own. */
const MAX_SIGNERS_LENGTH = 200_000;
const LENGTH_OF_NAMES = 100;

/** What these verdicts rest on. */
export function listEvidence(verdicts: Iterable<Verdict | undefined>): Evidence {
  const accepted: AcceptedCommit[] = [];
  const signers = new Map<string, SignatureKeys>();
  let length = 0;
  for (const verdict of verdicts) {
    if (verdict?.outcome !== 'verified') continue;
    if (verdict.format === 'policy') accepted.push({ commit: verdict.commit, reason: verdict.justification });
    else if (length <= MAX_SIGNERS_LENGTH && !signers.has(nameOf(verdict))) {
      signers.set(nameOf(verdict), keysOf(verdict));
      length += nameOf(verdict).length + LENGTH_OF_NAMES;
    }
  }
  return { accepted, signedBy: length > MAX_SIGNERS_LENGTH ? null : [...signers.values()] };
}

function nameOf({ fingerprint, certifiedBy, certificate, others = [] }: SignatureKeys): string {
  if (certifiedBy === null) return fingerprint;
  return `${fingerprint} ${certifiedBy} ${certificate?.serial} ${certificate?.keyId} ${others.join(' ')}`;
}

function keysOf({ fingerprint, certifiedBy, certificate, others }: SignatureKeys): SignatureKeys {
  return { fingerprint, certifiedBy, certificate, ...(others && { others }) };
}
