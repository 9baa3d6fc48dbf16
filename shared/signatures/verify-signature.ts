import type { Identity } from '../model/commit.ts';
import { createRefusal, type Refusal, type SignatureEvidence } from '../model/verdict.ts';
import { armorLines } from './armor-lines.ts';
import { judgeSigner } from './judge-signer.ts';
import type { Keyring } from './keyring.ts';
import { MalformedError } from './malformed-error.ts';
import { proveOpenPgp } from './openpgp/prove-openpgp.ts';
import { RefusedSignature } from './refused-signature.ts';
import type { ProveSignature } from './signature-format.ts';
import type { SignedPayload } from './split-commit.ts';
import { proveSsh } from './ssh/prove-ssh.ts';
import type { VerifyTerms } from './verify-terms.ts';

/** What is to be verified, with the committer whom the commit claims. */
export interface Signed extends SignedPayload {
  readonly committer: Identity;
}

const FORMATS: ReadonlyMap<string, ProveSignature> = new Map([
  ['-----BEGIN PGP SIGNATURE-----', proveOpenPgp],
  ['-----BEGIN SSH SIGNATURE-----', proveSsh],
  ['-----BEGIN PGP MESSAGE-----', refuse('an OpenPGP message where a signature belongs')],
  ['-----BEGIN SIGNED MESSAGE-----', refuse('an X.509 signature, which Headlock does not verify yet')],
]);

/** Far longer than any, with white space at its end. */
const LONGEST_FIRST_LINE = 128;
const SIGN_AGAIN =
  'Sign the commit again with git and gpg or ssh-keygen as they are, and push it in place of this one.';

/**
 * Verifies one signature by a policy's keys (trust rules 2 and 3). Never throws for what the signature holds: whatever cannot
 * be read is `malformed_signature`. A refusal's message completes a sentence that starts with the commit's name.
 */
export function verifySignature(signed: Signed, keyring: Keyring, terms: VerifyTerms): SignatureEvidence | Refusal {
  const { payload, signature, committer } = signed;
  if (signature === null) {
    return createRefusal(
      'unsigned',
      'carries no signature.',
      'Sign it: `git commit --amend -S` for the newest commit, `git rebase --force-rebase -S COMMIT~` from an older one on; then `git push --force-with-lease`.',
    );
  }
  try {
    const proven = chooseFormat(signature)(payload, signature, keyring);
    return judgeSigner(proven, committer, terms);
  } catch (error) {
    if (error instanceof RefusedSignature) return error.refusal;
    if (error instanceof MalformedError) return malformed(error.message);
    // Fail closed. The name tells a fault of Headlock's own from a signature that is only malformed.
    return malformed(`reading it ended in ${Object(error).name}`);
  }
}

/** Trust rule 2.1: the armor's first line says which format it is. */
function chooseFormat(signature: Uint8Array): ProveSignature {
  const [line] = armorLines(signature.subarray(0, LONGEST_FIRST_LINE));
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
