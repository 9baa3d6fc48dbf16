import type { Identity } from '../model/commit.ts';
import { createRefusal, type Refusal, type SignatureEvidence } from '../model/verdict.ts';
import type { ArmorLines } from './armor-lines.ts';
import { judgeSigner } from './judge-signer.ts';
import type { Keyring } from './keyring.ts';
import { MalformedError } from './malformed-error.ts';
import { proveOpenPgp } from './openpgp/prove-openpgp.ts';
import { RefusedSignature } from './refused-signature.ts';
import { type Checks, runChecks } from './signature-check.ts';
import type { ProvenSignature, ProveSignature } from './signature-format.ts';
import type { SignedPayload } from './split-commit.ts';
import { proveSsh } from './ssh/prove-ssh.ts';
import type { VerifyTerms } from './verify-terms.ts';
import { proveX509 } from './x509/prove-x509.ts';

/** What is to be verified, with the committer whom the commit claims. */
export interface Signed extends SignedPayload {
  readonly committer: Identity;
}

const FORMATS: ReadonlyMap<string, ProveSignature> = new Map([
  ['-----BEGIN PGP SIGNATURE-----', proveOpenPgp],
  ['-----BEGIN SSH SIGNATURE-----', proveSsh],
  ['-----BEGIN PGP MESSAGE-----', refuse('an OpenPGP message where a signature belongs')],
  ['-----BEGIN SIGNED MESSAGE-----', proveX509],
]);

const SIGN_AGAIN =
  'Sign the commit again with git and gpg or ssh-keygen as they are, and push it in place of this one.';

/**
 * Verifies one signature by a policy's keys (trust rules 2 and 3). Never throws for what the signature holds: whatever cannot
 * be read is `malformed_signature`. A refusal's message completes a sentence that starts with the commit's name.
 */
export function verifySignature(signed: Signed, keyring: Keyring, terms: VerifyTerms): SignatureEvidence | Refusal {
  return judgeProof(runChecks(proveSignature(signed, keyring)), signed.committer, terms);
}

/** What trust rule 2 says of a signature, whoever made it and whenever. */
export function* proveSignature(
  { payload, signature }: SignedPayload,
  keyring: Keyring,
): Checks<ProvenSignature | Refusal> {
  if (signature === null) {
    return createRefusal(
      'unsigned',
      'carries no signature.',
      'Sign it: `git commit --amend -S` for the newest commit, `git rebase --force-rebase -S COMMIT~` from an older one on; then `git push --force-with-lease`.',
    );
  }
  try {
    return yield* chooseFormat(signature)(payload, signature, keyring);
  } catch (error) {
    return refuseFor(error);
  }
}

/** What trust rule 3 adds: whether the key counts, at the times that do. */
export function judgeProof(
  proof: ProvenSignature | Refusal,
  committer: Identity,
  terms: VerifyTerms,
): SignatureEvidence | Refusal {
  if ('outcome' in proof) return proof;
  try {
    return judgeSigner(proof, committer, terms);
  } catch (error) {
    return refuseFor(error);
  }
}

function refuseFor(error: unknown): Refusal {
  if (error instanceof RefusedSignature) return error.refusal;
  if (error instanceof MalformedError) return malformed(error.message);
  // Fail closed. The name tells a fault of Headlock's own from a signature that is only malformed.
  return malformed(`reading it ended in ${Object(error).name}`);
}

/** Far longer than any. */
const LONGEST_FIRST_LINE = 128;

/** Trust rule 2.1: the armor's first line says which format it is. */
function chooseFormat(armor: ArmorLines): ProveSignature {
  const line = armor[0].slice(0, LONGEST_FIRST_LINE).trimEnd();
  const format = FORMATS.get(line);
  if (format !== undefined) return format;
  if (line.startsWith('-----BEGIN ')) return refuse('a signature of a kind that Headlock does not know');
  throw new MalformedError('it does not start with an armor line');
}

function refuse(what: string): ProveSignature {
  return () => {
    throw new RefusedSignature('unknown_signature_type', `carries ${what}.`, SIGN_AGAIN);
  };
}

function malformed(detail: string): Refusal {
  return createRefusal('malformed_signature', `carries a malformed signature: ${detail}.`, SIGN_AGAIN);
}
