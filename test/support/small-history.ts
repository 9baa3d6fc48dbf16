import type { CommitNode } from '../../shared/model/commit.ts';
import { type Oid, parseOid } from '../../shared/model/oid.ts';
import type { CommitReason, Verdict } from '../../shared/model/verdict.ts';

/** A full id made of one repeated digit. */
export const oidOf = (digit: string, digits = 40): Oid => parseOid(digit.repeat(digits));

/** A commit id for a name of a few letters; ids sort as their names. */
export function oidNamed(name: string): Oid {
  return parseOid(Buffer.from(name).toString('hex').padEnd(40, '0'));
}

export function nameOf(oid: Oid): string {
  return Buffer.from(oid.replace(/(00)+$/, ''), 'hex').toString();
}

/** A graph from names to the names of parents. */
export function graphOf(commits: Readonly<Record<string, readonly string[]>>): Map<Oid, CommitNode> {
  return new Map(
    Object.entries(commits).map(([name, parents]) => {
      const oid = oidNamed(name);
      return [oid, { oid, parents: parents.map(oidNamed) }];
    }),
  );
}

/** A verdict that rests on an operator's word (trust rule 2.7). */
export function acceptedVerdictOf(commit: Oid): Verdict {
  const found = { commit, payloadSha256: '', committer: 'Bob <bob@example.com>', firstSeen: 0 };
  return { ...found, outcome: 'verified', format: 'policy', justification: 'Reviewed by hand.', against: 'unsigned' };
}

/** A verdict as judging would give it: refused for `reason`, or verified. */
export function verdictOf(commit: Oid, reason: CommitReason | undefined, signatory = 'Bob'): Verdict {
  const found = { commit, payloadSha256: '', committer: 'Bob <bob@example.com>', firstSeen: 0 };
  if (reason === undefined) {
    const keys = { fingerprint: 'SHA256:x', certifiedBy: null, certificate: null };
    return { ...found, outcome: 'verified', format: 'ssh', signatory, ...keys, signedAt: null };
  }
  return {
    ...found,
    outcome: 'refused',
    reason,
    message: `is refused: ${reason}.`,
    nextStep: 'Mend it.',
    recheckAt: null,
  };
}
