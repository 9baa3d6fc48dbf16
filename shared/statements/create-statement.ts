import { Buffer } from 'node:buffer';
import { type BranchState, publishedStateOf } from '../model/branch-state.ts';
import type { Proof, StatementTerms } from '../model/statement.ts';
import type { TrustedRevision } from '../model/trusted-revision.ts';

declare const aboutProven: unique symbol;

/**
 * A statement about a trusted revision, and about nothing else: signers take no other bytes, so signing an unproven commit
 * does not compile.
 */
export interface Statement {
  /** In JSON. */
  readonly payload: Uint8Array;
  readonly [aboutProven]: true;
}

/** The name of what is ours in a statement: the specification of the predicate asks for a URI. */
export const EXTENSION = 'urn:headlock:branch:v1';

/**
 * The statement that a branch calls for, from its item alone: an in-toto Statement v1 with a SLSA Verification Summary (v1)
 * about the trusted revision (trust rule 6.1). The same item always gives the same bytes.
 * @returns null where nothing is published, or where the terms are of another sequence or state
 */
export function createStatement(state: BranchState): Statement | null {
  const { trusted, proof, statement: terms, sequence } = state;
  if (trusted === null || proof === null || terms === null) return null;
  if (terms.sequence !== sequence || terms.state !== publishedStateOf(state)) return null;
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [describeSubject(trusted, proof, state)],
    predicateType: 'https://slsa.dev/verification_summary/v1',
    predicate: {
      verifier: { id: terms.policy.verifier },
      timeVerified: terms.issuedAt,
      resourceUri: `git+${terms.policy.url}`,
      policy: {
        uri: `urn:headlock:policy:${state.ref.repository}:${terms.policy.version}`,
        digest: { sha256: terms.policy.sha256 },
      },
      ...describeResult(terms, proof, state),
      [EXTENSION]: describeBranch(terms, proof, state),
    },
  };
  return { payload: Buffer.from(JSON.stringify(statement), 'utf8') } as unknown as Statement;
}

/** Takes nothing but a TrustedRevision. Trust rule 4.6: an observed tip is no subject. */
export function describeSubject({ oid }: TrustedRevision, { tree }: Pick<Proof, 'tree'>, { ref }: BranchState): object {
  return {
    digest: { gitCommit: oid, ...(tree === null ? {} : { gitTree: tree }) },
    annotations: { sourceRefs: [`refs/heads/${ref.branch}`] },
  };
}

/**
 * Trust rule 6.3: a locked branch has passed, for the revision that it holds. One that rests on a compromised key has not: its
 * signatures are void (trust rule 3.3).
 */
function describeResult({ state }: StatementTerms, { isWhole }: Proof, { operatorAnchored }: BranchState) {
  if (state === 'Compromised') return { verificationResult: 'FAILED', verifiedLevels: ['FAILED'] };
  // Trust rule 6.1: only a history that is proven commit by commit from the policy's own anchor on.
  const levels = isWhole && !operatorAnchored ? ['ORG_SOURCE_SIGNED_HISTORY'] : [];
  return { verificationResult: 'PASSED', verifiedLevels: ['SLSA_SOURCE_LEVEL_0', ...levels] };
}

function describeBranch({ state, expires }: StatementTerms, proof: Proof, branch: BranchState) {
  const { ref, sequence, anchor, operatorAnchored } = branch;
  return {
    ...{ repository: ref.repository, branch: ref.branch, sequence, previousRevision: proof.previous, state },
    ...{ mode: proof.mode, keyTime: proof.keyTime, anchor, since: proof.since, operatorAnchored, expires },
  };
}
